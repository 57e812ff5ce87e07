"""What a node writes down of itself: lines of a log, and a crash in few bytes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import log_piece
from farwire_codecs.log_report import assemble
from farwire_node import node_events
from farwire_node.logs import crash
from farwire_node.logs.log_ring import DEBUG, ERROR, INFO, LIMIT, LOG_KEY, THRESHOLDS, WARNING, LogRing
from farwire_node.logs.reports import CRASH_KEY, Reports, keep_crash
from farwire_node.storage import MemoryStorage
from tests.node.program.power_cut import CutStorage, PowerCutError

LEVELS = (ERROR, WARNING, INFO, DEBUG)


def ring(storage: MemoryStorage | None = None, limit: int = LIMIT) -> LogRing:
    return LogRing(storage or MemoryStorage(), limit)


# -- the ring --


def test_a_line_says_when_how_severe_and_what() -> None:
    log = ring()

    log.add(WARNING, "port 7 ignored", 12_345)

    assert log.content() == b"12 W port 7 ignored\n"


@pytest.mark.parametrize("level", range(len(THRESHOLDS)))
def test_lines_less_severe_than_the_configured_level_are_not_kept(level: int) -> None:
    names = ("warning", "info", "error", "debug", "off")
    log = ring()
    log.threshold = THRESHOLDS[level]

    for severity in LEVELS:
        log.add(severity, "x", 0)

    kept = {"off": 0, "error": 1, "warning": 2, "info": 3, "debug": 4}[names[level]]
    assert log.content().count(b"\n") == kept


@given(
    st.lists(st.tuples(st.sampled_from(LEVELS), st.text(max_size=150)), max_size=60), st.integers(300, 900)
)
def test_the_ring_never_grows_beyond_its_limit_and_keeps_the_newest_lines(
    lines: list[tuple[int, str]], limit: int
) -> None:
    log = ring(limit=limit)
    log.threshold = DEBUG
    for number, (level, text) in enumerate(lines):
        log.add(level, f"{number}{text}", 1000 * number)

    content = log.content()

    assert len(content) <= limit
    numbers = [int(line.split(b" ")[0]) for line in content.split(b"\n")[:-1]]
    assert numbers == list(range(len(lines) - len(numbers), len(lines)))
    assert not lines or numbers


def test_the_log_survives_a_restart_once_it_was_saved() -> None:
    storage = MemoryStorage()
    log = ring(storage)
    log.add(ERROR, "one", 1000)
    log.save()
    log.add(ERROR, "two", 2000)

    assert ring(storage).content() == b"1 E one\n"


def test_a_log_without_news_is_not_written_again() -> None:
    storage = CutStorage()
    log = ring(storage)
    log.add(ERROR, "one", 1000)
    log.save()
    log.save()
    ring(storage).save()

    assert storage.writes == 1


def test_what_is_told_is_logged_by_its_severity() -> None:
    log = ring()
    log.threshold = INFO

    log.event(node_events.Joined(0x26011234))
    log.event(node_events.ConfigurationRolledBack(0xAB))
    log.event(node_events.FrameSent(210, 40, 1000, 5))

    assert log.content() == b"0 I joined as 26011234\n0 W configuration rolled back to 000000ab\n"


def test_every_event_that_has_a_line_can_be_written() -> None:
    from farwire_node.logs import log_ring  # noqa: PLC0415 (its private table is what is tested)

    log = ring()
    log.threshold = DEBUG
    for kind in log_ring._OF_EVENTS:
        text = "%s" if kind in (node_events.FrameIgnored, node_events.AlarmRaised) else ""
        values = [text or 7] * len(kind._fields)  # type: ignore[attr-defined]
        if kind is node_events.FrameIgnored:
            values[0] = 7
        log.event(kind(*values))

    assert log.content().count(b"\n") == len(log_ring._OF_EVENTS)


# -- crashes --


def fail(depth: int, message: str) -> None:
    if depth:
        fail(depth - 1, message)
    raise ValueError(message)


def caught(depth: int = 0, message: str = "bad value 7") -> Exception:
    try:
        fail(depth, message)
    except ValueError as error:
        return error
    raise AssertionError


def test_a_crash_names_the_innermost_places_and_the_error() -> None:
    found = crash.of_error(caught(20))

    assert found.error == "ValueError: bad value 7"
    assert 3 <= len(found.places.split()) <= crash.MOST_PLACES
    assert all(place.startswith("test_log_and_crash.py:") for place in found.places.split())


def test_one_fault_has_one_digest_whatever_the_values() -> None:
    errors = [caught(message=message) for message in ("bad value 7", "bad value 8")]
    other = caught(3)

    one, two, three = (crash.of_error(error).digest for error in (*errors, other))

    assert one == two != three


def test_a_traceback_of_micropython_is_read_as_well() -> None:
    trace = (
        "Traceback (most recent call last):\n"
        '  File "main.py", line 3, in <module>\n'
        '  File "/lib/farwire_node/node.py", line 123, in poll\n'
        "ValueError: x\n"
    )

    assert crash.places_in(trace) == ["main.py:3", "node.py:123"]


def test_functions_take_the_place_of_lines_where_a_packed_program_has_none() -> None:
    trace = (
        "Traceback (most recent call last):\n"
        '  File "main.py", line 1, in <module>\n'
        '  File "farwire.py", line 1, in aB\n'
        '  File "farwire.py", line 1, in poll\n'
        "ValueError: 17\n"
    )

    assert crash.places_in(trace) == ["main.py:<module>", "farwire.py:aB", "farwire.py:poll"]


def test_an_exception_that_cannot_be_shown_is_a_crash_all_the_same() -> None:
    class OddError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert crash.of_error(OddError()).error == "OddError: ?"


@given(st.text(max_size=300))
def test_a_report_is_short_and_every_line_is_one(message: str) -> None:
    text = crash.report("crash", crash.of_error(caught(30, message)), 10**6, "sampling", 65_535)

    assert len(text) <= 800
    assert text.count(b"\n") == 6


# -- reports on their way --


def send_all(reports: Reports, limit: int, most: int = 10_000) -> list[log_piece.LogPiece]:
    sent: list[log_piece.LogPiece] = []
    while reports.pending and len(sent) < most:
        piece = reports.piece(limit)
        assert piece is not None
        assert len(log_piece.encode(piece)) <= limit
        reports.sent(piece)
        sent.append(piece)
    return sent


@given(st.lists(st.text("abc", max_size=80), max_size=30), st.integers(11, 242))
def test_a_log_goes_whole_and_as_it_was_when_asked_for(lines: list[str], limit: int) -> None:
    log = ring()
    for line in lines:
        log.add(ERROR, line, 0)
    reports = Reports(MemoryStorage(), log)
    expected = log.content()

    assert reports.ask(log_piece.LOG, 0)
    first = send_all(reports, limit, most=1)
    log.add(ERROR, "later", 0)
    found = assemble(first + send_all(reports, limit))

    assert (found.data, found.missing) == (expected, ())


def test_each_report_has_a_number_of_its_own_over_restarts() -> None:
    storage = MemoryStorage()
    numbers = []
    for _ in range(3):
        reports = Reports(storage, ring(storage))
        for _ in range(2):
            reports.ask(log_piece.LOG, 0)
            numbers.append(send_all(reports, 51)[0].number)
        keep_crash(storage, b"crash")
        reports.send_crash_unasked()
        numbers.append(send_all(reports, 51)[0].number)

    assert numbers == list(range(9))


def test_asking_from_an_offset_goes_on_in_the_report_sent_last() -> None:
    log = ring()
    log.add(ERROR, "x" * 90, 0)
    reports = Reports(MemoryStorage(), log)
    reports.ask(log_piece.LOG, 0)
    whole = send_all(reports, 30)
    log.add(ERROR, "later", 0)

    reports.ask(log_piece.LOG, whole[1].offset)

    assert send_all(reports, 30) == whole[1:]


def test_asking_from_an_offset_in_a_log_that_is_gone_sends_it_from_its_start() -> None:
    log = ring()
    log.add(ERROR, "x", 0)
    reports = Reports(MemoryStorage(), log)

    assert reports.ask(log_piece.LOG, 30)
    assert send_all(reports, 51)[0].offset == 0


def test_without_a_crash_the_report_is_empty() -> None:
    reports = Reports(MemoryStorage(), None)

    assert reports.ask(log_piece.CRASH_REPORT, 0)
    (piece,) = send_all(reports, 51)
    assert (piece.data, piece.last) == (b"", True)


def test_a_power_cut_while_a_crash_is_written_down_leaves_the_report_before_or_the_new_one() -> None:
    for cut_at in range(4):
        storage = CutStorage()
        keep_crash(storage, b"first")
        storage.cut_at = storage.writes + cut_at
        with contextlib.suppress(PowerCutError):
            keep_crash(storage, b"second")
        storage.power_on()
        saved = storage.load(CRASH_KEY)
        assert saved is not None
        assert saved[3:] in (b"first", b"second")
        again = Reports(storage, None)
        again.send_crash_unasked()
        assert send_all(again, 51)[0].data == saved[3:]
    assert storage.load(LOG_KEY) is None
