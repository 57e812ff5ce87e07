from hypothesis import given
from hypothesis import strategies as st

from farwire_node.modems.line import LONGEST, Lines


def test_lines_end_with_cr_or_lf_and_empty_ones_are_left_out() -> None:
    lines = Lines()

    assert lines.feed(b"OK\r\n\r\n+EVT:JOINED\nAT") == ["OK", "+EVT:JOINED"]
    assert lines.feed(b"+DR=5\r") == ["AT+DR=5"]


def test_stray_bytes_before_a_line_are_passed_over() -> None:
    assert Lines().feed(b"\x00\xff\x00RN2483 1.0.5\r\n") == ["RN2483 1.0.5"]


def test_a_line_with_a_stray_byte_inside_is_dropped() -> None:
    lines = Lines()

    assert lines.feed(b"mac_rx 2 01\x0002\r\nok\r\n") == ["ok"]
    assert lines.dropped == 1


def test_an_over_long_line_is_dropped_and_costs_no_memory() -> None:
    lines = Lines()

    assert lines.feed(b"x" * 100_000) == []
    assert len(lines._buffer) == LONGEST
    assert lines.feed(b"\r\nok\r\n") == ["ok"]
    assert lines.dropped == 1


@given(st.lists(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=80)))
def test_whole_lines_come_out_as_they_went_in_however_they_are_cut(texts: list[str]) -> None:
    lines = Lines()

    found = [
        line for text in texts for byte in (text + "\r\n").encode() for line in lines.feed(bytes((byte,)))
    ]

    assert found == texts


@given(st.binary(max_size=2_000))
def test_any_bytes_give_printable_lines_and_a_clean_line_after_them_is_found(data: bytes) -> None:
    lines = Lines()

    before = lines.feed(data + b"\r\n")
    after = lines.feed(b"OK\r\n")

    assert all(line.isprintable() and len(line) <= LONGEST for line in before)
    assert after == ["OK"]
