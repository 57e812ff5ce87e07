"""Columns come straight out of the slots: the same values as the records', and next to no garbage."""

from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import Schema, axes_of, plain
from farwire_codecs.shape_learner import ShapeLearner
from farwire_node.flash.device import RamFlash
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.records.record_ring import RecordRing
from farwire_node.records.store import RecordStore
from farwire_node.sending.learning import FIRST_AFTER, THEN_AFTER, WINDOW, Learning
from farwire_node.sending.schema_memory import SchemaMemory
from farwire_node.storage import MemoryStorage
from tests import micropython
from tests.node.program.fakes import ACCELERATION, HUMIDITY, TEMPERATURE
from tests.node.records.test_record_ring import schemas_and_rows
from tests.node.records.test_store import acknowledgement

Values = tuple[tuple[int, ...] | None, ...]
Row = tuple[int, Values]

SCHEMA = plain(0, (TEMPERATURE, ACCELERATION, HUMIDITY), 60)
EARLIER: list[Values] = [((n * 7919 % 997,), (n % 7, n % 5, n * 31 % 900), (90,)) for n in range(120)]
STEP_BYTES = 24_000  # of garbage at most, of eight channels with ten axes


def columns_of(schema: Schema, rows: "list[Values]") -> list[list[int | None]]:
    """Return what the records' values are, axis by axis."""
    return [
        [None if (raw := row[index]) is None else raw[axis] for row in rows]
        for index, channel in enumerate(schema.channels)
        for axis in range(len(type_of(channel.type_id).axes))
    ]


@given(schemas_and_rows(), st.lists(st.integers(0, 4), max_size=3), st.integers(0, 6), st.integers(0, 4))
def test_a_column_of_a_ring_is_that_of_its_newest_records(
    case: tuple[Schema, list[Row]], removed: list[int], most: int, turned: int
) -> None:
    schema, rows = case
    ring = RecordRing(schema, len(rows))
    for number in range(turned):  # the order's begin lies anywhere
        ring.add(number, 0, (None,) * len(schema.channels))
        ring.remove(0)
    for number, row in enumerate(rows, 10):
        ring.add(number, *row, keep=bool(number % 2))
    for position in removed:
        if position < ring.count:
            ring.remove(position)

    held = [ring.get(position).values for position in range(ring.count)]

    expected = columns_of(schema, held[max(0, len(held) - most) :])
    assert [ring.column(most, at) for at in range(len(expected))] == expected


@st.composite
def curves(draw: st.DrawFn) -> list[Values]:
    """Three channels, the second with three axes, with gaps; flat or steep."""
    steps = st.sampled_from([0, 0, 0, 1, -2, 300])
    walk: list[int] = [200, 10, -10, 1000, 90]
    rows: list[Values] = []
    for _ in range(draw(st.integers(1, 60))):
        walk = [value + draw(steps) for value in walk]
        rows.append(
            (
                None if draw(st.integers(0, 9)) == 0 else (walk[0],),
                None if draw(st.integers(0, 3)) == 0 else (walk[1], walk[2], walk[3] % 1500),
                (walk[4] % 200,),
            )
        )
    return rows


@given(curves(), st.integers(1, 20), st.integers(1, 70), st.booleans(), st.integers(0, 30))
def test_columns_of_a_store_in_memory_are_those_of_what_thinning_left(
    rows: list[Values], capacity: int, most: int, thins: bool, through: int
) -> None:
    store = RecordStore(SCHEMA, capacity, MemoryStorage())
    store.set_thinning(thins)
    for number, row in enumerate(rows, 1):
        store.add(60 * number, row)
        if number == through:
            store.mark_sent(1, number)
            store.acknowledge(acknowledgement(through), (0, 0))

    there = [rows[number - 1] for number in range(1, store.next) if store.recalls(number)]

    assert [store.column(most, at) for at in range(5)] == columns_of(SCHEMA, there[-most:])


