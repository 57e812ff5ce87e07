"""A board may forget everything at each sleep: what its node sends stays the same, to byte and ms."""

from collections.abc import Iterator
from typing import Any

import pytest

from farwire_codecs import command, configuration, ports
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Setting
from farwire_node.flash.file_flash import FileFlash
from farwire_node.lorawan import mac_commands as mc
from farwire_node.sensors.sensor import Actuator, Rail
from farwire_node.sleep import hibernation
from farwire_node.storage import Storage
from farwire_node.survival.guard import Guard
from tests import micropython
from tests.node.program import sleeping_node
from tests.node.program.sleeping_node import HOUR_MS, SleepingBoard
from tests.node.program.whole_node import SETTINGS, Board

RETAINED_BYTES = 2_048  # by an ESP32: machine.RTC().memory of MicroPython
MINUTE_MS = 60_000


def settings(*more: Setting) -> tuple[Setting, ...]:
    named = {(setting.key, setting.index): setting for setting in (*SETTINGS, *more)}
    return tuple(named[at] for at in sorted(named, key=lambda at: (at[0], at[1] or 0)))


CARRYING = settings(Setting(keys.HISTORY_CARRY, None, True))
BUSY = settings(
    Setting(keys.FAIR_USE_S_PER_DAY, None, 60),
    Setting(keys.LPP_LIVE, None, True),
    Setting(keys.LOG_LEVEL, None, 3),
    Setting(keys.POLL_INTERVAL_S, None, 900),
    Setting(keys.RATE_PER_MIN, 1, 3),
    Setting(keys.MINIMUM_DURATION_S, 1, 180),
)
OTHER = settings(
    Setting(configuration.SAMPLING_INTERVAL_S, None, 90),
    Setting(keys.LOW, 2, 88),
    Setting(keys.STATE_INTERVAL_S, None, 3_600),
)


def asked(first_ms: int) -> list[tuple[int, bytes, int | None, bytes]]:
    """What a network and a cloud may ask for in a night, from `first_ms` on, an order each half an hour."""
    orders = [
        (mc.encode(mc.LinkADRReq(4, 1, 0b111, 0, 2)), None, b""),
        (b"", ports.COMMAND, command.encode(command.ReportState(1))),
        (mc.encode(mc.NewChannelReq(3, 867_100_000, 5, 0)) + mc.encode(mc.DevStatusReq()), None, b""),
        *[(b"", ports.CONFIGURATION, piece) for piece in configuration.pieces(OTHER, 14)],
        (mc.encode(mc.RXParamSetupReq(1, 0, 869_525_000)) + mc.encode(mc.RXTimingSetupReq(2)), None, b""),
        (mc.encode(mc.DutyCycleReq(7)), None, b""),
        (b"", ports.COMMAND, command.encode(command.Reboot(2))),
        (mc.encode(mc.DutyCycleReq(0)) + mc.encode(mc.LinkADRReq(2, 0, 0b1011, 0, 1)), None, b""),
        (b"", ports.COMMAND, command.encode(command.SendLog(3, 0, 0))),
    ]
    return [(first_ms + 30 * MINUTE_MS * at, *order) for at, order in enumerate(orders)]


def pair(hours: int, *, away: tuple[tuple[int, int], ...] = (), orders: bool = False, **given: Any) -> Any:
    """The boards that never and that always forget, after so many hours."""
    boards = []
    for sleeps in (False, True):
        board = SleepingBoard(sleeps, given.get("region", "EU868"), given.get("dr", 3), given["loss"],
                              given["seed"], given.get("settings", SETTINGS), given.get("sensors", 4),
                              given.get("sectors", 8))  # fmt: skip
        board.network.away = list(away)
        board.network.orders = asked(2 * HOUR_MS) if orders else []
        board.advance(hours * HOUR_MS)
        boards.append(board)
    return boards


