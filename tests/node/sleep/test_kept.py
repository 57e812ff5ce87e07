"""Plain values are bytes and back, and any bytes are a value or an error of ours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.command import CommandAnswer
from farwire_codecs.errors import MalformedError
from farwire_codecs.lpp import Item
from farwire_codecs.schema import Channel
from farwire_node.sleep import kept
from farwire_node.steps import Sleep

WIDEST = 1 << 120
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(1 - WIDEST, WIDEST - 1)
    | st.integers(-200, 200)
    | st.binary()
    | st.binary().map(bytearray)
    | st.text()
    | st.builds(Sleep, st.integers(0, 1 << 40))
    | st.builds(CommandAnswer, st.integers(0, 65_535), st.integers(0, 255))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.integers() | st.tuples(st.integers(0, 9), st.none()), inner)
        | st.builds(Item, st.integers(0, 255), st.integers(0, 255), st.tuples(st.integers(-9, 9)))
    ),
    max_leaves=20,
)


def kinds(value: Any) -> Any:
    """The types of a value and of all in it: True is no 1, a bytearray no bytes."""
    if isinstance(value, dict):
        return [dict, [kinds(part) for pair in value.items() for part in pair]]
    if isinstance(value, (list, tuple)):
        return [type(value), [kinds(part) for part in value]]
    return type(value)


@given(VALUES)
def test_every_plain_value_comes_back(value: Any) -> None:
    try:
        packed = kept.packed(value)
    except TypeError:  # a key of a dictionary is too wide
        return

    found = kept.unpacked(packed)

    assert found == value
    assert kinds(found) == kinds(value)


@given(st.binary(max_size=60))
def test_any_bytes_are_a_value_or_an_error_of_ours(data: bytes) -> None:
    try:
        value = kept.unpacked(data)
    except MalformedError:
        return

    assert kept.unpacked(kept.packed(value)) == value


@pytest.mark.parametrize("value", [300, b"abc", "text", [1, b"ab", (2, None)], {1: 2}, Sleep(1 << 30)])
def test_bytes_that_are_cut_are_none(value: Any) -> None:
    packed = kept.packed(value)

    for end in range(len(packed)):
        with pytest.raises(MalformedError):
            kept.unpacked(packed[:end])


@pytest.mark.parametrize("value", [1.5, {1}, object(), WIDEST, -WIDEST - 1, [Channel(1, 2)], int, {1: print}])
def test_what_is_not_plain_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        kept.packed(value)


@pytest.mark.parametrize(
    ("value", "size"), [(0, 1), (127, 1), (-32, 1), (128, 2), (-33, 2), (65_535, 3), (1 << 40, 7)]
)
def test_small_integers_take_little(value: int, size: int) -> None:
    assert len(kept.packed(value)) == size


def test_parts_joined_are_the_list_of_them() -> None:
    assert kept.joined([kept.packed(1), kept.packed("a")]) == kept.packed([1, "a"])
