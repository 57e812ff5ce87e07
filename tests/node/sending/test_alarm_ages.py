"""Ages of alarms where an urgent frame goes at a lower data rate the shorter it is."""

from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from farwire_codecs import alarm
from farwire_node.link import Link
from farwire_node.modems.modem_link import ModemLink
from farwire_node.sending import scheduler
from farwire_node.sending.scheduler import Send
from tests.node.program.fakes import FakeLink
from tests.node.sending.test_scheduler import START, Desk, new_desk

HALF_MS = 63  # ages are carried in eighths of a second


@dataclass
class RobustLink(FakeLink):
    """Urgent frames of up to `slow_to` bytes go slowly."""

    slow_to: int = 0

    def urgent_airtime_ms(self, size: int, _now_ms: int) -> int:
        return 800 + 40 * size if size <= self.slow_to else self.airtime_ms(size)


def wrong_by(desk: Desk, step: Send, times_s: list[int]) -> list[int]:
    """Return how far the ages are from the end of the frame, which starts now."""
    size = len(step.payload)
    airtime_ms = desk.link.urgent_airtime_ms(size, 0) if step.urgent else desk.link.airtime_ms(size)
    items = alarm.decode(step.payload)
    ends_ms = [1000 * times_s[item.number - 1] + item.age_ms for item in items]
    return [abs(end_ms - desk.now_ms - airtime_ms) for end_ms in ends_ms]


def planned(times_s: list[int], size: int, slow_to: int, urgent: bool) -> tuple[Desk, Send]:
    desk = new_desk()
    for time_s in times_s:
        desk.agenda.alarms.add([START], time_s)
        desk.agenda.alarmed(desk.now_ms)
    if not urgent:
        desk.agenda.ranks[START.channel] = scheduler.NOTICE
    desk.link = RobustLink(size, joined_=True, slow_to=slow_to)
    step = scheduler.plan(desk.agenda, desk.link, desk.now_ms)
    assert isinstance(step, Send)
    assert step.urgent == urgent
    return desk, step


@given(
    st.lists(st.integers(9_960, 10_003), min_size=1, max_size=12).map(sorted),
    st.integers(11, 90),
    st.integers(0, 90),
    st.booleans(),
)
@example([9_985, 9_986, 9_987, 9_988], 51, 30, True)
def test_ages_are_as_of_the_end_of_the_frame_at_the_rate_that_it_goes_at(
    times_s: list[int], size: int, slow_to: int, urgent: bool
) -> None:
    desk, step = planned(times_s, size, slow_to, urgent)
    wrong_ms = wrong_by(desk, step, times_s)

    assert len(step.payload) <= size
    if len(wrong_ms) > 1 or len(step.payload) not in (slow_to, slow_to + 1):
        assert max(wrong_ms) <= HALF_MS
    assert max(wrong_ms) <= HALF_MS + 500 + 22 * len(step.payload)  # by what the rates differ


def test_where_ages_and_rate_chase_each_other_an_alarm_waits_for_the_next_frame() -> None:
    """At 16 s an age takes one byte more, and so these frames would be too long to go slowly."""
    found = 0
    for slow_to in range(20, 60):
        for time_s in range(9_980, 10_000):
            desk, step = planned([time_s] * 5, 90, slow_to, True)
            assert max(wrong_by(desk, step, [time_s] * 5)) <= HALF_MS
            found += len(step.content) < 5

    assert found


def test_a_link_that_knows_of_no_other_rate_says_what_it_says_of_every_frame() -> None:
    assert FakeLink().urgent_airtime_ms(20, 0) == FakeLink().airtime_ms(20)
    assert ModemLink.urgent_airtime_ms is Link.urgent_airtime_ms
