"""Whether a device kept the rules, told from the frames on the air and the references in tests/vectors alone.

Shares no code with the node: airtime is computed here, limits are the JSON references, and what the network
asked for is read from the bytes that it sent.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any

HOUR_MS = 3_600_000
TX_PARAM_SETUP = 0x09


def hz(mhz: str) -> int:
    return int(Decimal(mhz) * 1_000_000)


def airtime_ms(size: int, sf: int, bw_hz: int) -> float:
    """Semtech's formula in floating point: explicit header, CRC, 8 symbols of preamble, 4/5."""
    symbol_ms = 2**sf / bw_hz * 1000
    slow = symbol_ms >= 16
    blocks = max(ceil((8 * size - 4 * sf + 28 + 16) / (4 * (sf - (2 if slow else 0)))), 0)
    return (8 + 4.25 + 8 + 5 * blocks) * symbol_ms


@dataclass
class Judge:
    """Takes every frame of one device in the order of their starts; `broken` tells what it found."""

    reference: dict[str, Any]
    dwell: bool = False
    broken: list[str] = field(default_factory=list)
    sent: list[tuple[int, float, int]] = field(default_factory=list)  # start, length, Hz
    counters: dict[tuple[bytes, int], bytes] = field(default_factory=dict)
    nonces: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.dwell = self.reference.get("dwell_at_boot", False)

    def network_may_have_lifted_the_dwell_time(self) -> None:
        """Judge by the larger sizes from now on: a TxParamSetupReq was sent that lets the device."""
        if self.reference.get("tx_param_setup"):
            self.dwell = False

    def on_air(self, start_ms: int, frame: bytes, freq_hz: int, sf: int, bw_hz: int, power_dbm: int) -> None:
        """Take a frame."""
        length_ms = airtime_ms(len(frame), sf, bw_hz)
        if self.sent and start_ms < self.sent[-1][0] + self.sent[-1][1]:
            self._break(f"two frames at once at {start_ms}")
        self.sent.append((start_ms, length_ms, freq_hz))
        self._judge_place(freq_hz, sf, bw_hz, power_dbm)
        self._judge_size(frame, length_ms, sf, bw_hz)
        self._judge_counters(frame)
        self._judge_hours(start_ms + length_ms, freq_hz)

    def _judge_place(self, freq_hz: int, sf: int, bw_hz: int, power_dbm: int) -> None:
        reference = self.reference
        low_hz, high_hz = (hz(mhz) for mhz in reference["range_mhz"])
        if not low_hz <= freq_hz <= high_hz:
            self._break(f"{freq_hz} Hz is outside the band")
        if power_dbm > reference["max_eirp_dbm"]:
            self._break(f"{power_dbm} dBm")
        if reference["fixed_channels"] and not self._is_channel(freq_hz, sf, bw_hz):
            self._break(f"{freq_hz} Hz at SF{sf}/{bw_hz} is no channel")
        bands = [band for band in reference["sub_bands"] if self._lies_in(band, freq_hz, bw_hz)]
        if reference["sub_bands"] and not bands:
            self._break(f"{freq_hz} Hz lies in no sub-band")
        for band in bands:
            if power_dbm > band["erp_dbm"] + 2.15:
                self._break(f"{power_dbm} dBm on {freq_hz} Hz")

    def _judge_size(self, frame: bytes, length_ms: float, sf: int, bw_hz: int) -> None:
        if self.dwell and length_ms > self.reference["dwell_ms"]:
            self._break(f"{length_ms} ms on air")
        key = "max_payload_dwell" if self.dwell and self.reference.get("tx_param_setup") else "max_payload"
        row = self._row(sf, bw_hz)
        if row is None or key not in row:
            self._break(f"SF{sf}/{bw_hz} is no uplink data rate now")
        elif frame[0] >> 5 != 0 and len(frame) - 13 > row[key]:
            self._break(f"{len(frame)} bytes at SF{sf}/{bw_hz}")

    def _judge_counters(self, frame: bytes) -> None:
        if frame[0] >> 5 == 0:
            nonce = bytes(frame[17:19])
            if nonce in self.nonces:
                self._break(f"DevNonce {nonce.hex()} again")
            self.nonces.add(nonce)
            return
        key = bytes(frame[1:5]), int.from_bytes(frame[6:8], "little")
        if self.counters.setdefault(key, bytes(frame)) != bytes(frame):
            self._break(f"FCnt {key[1]} of {key[0].hex()} for another frame")

    def _judge_hours(self, end_ms: float, freq_hz: int) -> None:
        for band in self.reference["sub_bands"]:
            allowed_ms = float(Decimal(band["duty_cycle_percent"]) * 36_000)
            low_hz, high_hz = (hz(mhz) for mhz in band["mhz"])
            if not allowed_ms or not low_hz <= freq_hz <= high_hz:
                continue
            from_ms = end_ms - HOUR_MS
            spent_ms = sum(
                min(start + length, end_ms) - max(start, from_ms)
                for start, length, at_hz in self.sent
                if low_hz <= at_hz <= high_hz and start + length > from_ms
            )
            if spent_ms > allowed_ms:
                self._break(f"{spent_ms} ms in an hour from {low_hz} Hz on")

    def _row(self, sf: int, bw_hz: int) -> dict[str, Any] | None:
        for row in self.reference["data_rates"].values():
            if (row["sf"], 1000 * row["bw_khz"]) == (sf, bw_hz) and "max_payload" in row:
                found: dict[str, Any] = row
                return found
        return None

    def _is_channel(self, freq_hz: int, sf: int, bw_hz: int) -> bool:
        for group in self.reference["channel_groups"]:
            number, rest = divmod(freq_hz - hz(group["first_mhz"]), hz(group["step_mhz"]))
            if rest == 0 and 0 <= number < group["count"]:
                rates = range(group["min_dr"], group["max_dr"] + 1)
                rows = [self.reference["data_rates"][str(dr)] for dr in rates]
                if any((row["sf"], 1000 * row["bw_khz"]) == (sf, bw_hz) for row in rows):
                    return True
        return False

    def _lies_in(self, band: dict[str, Any], freq_hz: int, bw_hz: int) -> bool:
        low_hz, high_hz = (hz(mhz) for mhz in band["mhz"])
        return low_hz <= freq_hz - bw_hz // 2 and freq_hz + bw_hz // 2 <= high_hz

    def _break(self, rule: str) -> None:
        self.broken.append(rule)
