"""Records come out of their slots as they were put in."""

from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.batch import Record
from farwire_codecs.lpp_types import TYPES, limits
from farwire_codecs.schema import Channel, Schema, plain
from farwire_node.records.record_ring import RecordRing
from tests.node.program.fakes import HUMIDITY, TEMPERATURE

EVERYDAY = plain(0, (TEMPERATURE, HUMIDITY, Channel(3, 115), Channel(4, 116)))


def values_of(type_id: int) -> st.SearchStrategy[tuple[int, ...] | None]:
    axes = [st.integers(*limits(axis)) for axis in TYPES[type_id].axes]
    return st.one_of(st.none(), st.tuples(*axes))


@st.composite
def schemas_and_rows(draw: st.DrawFn) -> tuple[Schema, list[tuple[int, tuple[tuple[int, ...] | None, ...]]]]:
    types = draw(st.lists(st.sampled_from([t for t in sorted(TYPES) if t < 256]), min_size=1, max_size=20))
    row = st.tuples(st.integers(-(2**31), 2**31 - 1), st.tuples(*[values_of(t) for t in types]))
    schema = plain(1, tuple(Channel(index, type_id) for index, type_id in enumerate(types)))
    return schema, draw(st.lists(row, min_size=1, max_size=5))


@given(schemas_and_rows(), st.integers(1, 1000))
def test_a_record_comes_out_as_it_was_put_in(
    case: tuple[Schema, list[tuple[int, tuple[tuple[int, ...] | None, ...]]]], first: int
) -> None:
    schema, rows = case
    ring = RecordRing(schema, len(rows))

    for number, (time_s, values) in enumerate(rows, first):
        ring.add(number, time_s, values)

    for position, (time_s, values) in enumerate(rows):
        assert ring.get(position) == Record(first + position, time_s, values)


def test_a_saved_slot_can_be_put_back_under_another_number() -> None:
    ring = RecordRing(EVERYDAY, 4)
    ring.add(7, 1000, ((215,), None, (10132,), (370,)))

    ring.add_slot(8, ring.slot(0))

    assert ring.get(1) == Record(8, 1000, ((215,), None, (10132,), (370,)))


def test_a_record_of_four_everyday_channels_takes_16_bytes() -> None:
    assert RecordRing(EVERYDAY, 1).slot_size == 16


@given(st.integers(1, 12), st.lists(st.tuples(st.integers(1, 5), st.integers(0, 11), st.booleans())))
def test_records_stay_in_order_whichever_are_taken_out(
    capacity: int, steps: list[tuple[int, int, bool]]
) -> None:
    ring = RecordRing(plain(0, (TEMPERATURE,)), capacity)
    model: list[tuple[int, bool]] = []
    number = 2**31 - 10
    for skipped, position, keep in steps:
        number += skipped
        if len(model) == capacity:
            position %= capacity  # noqa: PLW2901
            ring.remove(position)
            model.pop(position)
        ring.add(number, number % 1000, ((number % 50,),), keep)
        model.append((number, keep))

    assert [(ring.number_at(at), ring.is_kept(at)) for at in range(ring.count)] == model
    assert [ring.get(at) for at in range(ring.count)] == [Record(n, n % 1000, ((n % 50,),)) for n, _ in model]
    for wanted in range(2**31 - 10, number + 2):
        assert ring.find(wanted) == len([n for n, _ in model if n < wanted])
