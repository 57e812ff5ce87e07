"""The channel table: what a batch carries inline and a receiver keeps."""

import contextlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import schema_table
from farwire_codecs.errors import CodecError, MalformedError, RangeError
from farwire_codecs.schema import Channel, Schema, Shape, check, plain
from tests.codecs import history_strategies as any_
from tests.codecs import second_table


@given(any_.schemas())
def test_table_comes_back(schema: Schema) -> None:
    table = schema_table.to_bytes(schema)

    assert schema_table.from_bytes(schema.schema_id, table) == schema
    assert second_table.table(list(table)) == second_table.known(schema)


@given(any_.schemas(), st.binary(min_size=1, max_size=3))
def test_cut_table_and_one_with_more_behind_it_is_refused(schema: Schema, more: bytes) -> None:
    table = schema_table.to_bytes(schema)

    for length in range(len(table)):
        with pytest.raises(CodecError):
            schema_table.from_bytes(0, table[:length])
    with pytest.raises(MalformedError):
        schema_table.from_bytes(0, table + more)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_table_that_is_written_so_or_a_codec_error(table: bytes) -> None:
    assert_written_so(table)


@given(any_.schemas(), st.data())
def test_damaged_table_is_a_table_that_is_written_so_or_refused(schema: Schema, data: st.DataObject) -> None:
    table = bytearray(schema_table.to_bytes(schema))
    table[data.draw(st.integers(0, len(table) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    assert_written_so(bytes(table))


def assert_written_so(table: bytes) -> None:
    ours = theirs = None
    with contextlib.suppress(CodecError):
        ours = schema_table.from_bytes(0, table)
    octets = list(table)
    with contextlib.suppress(second_table.RefusedError, IndexError):
        theirs = second_table.table(octets)
    assert (ours is None) == (theirs is None or bool(octets))
    if ours is not None:
        assert schema_table.to_bytes(ours) == table


def test_column_costs_three_bytes_where_its_reference_is_small() -> None:
    shape = Shape(2, 0, False, 1, 20, 2, 255, 0)
    shaped = Schema(1, (Channel(1, 103),), 60, (shape,))

    assert len(schema_table.to_bytes(shaped)) == len(schema_table.to_bytes(plain(1, shaped.channels, 60))) + 3


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ("80 00", "0 channels"),
        ("21 " + "00 00 " * 33 + "00", "33 channels"),
        ("02 01 67 01 67 00", "names a channel and type twice"),
        ("81 01 67 00 03 00 00", "flags 0x03"),
        ("81 01 67 00 20 00 00", "flags 0x20"),
        ("81 01 67 00 08 00 00 02", "a step of 1 is spelled out"),
        ("81 01 67 00 08 00 00 01", "step2 of column 0 is 1"),
        ("81 01 67 00 08 00 00 80 80 08", "step2 of column 0 is 131072"),
        ("81 01 67 00 00 d0 00", "scale of column 0 is 13"),
        ("81 01 67 00 00 0d 00", "spread of column 0 is 13"),
        ("81 01 67 00 00 00 80 80 04", "reference of column 0 is 32768"),
        ("81 01 67 00 10 00 00 ff 00", "a partner that stands for none"),
        ("81 01 67 00 10 00 00 00 00", "partner of column 0 is 0"),
        ("82 01 67 02 67 00 00 00 00 10 00 00 00 80 80 80 01", "weight of column 1 is 1048576"),
    ],
)
def test_table_that_no_encoder_writes_is_refused(table: str, reason: str) -> None:
    with pytest.raises(CodecError, match=re.escape(reason)):
        schema_table.from_bytes(0, bytes.fromhex(table))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("step2", 1), ("step2", 1 << 17), ("step2", 2.0), ("predictor", 3), ("scale", -1), ("scale", 13),
        ("reference", 32768), ("reference", -32769), ("spread", 13), ("partner", 0), ("weight", 1),
    ],
)  # fmt: skip
def test_shape_out_of_range_is_named(field: str, value: float) -> None:
    shape = Shape(2, 0, False, 0, 0, 0, 255, 0)._replace(**{field: value})

    with pytest.raises(RangeError, match=f"{field} of column 0 is {value}"):
        check(Schema(1, (Channel(1, 103),), 0, (shape,)))


@pytest.mark.parametrize("count", [2, 4])
def test_number_of_shapes_is_that_of_the_columns(count: int) -> None:
    shapes = (Shape(2, 0, False, 0, 0, 0, 255, 0),) * count

    with pytest.raises(MalformedError, match=f"{count} shapes, expected 3"):
        check(Schema(1, (Channel(1, 113),), 0, shapes))


def test_interval_beyond_32_bits_is_refused() -> None:
    with pytest.raises(RangeError, match="interval of 4294967296 s"):
        check(plain(1, (Channel(1, 103),), 1 << 32))