@settings(max_examples=50)
@given(curves(), st.integers(1, 60), st.integers(1, 70), st.integers(0, 59), st.booleans(), st.booleans())
def test_columns_of_a_store_in_flash_are_those_that_were_in_memory_before_a_deep_sleep_too(
    rows: list[Values], in_memory: int, most: int, slept_after: int, loses: bool, renumbers: bool
) -> None:
    flash = RamFlash(6, 256)  # all but full: the oldest ones go, or are thinned
    shelf = FlashShelf(SCHEMA, in_memory, flash)
    shelf.thins = not loses
    rows = EARLIER + rows
    for number, row in enumerate(rows, 1):
        shelf.append(60 * number, row, False)
        if number == len(EARLIER) + slept_after < len(rows):
            recalled = shelf._recalled
            shelf = FlashShelf(SCHEMA, in_memory, flash)
            shelf.thins = not loses
            shelf._recalled = recalled  # as a hibernation has it
    moved = 1000 if renumbers else 0
    if moved:
        shelf.renumber(moved)

    columns = [shelf.column(most, at) for at in range(5)]

    there = [rows[n - moved - 1] for n in range(1 + moved, shelf.next) if shelf.recalls(n)]
    assert len(there) <= in_memory
    assert columns == columns_of(SCHEMA, there[-most:])


def test_records_read_again_after_a_deep_sleep_are_read_once() -> None:
    flash = RamFlash(8, 4096)
    shelf = FlashShelf(SCHEMA, 64, flash)
    for number in range(1, 101):
        shelf.append(60 * number, ((number,), None, (90,)), False)
    recalled = shelf._recalled
    shelf = FlashShelf(SCHEMA, 64, flash)
    shelf._recalled = recalled
    shelf.append(60 * 101, ((101,), None, (90,)), False)

    flash.reads = 0
    assert shelf.column(50, 0) == list(range(52, 102))
    once = flash.reads
    assert shelf.column(100, 0) == list(range(38, 102))

    assert flash.reads - once < once // 8


def test_what_is_offered_was_learned_from_the_newest_records() -> None:
    memory = SchemaMemory((TEMPERATURE, HUMIDITY), 60, MemoryStorage())
    store = RecordStore(memory.schema, 600, MemoryStorage())
    learning = Learning(memory)
    offered = []
    for number in range(1, THEN_AFTER + FIRST_AFTER + 3):
        level = number * 7 % 40 if number < 200 else number * 30 % 400
        store.add(60 * number, ((level,), (level // 2,)))
        if learning.sampled(store):
            offered.append((number, memory.schema.shapes))

    newest = [
        [store.record(n).values[index][0] for n in range(store.next - WINDOW, store.next)] for index in (0, 1)
    ]
    learner = ShapeLearner(axes_of(memory.schema), lambda at: list(newest[at]))

    assert [number for number, _ in offered] == [FIRST_AFTER + 1, FIRST_AFTER + 1 + THEN_AFTER + 1]
    for _ in newest:
        learner.step()
    assert [shape[:3] for shape in offered[-1][1]] == [shape[:3] for shape in learner.shapes]


def test_learning_a_column_of_many_records_makes_little_garbage_on_a_board() -> None:
    setup = """
from farwire_codecs.schema import Channel
from farwire_node.sending.learning import Learning
from farwire_node.sending.schema_memory import SchemaMemory
from farwire_node.storage import MemoryStorage
from farwire_node.records.store import RecordStore
types = (103, 104, 115, 116, 132, 128, 113, 2)
channels = tuple([Channel(at, type_id) for at, type_id in enumerate(types, 1)])
memory = SchemaMemory(channels, 60, MemoryStorage())
store = RecordStore(memory.schema, 512, MemoryStorage())
learning = Learning(memory)
for n in range(600):
    wave = abs(n % 60 - 30) + n * 7919 % 5
    one = ((200 + wave,), (90 - wave,), (10132 + wave,), (370,), (n * 45 % 360,), (3 * wave,))
    store.add(60 * n, one + ((wave, -wave, 1000 - wave), None if n % 3 else (-wave,)))
learning._sampled = 600
"""
    step = "print(int(learning.sampled(store)))"
    _, before, *steps = micropython.run_pieces(
        ["", setup] + [step] * 10, (micropython.CODECS, micropython.NODE), compiled=True
    )

    assert [outcome.stdout.strip() for outcome in steps] == ["0"] * 9 + ["1"]
    garbage = [
        now.peak_bytes - earlier.live_bytes for earlier, now in zip([before, *steps], steps, strict=False)
    ]
    assert max(garbage) < STEP_BYTES