CASES = {
    "half a quiet day": {"hours": 12, "loss": 0, "seed": 1},
    "losses": {"hours": 8, "loss": 30, "seed": 2, "sensors": 8},
    "one channel": {"hours": 8, "loss": 10, "seed": 3, "sensors": 1},
    "batches that build on others": {"hours": 10, "loss": 15, "seed": 4, "settings": CARRYING},
    "all that can be asked": {"hours": 12, "loss": 10, "seed": 5, "orders": True, "sensors": 2},
    "airtime that is short": {"hours": 7, "loss": 10, "seed": 6, "dr": 0, "settings": BUSY, "sensors": 2},
    "a night without a gateway": {"hours": 16, "loss": 5, "seed": 7, "away": ((HOUR_MS, 13 * HOUR_MS),)},
    "nobody to join for hours": {"hours": 15, "loss": 5, "seed": 8, "away": ((0, 13 * HOUR_MS),)},
    "US915": {"hours": 5, "loss": 20, "seed": 9, "region": "US915", "dr": 1, "away": ((0, HOUR_MS),)},
    "full flash": {"hours": 20, "loss": 0, "seed": 10, "sectors": 6, "away": ((HOUR_MS, 19 * HOUR_MS),)},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_node_that_forgets_all_at_each_sleep_sends_the_same(name: str) -> None:
    kept, forgets = pair(**CASES[name])

    for mine, others in zip(kept.air, forgets.air, strict=False):
        assert mine == others
    assert len(kept.air) == len(forgets.air) > 5
    assert kept.network.records == forgets.network.records
    assert kept.network.alarms == forgets.network.alarms
    assert kept.storage.load("crash_report") is forgets.storage.load("crash_report") is None
    assert len(forgets.sizes) > forgets.awake
    assert max(forgets.sizes) <= RETAINED_BYTES


@pytest.mark.slow
@pytest.mark.parametrize("seed", [21, 23])
def test_days_of_it_are_the_same(seed: int) -> None:
    away = ((20 * HOUR_MS, 26 * HOUR_MS),)

    kept, forgets = pair(48, loss=5 * (seed % 4), seed=seed, sensors=1 + seed % 5, away=away, orders=True)

    assert kept.air == forgets.air
    assert kept.network.records == forgets.network.records


# What of a node that went on may differ, by class and attribute, and why it may.
FORGOTTEN = {
    ("Mac", "counters"): "tell of frames refused since the last boot",
    ("Cycle", "_open"): "a window that is closed",
    ("Cycle", "_receptions"): "of a turn that is over",
    ("Joining", "has_history"): "asked at the start alone",
    ("Learning", "_store"): "set before it is used",
    ("LogRing", "now_ms"): "the moment of the next line",
    ("Model", "_moved"): "of the row before: each row begins with its own",
    ("Model", "_lean"): "likewise",
    ("Trial", "_hash"): "of a trial that is over",
    ("Reports", "_snapshots"): "a log asked for from its middle goes from its start",
    ("RecordLog", "mark"): "read when the flash is opened",
    ("RecordLog", "lost"): "read when the flash is opened",
    ("RecordLog", "_marked"): "whether a mark is to be written when the flash is opened",
    ("RecordStore", "schema"): "the one that it was made with: a better one of the same channels",
    ("RecordLog", "schema"): "likewise",
    ("RecordLog", "_units"): "by the schema: what is thinned first",
}
MEMORY = ("RecordRing", "Reader", "Before", "Sectors", "PureAes")  # of what is in flash, of keys


class Picture:
    """All that can be reached from an object: class, attribute, value; of an object its class."""

    def __init__(self, root: Any) -> None:
        self.seen: set[int] = set()
        self.found = list(self._of(root))

    def _of(self, thing: Any) -> Iterator[tuple[str, str, Any]]:
        kind = type(thing).__name__
        foreign = isinstance(thing, (Storage, Actuator, Rail, FileFlash, sleeping_node.Board, type))
        if foreign or id(thing) in self.seen or kind in MEMORY or callable(thing):
            return
        if isinstance(thing, (list, tuple)):
            for each in thing:
                yield from self._of(each)
        elif hasattr(thing, "__dict__"):
            self.seen.add(id(thing))
            for name in sorted(vars(thing)):
                value = getattr(thing, name)
                yield (kind, name, _plain(value))
                yield from self._of(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return type(value).__name__ if hasattr(value, "__dict__") or callable(value) else value


class Comparing(SleepingBoard):
    """Compares the node that goes on with the one that slept."""

    compared = 0

    def sleep(self, until_ms: int) -> None:
        before = self.guard
        before.node.events()
        super().sleep(until_ms)
        if self.guard is before:
            return
        self.compared += 1
        ours, theirs = Picture(before).found, Picture(self.guard).found
        assert [item[:2] for item in ours] == [item[:2] for item in theirs]
        for (kind, name, was), (_, _, becomes) in zip(ours, theirs, strict=True):
            assert was == becomes or (kind, name) in FORGOTTEN, (kind, name, was, becomes)


@pytest.mark.parametrize("given", [CARRYING, BUSY], ids=["carrying", "busy"])
def test_the_node_that_goes_on_is_the_one_that_slept_attribute_by_attribute(given: Any) -> None:
    board = Comparing(True, "EU868", 3, 15, 11, given, sensors=3)
    board.network.orders = asked(HOUR_MS)

    board.advance(8 * HOUR_MS)

    assert board.compared > 300


def test_no_two_attributes_share_what_both_may_change() -> None:
    board = SleepingBoard(True, "EU868", 3, 15, 11, BUSY)
    board.advance(5 * HOUR_MS)

    holders: dict[int, str] = {}
    for thing, name in hibernation._attributes(board.guard):
        value = getattr(thing, name)
        for part in [value, *value] if isinstance(value, list) else [value]:
            if isinstance(part, (list, dict, bytearray)):
                at = f"{type(thing).__name__}.{name}"
                assert holders.setdefault(id(part), at) == at


def sleeper(hours: int = 2, **given: Any) -> SleepingBoard:
    """A board that can sleep without its memory now."""
    board = SleepingBoard(False, "EU868", 3, 0, 12, given.get("settings", SETTINGS))
    board.advance(hours * HOUR_MS)
    while hibernation.freeze(board.guard, board.now_ms, 0) is None:
        board.advance(1_000)
    return board


def test_damaged_bytes_are_refused() -> None:
    board = sleeper()
    frozen = hibernation.freeze(board.guard, board.now_ms, 0)
    assert frozen is not None

    assert hibernation.opened(frozen) is not None
    assert hibernation.opened(None) is hibernation.opened(b"") is None
    for at in range(len(frozen)):
        assert hibernation.opened(frozen[:at]) is None
        for bit in (0x01, 0x80):
            assert hibernation.opened(frozen[:at] + bytes((frozen[at] ^ bit,)) + frozen[at + 1 :]) is None


@pytest.mark.parametrize("what", ["configuration", "session", "device", "program"])
def test_bytes_of_something_else_are_refused_and_the_node_starts_from_storage(what: str) -> None:
    board = sleeper()
    frozen = hibernation.freeze(board.guard, board.now_ms, 0)
    found = hibernation.opened(frozen)
    assert found is not None
    if what == "configuration":
        board.settings = OTHER
    elif what == "session":
        board.storage.save("lorawan_session", b"")
    elif what == "device":
        found[2] = (2, *found[2][1:])
    else:
        found[2] = (*found[2][:-1], found[2][-1] ^ 1)
    stored = dict(board.storage._values)

    board.boot()

    assert not hibernation.thaw(board.guard, found, board.now_ms)
    assert board.guard.node is None
    assert board.storage._values == stored
    sampled = board.sampled
    board.advance(HOUR_MS)
    assert board.sampled > sampled + 30
    assert board.network.joins == (2 if what == "session" else 1)


def test_going_on_writes_nothing_and_takes_no_life() -> None:
    board = sleeper()
    found = hibernation.opened(hibernation.freeze(board.guard, board.now_ms, 0))
    assert found is not None
    stored = dict(board.storage._values)
    frames = board.network.frames

    board.boot()
    assert hibernation.thaw(board.guard, found, board.now_ms)

    assert board.storage._values == stored
    board.advance(100)
    assert board.network.joins == 1
    assert board.network.frames == frames
    assert board.guard._lives.crashes == 0
    assert board.guard.node._reset_reason == 1  # type: ignore[union-attr]  (power on, as it was)


def test_a_power_cut_in_a_sleep_loses_nothing_that_was_sampled() -> None:
    board = SleepingBoard(True, "EU868", 3, 10, 13, sensors=2)
    counters: list[int] = []
    answer = board.network.answer

    def counted(phy: bytes, heard_ms: int) -> bytes | None:
        if phy[0] >> 5:  # no join-request
            counters.append(int.from_bytes(phy[6:8], "little"))
        return answer(phy, heard_ms)

    board.network.answer = counted  # type: ignore[method-assign]
    for _ in range(6):
        board.advance(77 * MINUTE_MS)
        board.radio = None
        board.downlink = None
        board.boot()  # from storage and flash alone
    board.advance(4 * HOUR_MS)
    board.guard.stop_sampling()
    board.sleeps = False
    board.advance(4 * HOUR_MS)

    assert board.guard.pending() == 0
    assert sorted(board.network.records) == list(range(1, board.sampled + 1))
    assert board.network.joins == 1
    assert counters == sorted(set(counters))


def test_no_node_sleeps_without_its_memory_that_would_lose_something() -> None:
    board = sleeper()
    assert hibernation.freeze(board.guard, board.now_ms, 0) is not None

    def cannot() -> bool:
        return hibernation.freeze(board.guard, board.now_ms, 0) is None

    node = board.guard.node
    board.sensors[0].remembers = True
    assert cannot()
    board.sensors[0].remembers = False
    node._devices.actuators = (Actuator(),)  # type: ignore[union-attr]
    assert cannot()
    node._devices.actuators = ()  # type: ignore[union-attr]
    board.mac.set_class("C")
    assert cannot()
    board.mac.set_class("A")
    node._agenda.pieces.ask(0, 0)  # type: ignore[union-attr]
    assert cannot()
    node._agenda.pieces._going = []  # type: ignore[union-attr]
    assert not cannot()


def test_storage_that_fails_keeps_a_board_from_it() -> None:
    board = sleeper()

    def fail(_key: str, _value: bytes) -> None:
        raise OSError(28)

    board.guard.node.log.add(1, "something new", board.now_ms)  # type: ignore[union-attr]
    board.storage.save = fail  # type: ignore[method-assign]

    assert hibernation.freeze(board.guard, board.now_ms, 0) is None


def test_records_in_memory_keep_a_board_from_it() -> None:
    board = Board("EU868", 3, 0, 64, 14)
    guard = Guard(lambda _: board.node, board.storage)
    guard.poll(0)

    assert hibernation.freeze(guard, 1, 0) is None


def test_the_same_bytes_come_of_it_on_a_real_micropython() -> None:
    here = sleeping_node.tell()

    printed = micropython.run(SCRIPT, [micropython.CODECS, micropython.NODE])

    assert printed.split("\n")[:-1] == here


def _source() -> str:
    from pathlib import Path

    folder = Path(sleeping_node.__file__).parent
    whole = (folder / "whole_node.py").read_text(encoding="utf-8")
    own = (folder / "sleeping_node.py").read_text(encoding="utf-8")
    begin, end = own.index("from tests."), own.index("\nHOUR_MS")
    return whole + own[:begin] + own[end:]


SCRIPT = _source() + "\nfor line in tell():\n    print(line)\n"
