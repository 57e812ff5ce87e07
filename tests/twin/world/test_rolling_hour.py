from hypothesis import given
from hypothesis import strategies as st

from farwire_twin.world.rolling_hour import HOUR_US, RollingHour

SECOND_US = 1_000_000


def test_an_hour_holds_what_was_sent_in_it() -> None:
    hour = RollingHour()

    hour.add(0, 2 * SECOND_US)
    hour.add(10 * SECOND_US, 3 * SECOND_US)

    assert hour.worst_us == 5 * SECOND_US


def test_what_lies_an_hour_back_counts_no_more() -> None:
    hour = RollingHour()
    hour.add(0, 2 * SECOND_US)

    hour.add(HOUR_US + SECOND_US, SECOND_US)

    assert hour.worst_us == 2 * SECOND_US


def test_a_frame_that_reaches_into_the_hour_counts_with_that_part() -> None:
    hour = RollingHour()
    hour.add(0, 10 * SECOND_US)

    in_hour_us = hour.add(HOUR_US + SECOND_US, 3 * SECOND_US)

    assert in_hour_us == (10 - 4 + 3) * SECOND_US


@given(st.lists(st.tuples(st.integers(1, HOUR_US // 2), st.integers(1, HOUR_US // 8)), max_size=20))
def test_the_worst_hour_is_the_fullest_of_all_hours(gaps: list[tuple[int, int]]) -> None:
    hour, sent, at_us = RollingHour(), [], 0
    for gap_us, airtime_us in gaps:
        at_us += gap_us
        hour.add(at_us, airtime_us)
        sent.append((at_us, at_us + airtime_us))
        at_us += airtime_us

    ends = [edge for span in sent for edge in span] + [start + HOUR_US for start, _ in sent]

    def within(end_us: int) -> int:
        return sum(max(0, min(over, end_us) - max(start, end_us - HOUR_US)) for start, over in sent)

    assert hour.worst_us == max(map(within, ends), default=0)
