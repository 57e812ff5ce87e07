"""Power cuts on a board whose clock begins at 0 each time, and a network that tells its time."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_codecs import ports
from farwire_codecs.configuration import HIGH, REPORTING_INTERVAL_S, SAMPLING_INTERVAL_S, Setting
from farwire_node.flash.device import RamFlash
from farwire_node.link import TimeReceived
from farwire_node.node import Node
from farwire_node.sending.timekeeping import EARLIEST_GPS_MS, HOLD_MS, PERIOD_MS
from tests.node.program.fakes import HOUR_MS, TEMPERATURE, Bench, FakeCloud, FakeLink, SteppingSensor

SETTINGS = (
    Setting(SAMPLING_INTERVAL_S, None, 60),
    Setting(REPORTING_INTERVAL_S, None, 300),
    Setting(HIGH, 1, 200),
)
START_GPS_MS = EARLIEST_GPS_MS + 40_000_000_123
KNOWN_S = 30  # after a start the network's time has come by then, as a rule
WORST_MS = 1_000
DAY_S = 86_400


@dataclass
class TimeLink(FakeLink):
    """A link whose network tells its time when it is asked for; `true_ms` is that of the node's clock 0."""

    true_ms: int | None = START_GPS_MS  # None: a network that answers no such request
    requests: int = 0
    answered: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._asked = False
        self._asking = False
        self._end_ms = 0

    def request_time(self) -> bool:
        self._asked = True
        return True

    def send(self, *arguments: Any) -> Any:
        outcome = super().send(*arguments)
        self._asking, self._asked = self._asked, False
        self.requests += self._asking
        return outcome

    def on_tx_done(self, now_ms: int) -> None:
        super().on_tx_done(now_ms)
        self._end_ms = now_ms

    def _over(self) -> None:
        if self._asking and self.true_ms is not None:
            self.answered += 1
            self._events.append(TimeReceived(self.true_ms + self._end_ms, self._end_ms))
        super()._over()


class TrueCloud(FakeCloud):
    """Hears on the true clock; `down`: nothing comes through to it."""

    def __init__(self) -> None:
        super().__init__()
        self.true_ms = START_GPS_MS
        self.down = False
        self.ports: list[int] = []

    def hear(self, port: int, payload: bytes, heard_ms: int) -> None:
        if not self.down:
            self.ports.append(port)
            super().hear(port, payload, self.true_ms + heard_ms)

    def _store(self, number: int, time_ms: int, values: tuple[object, ...]) -> None:
        """What comes again after a cut may have been rounded the other way."""
        known = self.records.setdefault(number, (time_ms, values))
        assert known[1] == values
        assert abs(known[0] - time_ms) <= WORST_MS


class CutBench(Bench):
    """Everything told in true time; the node's clock begins at 0 after each cut."""

    def __init__(self, flash: bool, seed: int = 1, **options: Any) -> None:
        sensor = SteppingSensor(TEMPERATURE)
        super().__init__(
            sensor,
            settings=SETTINGS,
            capacity=4096,
            seed=seed,
            flash=RamFlash(32, 4096) if flash else None,
            **options,
        )
        self.cloud: TrueCloud = TrueCloud()
        self.link: TimeLink = TimeLink(joined_=True)
        self.node: Node = self._new_node()

    def cut(self, length_s: float, saved: bool = False) -> None:
        """Lose power for so long."""
        if saved:
            self.node.suspend(self.now_ms)
        self._due = []
        true_ms = self.cloud.true_ms + self.now_ms + round(1000 * length_s)
        tells = self.link.true_ms is not None
        self.link = TimeLink(joined_=True, true_ms=true_ms if tells else None)
        self.cloud.true_ms = true_ms
        self.now_ms = 0
        self.node = self._new_node()

    def finish(self, within_s: float) -> None:
        """Let everything be acknowledged."""
        self.run(1)  # a node that just began does not know yet what it holds
        self.run_until_all_is_acknowledged(within_s)

    def assert_true_times(self, numbers: set[int] | None = None) -> None:
        for number in self.cloud.records if numbers is None else numbers:
            assert abs(self.cloud.records[number][0] - self.sampled[number][0]) <= WORST_MS, number

    def _note_events(self) -> None:
        known = set(self.sampled)
        super()._note_events()
        for number in set(self.sampled) - known:
            time_ms, values = self.sampled[number]
            self.sampled[number] = (self.cloud.true_ms + time_ms, values)


LIVES = st.lists(
    st.tuples(
        st.floats(KNOWN_S, 3_000),  # seconds until the cut
        st.booleans(),  # whether the cloud hears nothing of it
        st.one_of(st.floats(0, 100), st.floats(0, 30 * DAY_S)),  # seconds without power
        st.booleans(),  # whether the node was suspended before
    ),
    min_size=1,
    max_size=5,
)


