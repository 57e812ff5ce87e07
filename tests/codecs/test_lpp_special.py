"""LPP types without a fixed row of integers: read on request, never beyond the frame."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import lpp
from farwire_codecs.errors import CodecError, MalformedError, TruncatedError, UnknownTypeError
from farwire_codecs.lpp_names import as_object
from farwire_codecs.lpp_profiles import PROFILES

HEAD = "06765f f2960a"  # 42.3519, -87.9094 at a factor of 1


def read(profile: str, frame: str) -> list[lpp.Item]:
    table = PROFILES[profile]
    return lpp.decode_dynamic(bytes.fromhex(frame), table.types, readers=table.readers)


def test_polyline_goes_on_by_signed_nibbles_with_latitude_in_the_low_one() -> None:
    items = read("polyline", f"01f0 0a 01 {HEAD} 21 f8" + "03670110")

    assert items == [
        lpp.Item(1, 240, (423519, -879094, 423520, -879092, 423512, -879093)),
        lpp.Item(3, 103, (272,)),
    ]


@pytest.mark.parametrize(
    ("factor", "steps"), [(1, 1), (199, 199), (227, 1), (229, 5), (230, 10), (239, 10_000)]
)
def test_polyline_factor_multiplies_every_step(factor: int, steps: int) -> None:
    (item,) = read("electronic_cats", f"01f0 09 {factor:02x} 000001 ffffff 17")

    assert item.raw == (steps, -steps, 8 * steps, 0)


def test_polyline_is_shown_in_degrees() -> None:
    table = PROFILES["polyline"]

    shown = as_object(read("polyline", f"01f0 09 01 {HEAD} 11"), table.types, table.names, table.special)

    assert shown == {
        "polyline": {
            "1": [
                {"latitude": 42.3519, "longitude": -87.9094},
                {"latitude": 42.352, "longitude": -87.9093},
            ]
        }
    }


@pytest.mark.parametrize(
    ("item", "error"),
    [
        ("01f0", TruncatedError),
        ("01f0 08", TruncatedError),
        (f"01f0 ff 01 {HEAD}", TruncatedError),
        (f"01f0 07 01 {HEAD}", MalformedError),
        (f"01f0 08 00 {HEAD}", MalformedError),  # m24 of tests/vectors/lpp.json
        (f"01f0 08 c8 {HEAD}", MalformedError),
        (f"01f0 08 f0 {HEAD}", MalformedError),
    ],
)
def test_damaged_polyline_is_refused_with_what_was_read_before_it(item: str, error: type[CodecError]) -> None:
    with pytest.raises(error) as caught:
        read("polyline", "03670110" + item)

    assert (caught.value.offset, caught.value.items) == (4, (lpp.Item(3, 103, (272,)),))


def test_special_type_is_unknown_unless_the_profile_has_it() -> None:
    for profile in ("agreed", "signed_power", "rak"):
        with pytest.raises(UnknownTypeError, match="LPP type 240 at byte 1 "):
            read(profile, f"01f0 08 01 {HEAD}")


def test_float_of_rak_keeps_its_bits_beside_its_value() -> None:
    table = PROFILES["rak"]

    items = read("rak", "01f5 3fc00000" + "02f5 7fc00000")
    shown = as_object(items, table.types, table.names, table.special)

    assert items == [lpp.Item(1, 245, (0x3FC00000,)), lpp.Item(2, 245, (0x7FC00000,))]
    assert shown["float"]["1"] == 1.5
    assert math.isnan(shown["float"]["2"])
    with pytest.raises(TruncatedError):
        read("rak", "01f5 3fc000")


@given(st.binary(max_size=40), st.sampled_from(list(PROFILES)), st.sampled_from([240, 245]))
def test_any_bytes_in_any_profile_give_items_that_can_be_shown_or_a_codec_error(
    payload: bytes, profile: str, type_id: int
) -> None:
    table = PROFILES[profile]
    for frame in (payload, bytes((1, type_id)) + payload):
        try:
            items = lpp.decode_dynamic(frame, table.types, readers=table.readers)
        except CodecError as error:
            items = list(error.items)  # type: ignore[arg-type]
        shown = as_object(items, table.types, table.names, table.special)
        assert sum(map(len, shown.values())) <= len(items)
