"""Physical values to integers and back: nearest, halves away from zero, never out of range."""

import math
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.errors import MalformedError, RangeError, UnknownTypeError
from farwire_codecs.lpp_types import TYPES, to_raw, to_values


@pytest.mark.parametrize(
    ("type_id", "value", "raw"),
    [
        (103, 27.25, 273),
        (103, -27.25, -273),
        (103, 0.05, 1),
        (103, -0.05, -1),
        (103, 0.0499, 0),
        (2, 1.005, 101),  # 1.005 * 100 is 100.49999999999999 in binary
        (2, 0.285, 29),
        (2, 327.67, 32767),
        (2, 327.6749, 32767),
        (2, -327.68, -32768),
        (104, 127.5, 255),
        (136, 42.3519, 423519),
        (130, 123456.789, 123456789),
        (103, 1e-300, 0),
        (103, 1e-05, 0),
        (100, 4294967295.4, 4294967295),
        (100, 1e9, 1000000000),
        (118, 868100000, 868100000),
        (103, -0.0, 0),
        (103, 0.0, 0),
    ],
)
def test_value_becomes_the_nearest_integer(type_id: int, value: float, raw: int) -> None:
    axes = len(TYPES[type_id].axes)

    assert to_raw(type_id, (value,) * axes)[0] == raw


@pytest.mark.parametrize(
    ("type_id", "value"),
    [
        (103, math.nan),
        (103, math.inf),
        (103, -math.inf),
        (2, 327.675),
        (2, -327.685),
        (2, 400.0),
        (2, -400.0),
        (104, 127.75),
        (104, -0.25),
        (101, -1),
        (101, 65536),
        (100, 1e300),
        (100, 4294967295.5),
    ],
)
def test_value_that_the_type_cannot_carry_is_refused(type_id: int, value: float) -> None:
    with pytest.raises(RangeError):
        to_raw(type_id, (value,))


def test_number_of_values_is_that_of_the_axes() -> None:
    with pytest.raises(MalformedError, match="113 has 3 axes, got 1 values"):
        to_raw(113, (1.0,))


def test_unknown_type_is_named() -> None:
    with pytest.raises(UnknownTypeError, match="122"):
        to_raw(122, (1.0,))


@pytest.mark.parametrize("type_id", [type_id for type_id in TYPES if TYPES[type_id].size <= 2])
def test_every_integer_of_a_short_type_survives_scaling(type_id: int) -> None:
    low, high = TYPES[type_id].axes[0][3:]

    for raw in range(low, high + 1):
        assert to_raw(type_id, to_values(type_id, (raw,))) == (raw,)


@given(st.sampled_from(list(TYPES)), st.data())
def test_any_integer_survives_scaling(type_id: int, data: st.DataObject) -> None:
    raw = tuple(data.draw(st.integers(axis.low, axis.high)) for axis in TYPES[type_id].axes)

    assert to_raw(type_id, to_values(type_id, raw)) == raw


@given(st.floats(-300, 300))
def test_float_is_rounded_as_the_decimal_that_it_shows(value: float) -> None:
    wanted = (Decimal(repr(value)) * 100).quantize(Decimal(1), ROUND_HALF_UP)

    assert to_raw(2, (value,)) == (int(wanted),)
