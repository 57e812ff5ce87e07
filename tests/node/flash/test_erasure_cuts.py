"""Power is cut at every byte of an erasure on command: what was held is there as it was, or is all gone."""

import random

import pytest

from farwire_codecs import command, log_piece
from farwire_codecs.alarm import HIGH, SENSOR_FAILED
from farwire_codecs.command import ALL_HELD, Erase
from farwire_node.alarms.alarm_store import SLOT_KEY, SLOTS
from farwire_node.alarms.detector import Change
from farwire_node.control import erasing
from farwire_node.control.commands import Commands
from farwire_node.flash.device import RamFlash
from farwire_node.logs.log_ring import WARNING, LogRing
from farwire_node.logs.reports import CRASH_KEY, Reports, keep_crash
from farwire_node.sending.agenda import Agenda
from tests.node.flash.test_power_cuts import (
    KEY_SECTORS,
    LATE_MS,
    RECORD_SECTORS,
    SECTOR,
    Kept,
    WrittenDown,
    _do,
    _interrupted,
)

ORDER = command.encode(Erase(7, ALL_HELD))
LINE = "the operator was here"


class Whole(Kept):
    """All that a node keeps, with its commands; what these owe is erased at the start, as a node does."""

    def __init__(self, flash: RamFlash) -> None:
        super().__init__(flash, thins=True, bound=None)
        self.records.restore(LATE_MS)
        self.log = LogRing(self.storage)
        self.reports = Reports(self.storage, self.log)
        self.commands = Commands((), self.storage, self.reports)
        dice = random.Random(1)
        self.agenda = Agenda(
            self.records, self.alarms, lambda _: b"", dice.randrange, LATE_MS, pieces=self.reports
        )
        self.told: list[tuple[object, ...]] = []
        self.pay()

    def pay(self) -> None:
        erasing.carry_out(self.commands, self.records, self.alarms, self.agenda, self.told.append, LATE_MS)

    def fill(self) -> None:
        for index in range(150):
            self.records.add(1000 + 60 * index, ((200 + 70 * (index % 2),), (90 + index % 3,)))
        raw, on = (250,), True
        for change in (
            Change(1, 103, HIGH, on, raw),
            Change(2, 104, SENSOR_FAILED, on, None),
            Change(1, 103, HIGH, not on, raw),
            Change(2, 104, SENSOR_FAILED, not on, (90,)),
            Change(1, 103, HIGH, on, raw),
        ):
            self.alarms.add([change], 9_000)
        self.log.add(WARNING, LINE, 0)
        self.log.save()
        keep_crash(self.storage, LINE.encode())

    def everything(self) -> tuple[object, ...]:
        alarms = self.alarms
        return (
            self.held(),
            self.records.dropped,
            alarms.held,
            alarms.active,
            alarms.erased_below,
            self.log.content(),
            self.storage.load(CRASH_KEY),
            self.commands.owed,
        )


def assert_all_is_gone(kept: Whole, flash: RamFlash, dropped: int) -> None:
    assert kept.held() == frozenset()
    assert kept.records.next == 151
    assert kept.records.dropped == dropped
    assert kept.commands.owed == 0
    held = kept.alarms.held
    assert sorted(alarm[1:5] for alarm in held) == [(1, 103, HIGH, True), (2, 104, SENSOR_FAILED, False)]
    assert all(alarm.raw is None for alarm in held)
    assert kept.alarms.erased_below == held[0].number > 5
    assert kept.alarms.active == [(1, 103, 1 << HIGH)]
    left = [slot for slot in range(SLOTS) if kept.storage.load(SLOT_KEY + str(slot))]
    assert len(left) == len(held)
    assert LINE.encode() not in kept.log.content()
    assert not kept.storage.load(CRASH_KEY)
    assert not kept.reports.ask(log_piece.CRASH_REPORT, 1)
    begin = KEY_SECTORS * SECTOR
    sectors = [flash.memory[begin + at * SECTOR :][:SECTOR] for at in range(RECORD_SECTORS)]
    assert sum(sector.count(b"\xff") < SECTOR for sector in sectors) == 1  # the one that goes on


def test_a_power_cut_at_any_byte_of_an_erasure_leaves_all_or_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    flash = WrittenDown(KEY_SECTORS + RECORD_SECTORS, SECTOR)
    node = Whole(flash)
    node.fill()
    before, dropped = node.everything(), node.records.dropped + node.records.held
    memory, begun = bytearray(flash.memory), len(flash.steps)
    assert node.commands.receive(ORDER).answer == command.CommandAnswer(7, command.DONE)
    node.pay()
    assert_all_is_gone(node, flash, dropped)

    dice = random.Random(2)
    cuts = {"old": 0, "new": 0}
    seen = 0
    for place, data in flash.steps[begun:]:
        for cut in _interrupted(memory, place, data, dice):
            seen += 1
            if data is None and seen % 7:
                continue  # of what an erasure that was cut leaves some will do
            board = RamFlash(KEY_SECTORS + RECORD_SECTORS, SECTOR)
            board.memory = cut
            again = Whole(board)
            if again.commands.receive(ORDER).done is None:
                assert_all_is_gone(again, board, dropped)
                cuts["new"] += 1
            else:
                again.commands.owed = 0  # as before it came
                assert again.everything() == before
                cuts["old"] += 1
        _do(memory, place, data)

    with capsys.disabled():
        print(f"\npower cuts (erasure on command): {cuts['old']} points leave all, {cuts['new']} nothing")
    assert cuts["old"] >= 3
    assert cuts["new"] > 300
