"""Power is cut at every byte of a long run of everything that a node keeps; after each cut it starts again.

The run happens once, with every program and erase written down. Up to a cut the node does the same each time,
so the flash at a cut is what came before it and a part of the next step.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from farwire_codecs.alarm import HIGH, LOW, SENSOR_FAILED
from farwire_codecs.schema import plain
from farwire_node.alarms.alarm_store import CAPACITY, AlarmStore, StoredAlarm
from farwire_node.alarms.detector import Change
from farwire_node.file_storage import FileStorage
from farwire_node.flash.device import Part, RamFlash
from farwire_node.flash.key_log import KeyLog
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.records.store import RecordStore
from tests.node.flash.power import CuttableFiles, CuttableFlash, PowerCut
from tests.node.program.fakes import HUMIDITY, TEMPERATURE
from tests.node.records.test_store import acknowledgement

SCHEMA = plain(0, (TEMPERATURE, HUMIDITY), 60)
SECTOR = 512
KEY_SECTORS, RECORD_SECTORS = 6, 6
OPERATIONS = 560
LATE_MS = 10**8  # by a clock that goes on over power cuts: no time is moved
KEYS = ("configuration", "session", "nonce", "schema")
Values = tuple[tuple[int, ...] | None, ...]


class WrittenDown(RamFlash):
    """Flash that writes down what is done to it: (offset, data) of a program, (sector, None) of an erase."""

    def __init__(self, sectors: int, sector_size: int) -> None:
        super().__init__(sectors, sector_size)
        self.steps: list[tuple[int, bytes | None]] = []

    def program(self, offset: int, data: bytes) -> None:
        super().program(offset, data)
        self.steps.append((offset, bytes(data)))

    def erase(self, sector: int) -> None:
        super().erase(sector)
        self.steps.append((sector, None))


class Kept:
    """All that a node keeps, on one flash."""

    def __init__(self, flash: RamFlash, thins: bool, bound: int | None) -> None:
        self.storage = KeyLog(Part(flash, 0, KEY_SECTORS))
        shelf = FlashShelf(SCHEMA, 16, Part(flash, KEY_SECTORS, RECORD_SECTORS))
        self.records = RecordStore(SCHEMA, 16, self.storage, shelf)
        self.records.set_thinning(thins)
        self.records.set_capacity(bound)
        self.alarms = AlarmStore(self.storage)
        self.alarms.restore(LATE_MS)

    def held(self) -> frozenset[int]:
        records = self.records
        return frozenset(n for n in range(records.first, records.next) if records.holds(n))

    def values(self) -> dict[str, bytes | None]:
        return {key: self.storage.load(key) for key in KEYS}


@dataclass(frozen=True)
class Promise:
    """What the node may rely on once an operation is over; `steps`: how many steps it took until then."""

    steps: int
    held: frozenset[int]
    next: int
    values: dict[str, bytes | None]
    alarms: tuple[StoredAlarm, ...]
    active: tuple[tuple[int, int, int], ...]
    dropped: int


@dataclass
class Run:
    """A run of operations, and what was true after each of them."""

    thins: bool
    bound: int | None
    seed: int
    operations: int
    flash: WrittenDown = field(default_factory=lambda: WrittenDown(KEY_SECTORS + RECORD_SECTORS, SECTOR))
    truth: dict[int, tuple[int, Values]] = field(default_factory=dict)
    promises: list[Promise] = field(default_factory=list)
    alarm_operations: set[int] = field(default_factory=set)  # by the promise that each of them led to

    def go(self) -> None:
        dice = random.Random(self.seed)
        kept = Kept(self.flash, self.thins, self.bound)
        self._promise(kept)
        level = 200
        for operation in range(self.operations):
            what = dice.random()
            if what < 0.84:
                level += dice.choice((0, 0, 1, -1, 70, -70))
                time_s = 1000 + 60 * operation + (dice.randrange(9) if what < 0.05 else 0)
                values = ((level,), None if what < 0.02 else (90 + operation % 3,))
                self.truth[kept.records.next] = (time_s, values)
                kept.records.add(time_s, values)
            elif what < 0.86 and operation > 430:
                self._acknowledge(kept, dice)
            elif what < 0.94:
                self._alarm(kept, dice, operation, level)
            else:
                key = dice.choice(KEYS)
                before = kept.storage.load(key)
                if key == "nonce":
                    value = (int.from_bytes(before or b"", "big") + 1).to_bytes(4, "big")
                else:
                    value = dice.randbytes(dice.randrange(60))
                kept.storage.save(key, value)
            self._promise(kept)

    def _acknowledge(self, kept: Kept, dice: random.Random) -> None:
        records = kept.records
        if records.held:
            through = min(records.next - 1, records.first + dice.randrange(-2, 40))
            above = [n for n in range(through + 2, min(through + 30, records.next)) if dice.random() < 0.5]
            records.mark_sent(records.first, records.next - records.first)
            records.acknowledge(acknowledgement(max(0, through), *above), (0, 0))

    def _alarm(self, kept: Kept, dice: random.Random, operation: int, level: int) -> None:
        """Add some alarms, or acknowledge some; seldom they are numbered anew."""
        alarms = kept.alarms
        what = dice.random()
        if what < 0.6 and alarms.room > CAPACITY - 20:
            kept.records.keep_around()
            changes = [
                Change(1, 103, dice.choice((HIGH, LOW)), dice.random() < 0.5, (level,)),
                Change(2, 104, SENSOR_FAILED, dice.random() < 0.5, None),
            ]
            alarms.add(changes[: dice.randrange(1, 3)], 1000 + 60 * operation)
        elif what < 0.95:
            alarms.acknowledge(alarms.next - 1 - dice.randrange(4), 60_000 * operation)
        else:
            alarms.continue_above(alarms.next + 10, 60_000 * operation)
        self.alarm_operations.add(len(self.promises))

    def _promise(self, kept: Kept) -> None:
        alarms = tuple(kept.alarms.held)
        records = kept.records
        self.promises.append(
            Promise(
                len(self.flash.steps),
                kept.held(),
                records.next,
                kept.values(),
                alarms,
                tuple(kept.alarms.active),
                records.dropped,
            )
        )

    def cuts(self) -> Iterator[tuple[bytearray, int, int]]:
        """Yield the flash at each possible cut, its place, and the index of the promise made last."""
        memory = bytearray(b"\xff" * self.flash.size)
        dice = random.Random(self.seed)
        at = 0
        for index, (before, after) in enumerate(pairwise(self.promises)):
            if not at:
                at = before.steps
                for place, data in self.flash.steps[:at]:
                    _do(memory, place, data)
            for place, data in self.flash.steps[at : after.steps]:
                offset = place if data is not None else place * SECTOR
                for cut in _interrupted(memory, place, data, dice):
                    yield cut, offset, index
                _do(memory, place, data)
            at = after.steps


def _do(memory: bytearray, place: int, data: bytes | None) -> None:
    if data is None:
        memory[place * SECTOR : (place + 1) * SECTOR] = b"\xff" * SECTOR
    else:
        memory[place : place + len(data)] = data


def _interrupted(
    memory: bytearray, place: int, data: bytes | None, dice: random.Random
) -> Iterator[bytearray]:
    flash = CuttableFlash(1, SECTOR)
    for left in range(SECTOR if data is None else len(data)):
        cut = bytearray(memory)
        if data is None:
            begin = place * SECTOR
            flash.memory[:] = cut[begin : begin + SECTOR]
            flash.cut_erase(0, dice)
            cut[begin : begin + SECTOR] = flash.memory
        else:
            cut[place : place + left] = data[:left]
            cut[place + left] = data[left] | (memory[place + left] & dice.randrange(256))
        yield cut


def _check(cut: bytearray, place: int, before: Promise, after: Promise, run: Run, depth: int) -> None:
    """Start from a flash that was cut. `depth` 0: what a start tells; 1: and every record; 2: and go on."""
    flash = RamFlash(KEY_SECTORS + RECORD_SECTORS, SECTOR)
    flash.memory = cut
    if place < KEY_SECTORS * SECTOR and not depth:  # the records lie as they did
        storage = KeyLog(Part(flash, 0, KEY_SECTORS))
        _check_values(storage, before, after)
        return
    kept = Kept(flash, run.thins, run.bound)
    records = kept.records
    assert before.next <= records.next <= after.next
    assert records.first in (min(before.held, default=before.next), min(after.held, default=after.next))
    assert len(before.held & after.held) <= records.held <= len(before.held | after.held)
    assert records.dropped <= after.dropped
    if depth:
        held = kept.held()
        assert before.held & after.held <= held <= before.held | after.held
        assert records.held == len(held)
        for number in held:
            record = records.record(number)
            assert (record.time_s, record.values) == run.truth[number]
        _check_values(kept.storage, before, after)
    if depth > 1:
        _go_on(flash, kept, held, run)


def _check_values(storage: KeyLog, before: Promise, after: Promise) -> None:
    for key in KEYS:
        assert storage.load(key) in (before.values[key], after.values[key])
    alarms = AlarmStore(storage)
    alarms.restore(LATE_MS)
    held = tuple(alarms.held)
    # Of several alarms that one sample raised the first ones may be there.
    between = [after.alarms[:count] for count in range(len(before.alarms), len(after.alarms))]
    assert held in (before.alarms, *between, after.alarms)
    if held in (before.alarms, after.alarms):
        assert tuple(alarms.active) == (before.active if held == before.alarms else after.active)


def _go_on(flash: RamFlash, kept: Kept, held: frozenset[int], run: Run) -> None:
    """Everything still works: what is added now is there after one more restart."""
    number = kept.records.next
    given_up: set[int] = set()
    for index in range(60):
        given_up |= set(kept.records.add(10**6 + 60 * index, ((index,), (index % 7,))))
        kept.storage.save("session", bytes((index,)) * 40)
    again = Kept(flash, run.thins, run.bound)
    after = again.held()
    assert again.records.next == number + 60
    assert set(range(number, number + 60)) <= after
    assert held - given_up <= after <= held | set(range(number, number + 60))
    assert again.storage.load("session") == bytes((59,)) * 40


@pytest.mark.parametrize(
    ("thins", "bound", "operations"), [(True, None, OPERATIONS), (False, None, OPERATIONS), (True, 150, 400)]
)
def test_a_power_cut_at_any_byte_loses_and_invents_nothing(
    thins: bool, bound: int | None, operations: int, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Run(thins, bound, seed=4, operations=operations)
    run.go()

    cuts = of_alarms = 0
    for cut, offset, index in run.cuts():
        cuts += 1
        of_alarms += index + 1 in run.alarm_operations
        before, after = run.promises[index : index + 2]
        _check(cut, offset, before, after, run, depth=(not cuts % 17) + (not cuts % 289))

    dropped = run.promises[-1].dropped
    full = "thinning" if thins else "dropping the oldest"
    most = "full" if bound is None else f"{bound} are held"
    with capsys.disabled():
        print(
            f"\npower cuts ({full} when {most}): {cuts} points in "
            f"{run.operations} operations and {len(run.flash.steps)} flash steps, "
            f"{of_alarms} of them in {len(run.alarm_operations)} with alarms, {dropped} records given up: "
            "nothing promised is missing, nothing is invented"
        )
    assert cuts >= (10_000 if bound is None else 5_000)
    assert of_alarms >= 1_000
    assert dropped > 50


def _save_until_the_cut(
    files: CuttableFiles, saves: list[tuple[str, bytes]]
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Return what is kept before the save that is cut, and what would be after it."""
    before: dict[str, bytes] = {}
    for key, value in saves:
        after = {**before, key: value}
        try:
            FileStorage(files).save(key, value)
        except PowerCut:
            return before, after
        before = after
    raise AssertionError("the power was never cut")


@pytest.mark.parametrize("fat", [False, True])
def test_a_power_cut_at_any_byte_leaves_a_file_with_the_old_value_or_the_new_one(
    fat: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    cuts = 0
    for seed in range(40):
        dice = random.Random(seed)
        saves = [(dice.choice(KEYS), dice.randbytes(dice.randrange(40))) for _ in range(8)]
        whole = CuttableFiles(fat)
        for key, value in saves:
            FileStorage(whole).save(key, value)
        for cut_at in range(whole.written):
            cuts += 1
            files = CuttableFiles(fat)
            files.cut_at = cut_at
            before, after = _save_until_the_cut(files, saves)
            files.cut_at = None
            storage = FileStorage(files)
            for key in KEYS:
                assert storage.load(key) in (before.get(key), after.get(key))
            storage.save("session", b"again")
            assert storage.load("session") == b"again"

    with capsys.disabled():
        print(f"\npower cuts (files{' on FAT' if fat else ''}): {cuts} points")
    assert cuts > 5_000
