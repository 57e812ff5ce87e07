"""From the 16 bits of a frame counter to its 32 [chirpstack/src storage/device.rs: get_full_f_cnt_up]."""

LOW_16 = 0xFFFF
ALL_32 = 0xFFFF_FFFF


def full_f_cnt(next_expected: int, low_bits: int) -> int:
    """The counter that ends in `low_bits`: that of the last frame again, or `next_expected` or later."""
    if next_expected > 0 and low_bits == (next_expected - 1) & LOW_16:
        return next_expected - 1
    return (next_expected + ((low_bits - next_expected) & LOW_16)) & ALL_32
