"""A node that crashes or hangs is started over, says why, and in the end does no more than it can."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from farwire_codecs import command, log_piece, ports, state_report
from farwire_codecs import configuration as codec
from farwire_codecs.configuration import Setting
from farwire_codecs.configuration_keys import REPORT_CRASHES
from farwire_codecs.log_report import assemble
from farwire_node import node_events
from farwire_node.control.commands import Commands
from farwire_node.control.configuration import Configuration
from farwire_node.flash.device import RamFlash
from farwire_node.node import Node
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.survival import guard
from farwire_node.survival.guard import Guard
from farwire_node.survival.lives import SHORT_LIVES, SHORT_MS
from farwire_node.survival.safe_node import SAFE_MODE, SAFE_MS, SafeNode
from farwire_node.survival.watchdog import DRIVER, PHASES, SAMPLING, Breadcrumb, Watchdog
from tests import micropython
from tests.node.program import guarded_node
from tests.node.program.fakes import Bench, FakeLink, SteppingSensor
from tests.node.program.power_cut import CutStorage, PowerCutError

MINUTE_MS = 60_000
REASONS = state_report.RESET_REASONS


class Trouble:
    """What a driver does wrong, on order."""

    def __init__(self) -> None:
        self.times = 0  # to crash
        self.link_too = False


class CrashingLink(FakeLink):
    """A link with a fault in it that shows when its radio is to be used."""

    trouble: Trouble

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        if self.trouble.times > 0:
            self.trouble.times -= 1
            raise ZeroDivisionError("the link is wrong")
        return super().poll(now_ms)


class Guarded(Bench):
    """A bench whose node is guarded, and whose link crashes on order."""

    def __init__(self, cause: int = guard.POWER_ON, crumb: Breadcrumb | None = None, **options: Any) -> None:
        self.trouble = Trouble()
        self.cause = cause
        self.crumb = crumb
        self.built: list[int] = []
        self.fed = 0
        super().__init__(**options)

    def _new_node(self) -> Guard:  # type: ignore[override]
        dog = Watchdog(self._feed)
        return Guard(self._build, self.storage, self.cause, dog, self.crumb)

    def _feed(self) -> None:
        self.fed += 1

    def _build(self, reason: int) -> Node | SafeNode:
        self.built.append(reason)
        sent, joined = self.link.sent, self.link.joined_
        self.link = CrashingLink(joined_=joined, sent=sent)
        self.link.trouble = self.trouble
        flash = self.flash
        if reason == SAFE_MODE:
            return SafeNode(1, self.link, self.storage, self.dice.randrange, self.settings)
        return Node(
            1,
            self.sensors,
            self.actuators,
            self.link,
            self.storage,
            self.dice.randrange,
            factory=self.settings,
            capacity=self.capacity,
            reset_reason=reason,
            shelf_of=None if flash is None else lambda schema: FlashShelf(schema, 16, flash),
        )

    @property
    def reasons(self) -> list[str]:
        return [REASONS[report.reset_reason] for report in self.cloud.states]

    def pieces(self, kind: int) -> list[log_piece.LogPiece]:
        found = [log_piece.decode(payload) for _, port, payload, _ in self.link.sent if port == ports.LOG]
        return [piece for piece in found if piece.kind == kind]

    def report(self, kind: int) -> str:
        """Return the newest report of a kind that the cloud has."""
        pieces = self.pieces(kind)
        whole = assemble([piece for piece in pieces if piece.number == pieces[-1].number])
        assert not whole.missing
        return whole.data.decode()

    def order(self, wanted: tuple[object, ...]) -> None:
        self.cloud.queue.append((ports.COMMAND, command.encode(wanted)))  # type: ignore[arg-type]


def crash_into_safe_mode(bench: Guarded) -> None:
    bench.trouble.times = SHORT_LIVES
    bench.run(120)


def test_a_crash_loses_no_record_and_is_in_the_first_state_report_after_it() -> None:
    bench = Guarded()
    bench.run(1800)

    bench.trouble.times = 1
    bench.run(1200)

    assert bench.reasons[0] == "power_on"
    assert bench.reasons[-1] == "crash"
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(3600)
    assert set(bench.cloud.records) == set(bench.sampled)
    assert len(bench.sampled) > 45


def test_the_crash_report_goes_to_the_cloud_by_itself_and_names_the_place() -> None:
    bench = Guarded()
    bench.run(1800)
    bench.trouble.times = 1
    bench.run(1800)

    lines = bench.report(log_piece.CRASH_REPORT).splitlines()

    (told,) = bench.events(node_events.Crashed)
    assert lines[0] == f"crash {told.digest:08x}"  # type: ignore[attr-defined]
    assert lines[1:4] == ["uptime_s 1800", "phase link", "crashes 1"]
    assert lines[4].startswith("at guard.py:")
    assert "test_guard.py:" in lines[4].split()[-1]
    assert lines[5] == "ZeroDivisionError: the link is wrong"


def test_a_crash_report_that_was_sent_is_not_sent_again_after_a_restart() -> None:
    bench = Guarded()
    bench.trouble.times = 1
    bench.run(1800)
    sent = len(bench.pieces(log_piece.CRASH_REPORT))

    bench.restart(saved=True)
    bench.run(1800)

    assert len(bench.pieces(log_piece.CRASH_REPORT)) == sent >= 1


def test_where_crashes_are_not_to_be_reported_the_report_waits_to_be_asked_for() -> None:
    bench = Guarded(settings=(Setting(REPORT_CRASHES, None, False),))
    bench.trouble.times = 1
    bench.run(1800)
    assert not bench.pieces(log_piece.CRASH_REPORT)

    bench.order(command.SendLog(5, log_piece.CRASH_REPORT, 0))
    bench.run(1800)

    assert bench.report(log_piece.CRASH_REPORT).startswith("crash ")
    assert command.CommandAnswer(5, command.DONE) in bench.cloud.answers


def test_the_log_survives_a_crash_and_comes_when_asked_for() -> None:
    bench = Guarded()
    bench.run(600)
    bench.trouble.times = 1
    bench.run(600)

    bench.order(command.SendLog(6, log_piece.LOG, 0))
    bench.run(1800)

    lines = bench.report(log_piece.LOG).splitlines()
    assert lines[0].endswith("W started: power_on")
    assert "E crash" in lines[1]
    assert "ZeroDivisionError" in lines[1]
    assert lines[2].endswith("W started: crash")


def test_pieces_of_a_log_come_after_everything_else() -> None:
    bench = Guarded()
    bench.run(600)
    bench.order(command.SendLog(6, log_piece.LOG, 0))
    while ports.COMMAND_ANSWER not in [port for _, port, _, _ in bench.link.sent]:
        bench.run(1)
    answered = len(bench.link.sent)
    bench.link.budget_ms = 0  # everything waits for airtime from now on
    bench.run(1200)

    bench.link.budget_ms = 36_000
    bench.run(7200)

    after = [port for _, port, _, _ in bench.link.sent[answered:]]
    assert 0 <= after.index(ports.HISTORY) < after.index(ports.LOG)


def test_an_offset_beyond_the_report_is_refused() -> None:
    bench = Guarded()
    bench.run(600)

    bench.order(command.SendLog(7, log_piece.CRASH_REPORT, 400))
    bench.run(1800)

    assert command.CommandAnswer(7, command.REFUSED_VALUE) in bench.cloud.answers


def test_repeated_crashes_lead_to_safe_mode_that_says_so() -> None:
    bench = Guarded()
    bench.run(60)

    crash_into_safe_mode(bench)
    sampled = len(bench.sampled)
    bench.run(3600)

    assert bench.built[-1] == SAFE_MODE
    assert bench.reasons[-1] == "safe_mode"
    assert len(bench.sampled) == sampled  # no sensor runs


@pytest.mark.parametrize("flash", [None, RamFlash(16, 1024)])
def test_a_node_in_safe_mode_says_which_records_it_still_has(flash: RamFlash | None) -> None:
    bench = Guarded(flash=flash)
    bench.run(1800)
    bench.cloud.silent = True
    bench.run(1800)
    bench.trouble.times = SHORT_LIVES + 1  # the first life was long
    bench.run(1800)

    report = bench.cloud.states[-1]
    assert bench.reasons[-1] == "safe_mode"
    assert report.next_record == max(bench.sampled) + 1
    assert 1 < report.oldest_record <= report.next_record - 15
    bench.cloud.silent = False
    bench.order(command.Reboot(9))
    bench.run(3600)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(3600)
    assert set(bench.cloud.records) == set(bench.sampled)


def test_a_node_in_safe_mode_answers_commands_and_takes_a_configuration() -> None:
    bench = Guarded()
    crash_into_safe_mode(bench)
    wanted = codec.canonical([Setting(codec.SAMPLING_INTERVAL_S, None, 30)])

    bench.order(command.SendLog(8, log_piece.LOG, 0))
    bench.cloud.queue += [(ports.CONFIGURATION, frame) for frame in codec.pieces(wanted, 51)]
    bench.run(3600)

    assert command.CommandAnswer(8, command.DONE) in bench.cloud.answers
    assert bench.cloud.states[-1].configuration_hash == codec.document_hash(wanted)
    assert "safe mode" in bench.report(log_piece.LOG)


def test_a_reboot_by_command_ends_safe_mode_and_what_was_held_comes() -> None:
    bench = Guarded()
    bench.run(300)
    crash_into_safe_mode(bench)

    bench.order(command.Reboot(9))
    bench.run(3600)

    assert bench.reasons[-1] == "command"
    assert node_events.SafeModeLeft(True) in bench.told
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(3600)
    assert set(bench.cloud.records) == set(bench.sampled)


def test_safe_mode_ends_by_itself_after_some_hours() -> None:
    bench = Guarded()
    crash_into_safe_mode(bench)

    bench.run(SAFE_MS / 1000 - 600)
    assert bench.built[-1] == SAFE_MODE
    bench.run(1200)

    assert node_events.SafeModeLeft(False) in bench.told
    assert bench.sampled


def test_safe_mode_outlasts_a_loss_of_power() -> None:
    bench = Guarded()
    crash_into_safe_mode(bench)

    bench.restart(saved=False)
    bench.run(60)

    assert bench.built[-1] == SAFE_MODE


def test_what_crashes_seldom_keeps_sampling() -> None:
    bench = Guarded()

    for _ in range(3 * SHORT_LIVES):
        bench.run(SHORT_MS / 1000 + 60)
        bench.trouble.times = 1
    bench.run(600)

    assert SAFE_MODE not in bench.built


def test_a_configuration_on_trial_goes_when_the_node_cannot_live_with_it() -> None:
    bench = Guarded(joined=True)
    bench.run(60)
    (frame,) = codec.pieces(codec.canonical([Setting(codec.SAMPLING_INTERVAL_S, None, 30)]), 51)
    Configuration((), bench.storage).receive(frame)

    crash_into_safe_mode(bench)

    assert bench.cloud.states[-1].configuration_hash == codec.document_hash(())
    assert not Configuration((), bench.storage).on_trial


def test_a_node_that_cannot_even_be_built_is_tried_again_with_growing_pauses() -> None:
    moments: list[int] = []

    def build(reason: int) -> Node:
        moments.append(now_ms)
        raise MemoryError

    storage = CutStorage()
    guarded = Guard(build, storage)
    now_ms = 0
    for _ in range(14):
        step = guarded.poll(now_ms)
        assert isinstance(step, Sleep)
        now_ms = max(step.until_ms, now_ms + 1)

    pauses = [b - a for a, b in itertools.pairwise(moments)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (guard.RESTART_MS, guard.LONGEST_RESTART_MS)
    assert len(guarded.events()) == len(moments)


def test_a_node_whose_storage_fails_ends_in_safe_mode_where_it_still_reports() -> None:
    bench = Guarded()
    bench.run(600)

    def broken(key: str, value: bytes) -> None:
        raise OSError("worn out")

    bench.storage.save = broken  # type: ignore[method-assign]
    bench.trouble.times = 1
    bench.run(7200)

    assert REASONS[bench.built[1]] == "crash"
    assert bench.built[-1] == SAFE_MODE
    assert bench.reasons[-1] == "safe_mode"


def test_a_radio_report_that_crashes_the_node_is_no_end() -> None:
    bench = Guarded(joined=True)
    bench.run(20)

    def wrong(now_ms: int) -> None:
        raise IndexError("no window is open")

    bench.link.on_tx_done = wrong  # type: ignore[method-assign]
    bench.run(1800)

    assert bench.events(node_events.Crashed)[0].error == "IndexError: no window is open"  # type: ignore[attr-defined]
    assert bench.cloud.records


def test_a_new_node_waits_until_the_radio_of_the_old_one_is_done() -> None:
    bench = Guarded(joined=True)
    step: Any = bench.node.poll(0)
    while not isinstance(step, Transmit):
        bench.now_ms += 100
        step = bench.node.poll(bench.now_ms)
    bench.trouble.times = 1
    assert isinstance(bench.node.poll(bench.now_ms + 1), Sleep)

    still = bench.node.poll(bench.now_ms + 5_000)
    bench.node.on_tx_done(bench.now_ms + 5_001)
    bench.node.poll(bench.now_ms + 5_002)

    assert isinstance(still, Sleep)
    assert REASONS[bench.built[-1]] == "crash"


# -- hangs and the supply --


def memory() -> Callable[..., bytes | None]:
    kept: list[bytes] = []

    def call(data: bytes | None = None) -> bytes | None:
        if data is not None:
            kept[:] = [data]
        return kept[0] if kept else None

    return call


def test_after_a_hang_the_report_says_in_which_phase_and_after_how_long() -> None:
    rtc = memory()
    Breadcrumb(rtc).note(SAMPLING, 754_000)

    bench = Guarded(cause=guard.WATCHDOG, crumb=Breadcrumb(rtc))
    bench.run(1800)

    assert bench.reasons[0] == "watchdog"
    text = bench.report(log_piece.CRASH_REPORT)
    assert text == "watchdog\nuptime_s 754\nphase sampling\ncrashes 1\n"


def test_a_running_node_leaves_breadcrumbs() -> None:
    crumb = Breadcrumb(memory())
    bench = Guarded(crumb=crumb)

    bench.run(600)

    assert crumb.read() is not None
    phase, uptime_s = crumb.read() or (0, 0)
    assert PHASES[phase] == PHASES[DRIVER]
    assert 500 < uptime_s <= 600


def test_a_hang_inside_a_driver_leaves_the_phase_behind() -> None:
    class Hanging(SteppingSensor):
        def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
            raise PowerCutError  # stands for the reset that the watchdog makes of a read that never returns

    crumb = Breadcrumb(memory())
    bench = Guarded(crumb=crumb)
    bench.sensors[0].read = Hanging().read  # type: ignore[method-assign]

    with pytest.raises(PowerCutError):
        bench.run(600)

    assert (crumb.read() or (0, 0))[0] == SAMPLING


@pytest.mark.parametrize("memory_of", [None, b"", b"\xff" * 9, b"\x00" * 9, b"\xfa\x12\xff\x00\x00\x00\x00"])
def test_memory_without_a_breadcrumb_gives_none(memory_of: bytes | None) -> None:
    assert Breadcrumb(lambda *_: memory_of).read() is None


def test_repeated_brown_outs_lead_to_safe_mode_too() -> None:
    bench = Guarded(cause=guard.BROWN_OUT)
    for _ in range(SHORT_LIVES):
        bench.restart(saved=False)
        bench.run(30)

    assert bench.built[-1] == SAFE_MODE


def test_the_watchdog_is_fed_while_the_node_gets_on() -> None:
    bench = Guarded()

    bench.run(600)

    assert bench.fed > 10
    assert bench.node.healthy(bench.now_ms)  # type: ignore[attr-defined]


def test_the_watchdog_is_not_fed_when_the_radio_never_reports_back() -> None:
    bench = Guarded(joined=True)
    now_ms = 0
    while not isinstance(bench.node.poll(now_ms), Transmit):
        now_ms += 100

    bench.node.poll(now_ms + 2 * MINUTE_MS)
    fed = bench.fed
    bench.node.poll(now_ms + 3 * MINUTE_MS)

    assert not bench.node.healthy(now_ms + 2 * MINUTE_MS)  # type: ignore[attr-defined]
    assert bench.fed == fed


def test_the_watchdog_is_not_fed_by_a_program_that_turns_in_a_circle() -> None:
    bench = Guarded()
    for _ in range(101):
        bench.node.poll(0)

    assert not bench.node.healthy(0)  # type: ignore[attr-defined]


def test_sleep_is_no_longer_than_the_watchdog_allows() -> None:
    bench = Guarded()
    guarded = Guard(bench._build, bench.storage, dog=Watchdog(bench._feed, within_ms=8_000))

    for now_ms in (0, 1_000, 4_000):
        step = guarded.poll(now_ms)
        assert isinstance(step, Sleep)
        assert step.until_ms <= now_ms + 8_000


# -- power cuts --


class Lifetimes(RuleBasedStateMachine):
    """Crashes, hangs, commands and time, with the power going at any write."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Guarded(joined=True, storage=CutStorage())
        self.executed: set[int] = set()
        self.number = 0

    def _run(self, for_s: int, cut_in: int | None) -> None:
        storage = self.bench.storage
        assert isinstance(storage, CutStorage)
        storage.cut_at = None if cut_in is None else storage.writes + cut_in
        try:
            self.bench.run(for_s)
        except PowerCutError:
            storage.power_on()
            self.bench.cause = guard.POWER_ON
            self.bench.restart(saved=False)
        storage.power_on()

    @rule(for_s=st.integers(1, 900), cut_in=st.none() | st.integers(0, 6))
    def time_goes_by(self, for_s: int, cut_in: int | None) -> None:
        self._run(for_s, cut_in)

    @rule(times=st.integers(1, 4), cut_in=st.none() | st.integers(0, 8))
    def it_crashes(self, times: int, cut_in: int | None) -> None:
        self.bench.trouble.times = times
        self._run(60, cut_in)

    @rule(cause=st.sampled_from((guard.WATCHDOG, guard.BROWN_OUT, guard.POWER_ON)))
    def the_board_is_reset(self, cause: int) -> None:
        self.bench.cause = cause
        self.bench.restart(saved=False)

    @rule(cut_in=st.none() | st.integers(0, 4))
    def a_reboot_is_ordered(self, cut_in: int | None) -> None:
        self.number += 1
        self.bench.order(command.Reboot(self.number))
        self._run(1200, cut_in)

    @rule()
    def the_log_is_ordered(self) -> None:
        self.number += 1
        self.bench.order(command.SendLog(self.number, log_piece.LOG, 0))

    @invariant()
    def storage_can_be_read_by_everything_that_starts_from_it(self) -> None:
        Configuration((), self.bench.storage)
        Commands((), self.bench.storage)

    @invariant()
    def pieces_of_one_number_fit_together(self) -> None:
        by_number: dict[tuple[int, int], list[log_piece.LogPiece]] = {}
        for kind in log_piece.KINDS:
            for piece in self.bench.pieces(kind):
                by_number.setdefault((piece.kind, piece.number), []).append(piece)
        for pieces in by_number.values():
            assemble(pieces)

    def teardown(self) -> None:
        """Whatever happened, a node without trouble comes back and everything it holds arrives."""
        self.bench.trouble.times = 0
        self.number += 1
        self.bench.order(command.Reboot(self.number))
        self.bench.run(SAFE_MS / 1000 + 1800)
        self.bench.node.stop_sampling()
        self.bench.run(60)
        self.bench.run_until_all_is_acknowledged(24 * 3600)


TestLifetimes = Lifetimes.TestCase
TestLifetimes.settings = settings(max_examples=25, stateful_step_count=12, deadline=None)


# -- on a board --


def test_the_same_happens_on_a_real_micropython() -> None:
    script = Path(guarded_node.__file__).read_text(encoding="utf-8")

    printed = micropython.run(script + "\nprint(repr(story()))\n", [micropython.CODECS, micropython.NODE])

    assert printed.strip() == repr(guarded_node.story())
    assert REASONS[guarded_node.story()[0][-1]] == "safe_mode"
