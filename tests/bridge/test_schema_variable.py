"""The text that tells ChirpStack's codec a device's channel tables."""

from hypothesis import given
from hypothesis import strategies as st

from farwire_bridge.schema_variable import SCHEMAS_SHOWN, with_schemas

TABLE = bytes.fromhex("010167")


def test_a_schema_is_its_id_and_its_table_in_digits() -> None:
    assert with_schemas("", [(5, TABLE)]) == "05010167"


def test_newer_schemas_stand_before_those_that_were_there() -> None:
    assert with_schemas("0101aa", [(3, b"\x01"), (2, b"\x01")]) == "0301,0201,0101aa"


def test_a_table_takes_the_place_of_the_one_with_its_id() -> None:
    assert with_schemas("0101aa,0201bb", [(2, b"\x01\xcc")]) == "0201cc,0101aa"


def test_the_oldest_go_beyond_the_number_shown() -> None:
    assert with_schemas("0301,0201,0101", [(4, b"\x01")]) == "0401,0301,0201"


def test_spaces_and_capitals_of_a_person_are_read() -> None:
    assert with_schemas(" 01 01 AA ", [(2, b"\x01")]) == "0201,0101aa"


def test_what_no_entry_can_be_is_left_out() -> None:
    assert with_schemas("5=1:103,050,05,,0101", [(2, b"\x01")]) == "0201,0101"


@given(st.text(), st.lists(st.tuples(st.integers(0, 255), st.binary(min_size=1, max_size=40)), max_size=6))
def test_to_tell_it_again_changes_nothing(text: str, schemas: list[tuple[int, bytes]]) -> None:
    told = with_schemas(text, schemas)

    assert with_schemas(told, schemas) == told
    assert len(told.split(",")) <= SCHEMAS_SHOWN