@given(LIVES, st.booleans())
@settings(deadline=None, max_examples=60)
def test_records_get_their_true_times_whatever_the_power_does(
    lives: list[tuple[float, bool, float, bool]], flash: bool
) -> None:
    bench = CutBench(flash)
    for life_s, down, cut_s, saved in lives:
        bench.cloud.down = down
        bench.run(life_s)
        bench.cut(cut_s, saved)
    bench.cloud.down = False

    bench.finish(4 * 3600)

    bench.assert_true_times()
    if flash:
        assert set(bench.cloud.records) == set(bench.sampled)


def test_an_alarm_of_an_earlier_life_gets_its_true_time_and_not_before_the_next() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    bench.sensors[0].values[0][0] = 230
    bench.run(120)
    raised_ms = START_GPS_MS + 1000 * bench.raised[0].alarm.time_s
    bench.cut(5 * DAY_S)
    bench.run(400)
    bench.cut(3 * DAY_S)
    bench.run(KNOWN_S)
    bench.cloud.down = False

    bench.run(600)

    assert abs(bench.cloud.alarms[1][0] - raised_ms) <= WORST_MS


def test_an_alarm_does_not_wait_for_the_time() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    bench.cut(DAY_S)
    bench.link.true_ms = None
    bench.cloud.down = False
    bench.sensors[0].values[0][0] = 230

    bench.run(90)

    assert 1 in bench.cloud.alarms
    assert ports.HISTORY not in bench.cloud.ports


def test_records_of_an_earlier_life_wait_for_the_time_and_no_longer_than_a_quarter_of_an_hour() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    bench.cut(DAY_S)
    bench.link.true_ms = None
    bench.cloud.down = False

    bench.run(HOLD_MS / 1000)
    assert not bench.cloud.records
    assert 4 <= bench.link.requests <= 7

    bench.finish(1800)
    assert set(bench.cloud.records) == set(bench.sampled)


def test_a_network_that_answers_late_is_waited_for() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    bench.cut(DAY_S)
    true_ms, bench.link.true_ms = bench.link.true_ms, None
    bench.cloud.down = False
    bench.run(200)

    bench.link.true_ms = true_ms
    bench.finish(1800)

    bench.assert_true_times()


def test_records_sampled_in_this_life_alone_wait_for_nothing() -> None:
    bench = CutBench(flash=True)
    bench.link.true_ms = None

    bench.run(60)

    assert bench.cloud.records


def test_a_life_that_never_learned_the_time_counts_to_the_one_after_it() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    first_life = set(bench.sampled)
    bench.cut(DAY_S)
    true_ms, bench.link.true_ms = bench.link.true_ms, None
    bench.run(300)
    second_life = set(bench.sampled) - first_life
    assert true_ms is not None
    bench.link.true_ms = true_ms
    bench.cut(0)
    bench.cloud.down = False

    bench.finish(3600)

    bench.assert_true_times(first_life)
    for number in second_life:  # the second cut took no time; the clock goes on from the last record
        assert abs(bench.cloud.records[number][0] - bench.sampled[number][0]) <= 60_000


def test_a_node_asks_once_after_its_start_and_then_twice_a_day() -> None:
    bench = CutBench(flash=False)

    bench.run(PERIOD_MS / 1000 - 60)
    assert bench.link.answered == 1

    bench.run(4 * DAY_S)
    assert 8 <= bench.link.answered <= 10


def test_the_time_costs_no_frame_of_its_own() -> None:
    bench = CutBench(flash=False)
    asking = CutBench(flash=False)
    bench.link.request_time = lambda: False

    for each in (bench, asking):
        each.run(DAY_S)

    assert asking.link.requests >= 2
    assert len(asking.link.sent) == len(bench.link.sent)


def test_a_network_that_does_not_know_the_year_is_not_believed() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    bench.cut(DAY_S)
    true_ms, bench.link.true_ms = bench.link.true_ms, 1_000_000
    bench.cloud.down = False
    bench.run(60)
    assert not bench.cloud.records

    bench.link.true_ms = true_ms
    bench.finish(1800)

    bench.assert_true_times()


def test_a_link_that_cannot_ask_holds_nothing_back() -> None:
    bench = CutBench(flash=True)
    bench.cloud.down = True
    bench.run(300)
    bench.cut(DAY_S)
    bench.link.request_time = lambda: False
    bench.cloud.down = False

    bench.run(60)

    assert bench.cloud.records


@pytest.mark.parametrize("flash", [False, True])
def test_a_program_that_starts_over_on_the_same_clock_still_knows_the_time(flash: bool) -> None:
    bench = CutBench(flash)
    bench.cloud.down = True
    bench.run(300)
    bench.cut(DAY_S, saved=True)
    bench.run(300)
    bench.node._reboot(bench.now_ms)
    bench.link.true_ms = None
    bench.cloud.down = False

    bench.run(60)

    assert bench.cloud.records
    bench.assert_true_times()
    assert bench.now_ms < HOUR_MS
