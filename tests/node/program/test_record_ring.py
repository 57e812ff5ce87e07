"""Records come out of their slots as they were put in."""

from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.batch import Record
from farwire_codecs.lpp_types import TYPES, limits
from farwire_codecs.schema import Channel, Schema, plain
from farwire_node.record_ring import RecordRing
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
        ring.put(number, time_s, values)

    for number, (time_s, values) in enumerate(rows, first):
        assert ring.get(number) == Record(number, time_s, values)


def test_a_saved_slot_can_be_put_back_with_another_time() -> None:
    ring = RecordRing(EVERYDAY, 4)
    ring.put(7, 1000, ((215,), None, (10132,), (370,)))

    ring.put_slot(8, ring.slot(7), -400)

    assert ring.get(8) == Record(8, 600, ((215,), None, (10132,), (370,)))


def test_a_record_of_four_everyday_channels_takes_12_bytes() -> None:
    assert RecordRing(EVERYDAY, 1).slot_size == 12
