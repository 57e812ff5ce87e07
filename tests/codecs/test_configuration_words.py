"""Configuration for people: every key has its words, values go to JSON and back, secrets do not come out."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import configuration_keys as keys
from farwire_codecs import configuration_words as words
from farwire_codecs.configuration_keys import KEYS, Key, name_of
from farwire_codecs.errors import CodecError, RangeError, UnknownTypeError
from tests.codecs import configuration_strategies as any_

each_key = pytest.mark.parametrize("key", KEYS.values(), ids=[name_of(key) for key in KEYS.values()])


def test_every_key_has_words_and_no_words_are_left_over() -> None:
    assert list(words.WORDS) == list(KEYS)


@each_key
def test_a_unit_is_the_one_that_the_name_ends_in(key: Key) -> None:
    ending = re.search(r"_(s|ms|ppm|s_per_day)$", name_of(key))

    if ending:
        assert words.WORDS[key.number].unit == ending[1].replace("_per_", "/")
    elif key.kind in (keys.BOOLEAN, keys.CHOICE, keys.TEXT, keys.SECRET):
        assert words.WORDS[key.number].unit == ""


@given(st.data())
def test_a_value_comes_back_from_json(data: st.DataObject) -> None:
    key = data.draw(st.sampled_from([key for key in KEYS.values() if key.kind != keys.SECRET]))
    value = data.draw(any_.setting_values(key))

    assert words.from_json(key, json.loads(json.dumps(words.to_json(key, value)))) == value


def test_a_choice_is_its_name() -> None:
    key = words.named("radio_class")

    assert (words.to_json(key, 1), words.from_json(key, "C")) == ("C", 1)
    with pytest.raises(RangeError, match="radio_class is 'B', expected one of A, C"):
        words.from_json(key, "B")


def test_a_secret_goes_in_and_never_comes_out() -> None:
    key = words.named("server_password")

    assert words.from_json(key, "pässword") == "pässword".encode()
    assert words.to_json(key, b"password") == words.MASK


def test_the_mask_of_a_secret_is_not_taken_for_one() -> None:
    with pytest.raises(RangeError, match="mask"):
        words.from_json(words.named("server_password"), words.MASK)


@given(st.text(min_size=65) | st.integers() | st.just("\ud800"))
def test_no_error_tells_a_secret(value: object) -> None:
    with pytest.raises(CodecError) as raised:
        words.from_json(words.named("server_password"), value)

    assert len(str(value)) < 4 or str(value) not in str(raised.value)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(UnknownTypeError, match="'colour'"):
        words.named("colour")


@each_key
def test_the_schema_of_a_key_bounds_its_value_and_requires_its_index(key: Key) -> None:
    schema = words.json_schema(key)

    value = schema["properties"]["value"]
    assert schema["properties"]["key"] == {"const": name_of(key)}
    assert ("index" in schema["required"]) == (key.scope != keys.NODE)
    if key.kind in keys.NUMBERS:
        assert (value["minimum"], value["maximum"]) == (key.low, key.high)
    assert bool(value.get("writeOnly")) == (key.kind == keys.SECRET)
