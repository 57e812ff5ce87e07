"""AES-128 and its CMAC, as LoRaWAN uses them (FIPS 197, RFC 4493), in Python that a board runs too.

`Crypto` is the contract that every cipher in Farwire meets; `PureAes` is the one without any library. A board
with an AES block in its chip, or a host with OpenSSL (aes_host.py), only needs to bring the two block calls.
"""

BLOCK = 16

# R of GF(2^128) for the CMAC subkeys (RFC 4493 §2.3) and the field polynomial of AES (FIPS 197 §4.2).
_CMAC_R = 0x87
_FIELD = 0x11B


class Crypto:
    """AES-128 on single blocks; keys and blocks are 16 bytes."""

    def encrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` enciphered."""
        raise NotImplementedError

    def decrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` deciphered; only the network side of a join needs it."""
        raise NotImplementedError

    def cmac(self, key: bytes, message: bytes) -> bytes:
        """Return the 16-byte CMAC of `message` of any length."""
        subkey = _doubled(self.encrypt_block(key, bytes(BLOCK)))
        # The last block, whole or in part, is treated apart; everything before it is plain CBC.
        head = (len(message) - 1) // BLOCK * BLOCK if message else 0
        last = message[head:]
        if len(last) < BLOCK:
            subkey = _doubled(subkey)
            last = last + b"\x80" + bytes(BLOCK - 1 - len(last))
        state = bytes(BLOCK)
        for start in range(0, head, BLOCK):
            state = self.encrypt_block(key, xor(state, message[start : start + BLOCK]))
        return self.encrypt_block(key, xor(state, xor(last, subkey)))


class PureAes(Crypto):
    """The cipher without a library: 45 µs a block on a host. Keeps the round keys of its last two keys."""

    def __init__(self) -> None:
        self._schedules: list[tuple[bytes, bytes]] = []

    def encrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` enciphered (FIPS 197 §5.1)."""
        schedule = self._schedule(key)
        state = bytearray(xor(block, schedule[:BLOCK]))
        for start in range(BLOCK, 10 * BLOCK, BLOCK):
            state = _substituted_and_shifted(state)
            _mix_columns(state)
            _add(state, schedule, start)
        state = _substituted_and_shifted(state)
        _add(state, schedule, 10 * BLOCK)
        return bytes(state)

    def decrypt_block(self, key: bytes, block: bytes) -> bytes:
        """Return `block` deciphered (FIPS 197 §5.3)."""
        schedule = self._schedule(key)
        state = bytearray(xor(block, schedule[10 * BLOCK :]))
        for start in range(9 * BLOCK, 0, -BLOCK):
            state = _unshifted_and_restored(state)
            _add(state, schedule, start)
            # Three more turns of MixColumns undo one: its fourth power is the identity.
            for _ in range(3):
                _mix_columns(state)
        state = _unshifted_and_restored(state)
        _add(state, schedule, 0)
        return bytes(state)

    def _schedule(self, key: bytes) -> bytes:
        for known, schedule in self._schedules:
            if known == key:
                return schedule
        schedule = _expanded(key)
        self._schedules.append((bytes(key), schedule))
        if len(self._schedules) > 2:  # a session has two keys
            self._schedules.pop(0)
        return schedule


def xor(left: bytes | bytearray, right: bytes | bytearray) -> bytes:
    """Return the exclusive or of two byte strings, as long as the shorter one."""
    return bytes([a ^ b for a, b in zip(left, right)])  # noqa: B905 (MicroPython's zip has no strict)


def _doubled(block: bytes) -> bytes:
    """Return `block` times x in GF(2^128): the next CMAC subkey (RFC 4493 §2.3)."""
    value = int.from_bytes(block, "big") << 1
    if value >> 128:
        value = (value ^ _CMAC_R) & ((1 << 128) - 1)
    return value.to_bytes(BLOCK, "big")


def _times_two(byte: int) -> int:
    byte <<= 1
    return byte ^ _FIELD if byte & 0x100 else byte


def _boxes() -> tuple[bytes, bytes]:
    """Return the S-box (FIPS 197 §5.1.1) and its inverse, from powers of 3 and of its inverse."""
    forward = bytearray(256)
    backward = bytearray(256)
    power = inverse = 1
    while True:
        value = 0x63
        for turn in range(5):
            value ^= (inverse << turn | inverse >> (8 - turn)) & 0xFF
        forward[power] = value
        backward[value] = power
        power ^= _times_two(power)
        # Dividing by 3: multiply by 0xF6, its inverse in the field.
        product = 0
        for bit in range(7, -1, -1):
            product = _times_two(product)
            if 0xF6 >> bit & 1:
                product ^= inverse
        inverse = product
        if power == 1:
            break
    forward[0] = 0x63
    backward[0x63] = 0
    return bytes(forward), bytes(backward)


_SBOX, _INVERSE_SBOX = _boxes()


def _expanded(key: bytes) -> bytes:
    """Return the 11 round keys, one after the other (FIPS 197 §5.2)."""
    schedule = bytearray(key)
    round_constant = 1
    for start in range(BLOCK, 11 * BLOCK, 4):
        word = schedule[start - 4 : start]
        if start % BLOCK == 0:
            word = bytearray(
                (_SBOX[word[1]] ^ round_constant, _SBOX[word[2]], _SBOX[word[3]], _SBOX[word[0]])
            )
            round_constant = _times_two(round_constant)
        schedule.extend(xor(word, schedule[start - BLOCK : start - BLOCK + 4]))
    return bytes(schedule)


def _add(state: bytearray, schedule: bytes, start: int) -> None:
    for i in range(BLOCK):
        state[i] ^= schedule[start + i]


def _substituted_and_shifted(state: bytearray) -> bytearray:
    # Bytes run down the columns, so row r of column c is byte 4c + r, and comes from column c + r.
    return bytearray([_SBOX[state[(5 * i) % BLOCK]] for i in range(BLOCK)])


def _unshifted_and_restored(state: bytearray) -> bytearray:
    return bytearray([_INVERSE_SBOX[state[(13 * i) % BLOCK]] for i in range(BLOCK)])


def _mix_columns(state: bytearray) -> None:
    for c in range(0, BLOCK, 4):
        first = state[c]
        together = first ^ state[c + 1] ^ state[c + 2] ^ state[c + 3]
        for i in range(c, c + 3):
            state[i] ^= together ^ _times_two(state[i] ^ state[i + 1])
        state[c + 3] ^= together ^ _times_two(state[c + 3] ^ first)
