"""How long a frame is on air. Integers only, in µs.

LoRa: Semtech SX1261/2 data sheet rev 2.1 §6.1.4, which equals the SX1276 form for spreading factors 7 to 12.
FSK: preamble, sync word, length byte, payload and CRC at the bit rate.
"""

# Low data rate optimisation is due from this symbol time on (SX1261/2 data sheet §6.1.1.4): SF11 and SF12
# at 125 kHz, SF12 at 250 kHz.
LDRO_FROM_US = 16_000

PREAMBLE_SYMBOLS = 8  # RP002-1.0.4, every region


def symbol_us(sf: int, bw_hz: int) -> int:
    """Return the time of one symbol, rounded down; exact for 125, 250 and 500 kHz."""
    return (1_000_000 << sf) // bw_hz


def payload_symbols(
    size: int, sf: int, ldro: bool, coding_rate: int = 5, crc: bool = True, explicit_header: bool = True
) -> int:
    """Return the symbols of `size` bytes after the fixed 8, at a coding rate of 4/`coding_rate`."""
    bits = 8 * size - 4 * sf + 8
    if crc:
        bits += 16
    if explicit_header:
        bits += 20
    if sf < 7:
        bits -= 8
    if bits <= 0:
        return 0
    per_block = 4 * (sf - 2) if ldro else 4 * sf
    return (bits + per_block - 1) // per_block * coding_rate


def airtime_us(
    size: int,
    sf: int,
    bw_hz: int,
    crc: bool = True,
    preamble: int = PREAMBLE_SYMBOLS,
    coding_rate: int = 5,
    explicit_header: bool = True,
    ldro: bool | None = None,
    long_sf5_preamble: bool = True,
) -> int:
    """Return the time on air of a PHYPayload of `size` bytes, to the nearest µs.

    An uplink has a payload CRC, a downlink has none. `ldro` None means where it is due. `long_sf5_preamble`:
    the SX126x sends two symbols more at SF5 and SF6, the SX127x does not.
    """
    if ldro is None:
        ldro = symbol_us(sf, bw_hz) >= LDRO_FROM_US
    # The preamble ends with 4.25 symbols, so count in quarters.
    quarters = 4 * preamble + 17
    if sf < 7:
        if long_sf5_preamble:
            quarters += 8
        else:
            # The SX127x form has no -8 bits at SF6 either: undo what payload_symbols took off.
            size += 1
    quarters += 4 * (8 + payload_symbols(size, sf, ldro, coding_rate, crc, explicit_header))
    return ((quarters << sf) * 250_000 + bw_hz // 2) // bw_hz


def airtime_ms(size: int, sf: int, bw_hz: int, crc: bool = True) -> int:
    """Return the time on air of a PHYPayload of `size` bytes in whole ms, rounded up."""
    return (airtime_us(size, sf, bw_hz, crc) + 999) // 1000


def fsk_airtime_us(
    size: int, bit_rate: int = 50_000, preamble: int = 5, sync: int = 3, length: int = 1, crc: int = 2
) -> int:
    """Return the time on air of `size` bytes in FSK; the other sizes are bytes too (defaults: LoRaWAN's)."""
    return (8 * (preamble + sync + length + size + crc) * 1_000_000 + bit_rate // 2) // bit_rate
