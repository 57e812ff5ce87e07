"""Cayenne LPP against the answers that other projects' tests and documents give (tests/vectors/lpp.json)."""

import json
from pathlib import Path
from typing import Any

import pytest
from cayennelpp import LppFrame

from farwire_codecs import lpp
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError, UnknownTypeError
from farwire_codecs.lpp_names import NAMES, as_object
from farwire_codecs.lpp_profiles import PROFILES
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES, to_raw, to_values

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent.parent / "vectors" / "lpp.json").read_text()
)["vectors"]

# Whole frames whose numbers are out of the ordinary. Raw integers are handed on, so they are no errors here.
LEGAL = {"m01": 0, "m13": 2, "m18": 1, "m19": 1, "m21": 1, "m23": 2}  # id: items


def vectors(*kinds: str) -> Any:
    found = [vector for vector in VECTORS if vector["kind"] in kinds]
    return pytest.mark.parametrize("vector", found, ids=[vector["id"] for vector in found])


def expected_items(vector: dict[str, Any]) -> list[lpp.Item]:
    items = []
    for item in vector["expect"]:
        value = item["value"]
        values = tuple(value) if isinstance(value, list) else (value,)
        items.append(lpp.Item(item["channel"], item["type"], to_raw(item["type"], values)))
    return items


@vectors("uplink-dynamic", "conflict")
def test_known_dynamic_frame_decodes_to_its_items(vector: dict[str, Any]) -> None:
    assert lpp.decode_dynamic(bytes.fromhex(vector["hex"])) == expected_items(vector)


@vectors("uplink-dynamic", "conflict")
def test_known_items_encode_to_their_dynamic_frame(vector: dict[str, Any]) -> None:
    assert lpp.encode_dynamic(expected_items(vector)).hex() == vector["hex"]


@vectors("uplink-dynamic", "conflict")
def test_known_dynamic_frame_gives_the_very_numbers_of_its_source(vector: dict[str, Any]) -> None:
    items = lpp.decode_dynamic(bytes.fromhex(vector["hex"]))

    given = [to_values(item.type_id, item.raw) for item in items]
    wanted = [
        item["value"] if isinstance(item["value"], list) else [item["value"]] for item in vector["expect"]
    ]
    assert [list(values) for values in given] == wanted


@vectors("uplink-packed")
def test_known_packed_frame_numbers_its_items_from_one(vector: dict[str, Any]) -> None:
    items = lpp.decode_packed(bytes.fromhex(vector["hex"]))

    assert items == expected_items(vector)
    assert lpp.encode_packed(items).hex() == vector["hex"]


@vectors("malformed", "odd-but-legal")
def test_malformed_frame_is_refused_and_an_odd_one_read(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])

    if vector["id"] in LEGAL:
        assert len(lpp.decode_dynamic(frame)) == LEGAL[vector["id"]]
    else:
        with pytest.raises((TruncatedError, UnknownTypeError)):
            lpp.decode_dynamic(frame)


def test_agreed_types_are_twenty_six() -> None:
    on_air = {type_id for type_id in TYPES if type_id < 256}

    assert len(on_air) == 26
    assert set(NAMES) == set(TYPES)


def test_error_carries_the_items_before_it_and_where_it_stopped() -> None:
    with pytest.raises(UnknownTypeError, match="LPP type 36 at byte 5 ") as caught:
        lpp.decode_dynamic(bytes.fromhex("03670110" + "03240110"))

    assert caught.value.items == (lpp.Item(3, 103, (272,)),)
    assert caught.value.offset == 4


def test_cut_value_is_never_guessed() -> None:
    with pytest.raises(TruncatedError, match="type 103 at byte 1 needs 2 bytes, 1 are left"):
        lpp.decode_dynamic(bytes.fromhex("036701"))


def test_zero_padding_is_left_out_only_on_request() -> None:
    padded = bytes.fromhex("03670110" + "00000000")

    with pytest.raises(TruncatedError):
        lpp.decode_dynamic(padded)
    assert lpp.decode_dynamic(padded, padded=True) == [lpp.Item(3, 103, (272,))]


def test_full_scale_position_has_eleven_bytes() -> None:
    raw = to_raw(FULL_SCALE_GPS, (42.351912, -87.909412, 10.5))

    frame = lpp.encode_gps([lpp.Item(1, FULL_SCALE_GPS, raw)])

    assert frame.hex() == "01" + "02863d28" + "fac29bdc" + "041a"
    assert lpp.decode_gps(frame) == [lpp.Item(1, FULL_SCALE_GPS, (42351912, -87909412, 1050))]
    with pytest.raises(TruncatedError, match="multiple of 11"):
        lpp.decode_gps(frame + b"\x00")


def test_packed_channels_must_be_in_order() -> None:
    with pytest.raises(RangeError, match="channel 3, expected 2"):
        lpp.encode_packed([lpp.Item(1, 104, (1,)), lpp.Item(3, 104, (1,))])


@pytest.mark.parametrize(
    ("item", "error"),
    [
        (lpp.Item(256, 103, (0,)), RangeError),
        (lpp.Item(-1, 103, (0,)), RangeError),
        (lpp.Item(0, 103, (32768,)), RangeError),
        (lpp.Item(0, 103, (-32769,)), RangeError),
        (lpp.Item(0, 103, (1.5,)), RangeError),
        (lpp.Item(0, 104, (-1,)), RangeError),
        (lpp.Item(0, 113, (0, 0)), MalformedError),
        (lpp.Item(0, 122, (0,)), UnknownTypeError),
        (lpp.Item(0, FULL_SCALE_GPS, (0, 0, 0)), RangeError),
    ],
)
def test_item_that_no_frame_can_carry_is_refused(item: lpp.Item, error: type[CodecError]) -> None:
    with pytest.raises(error):
        lpp.encode_dynamic([item])


def test_object_is_what_chirpstack_shows() -> None:
    items = lpp.decode_dynamic(
        bytes.fromhex(
            "03670110" + "05670111" + "016704d2" + "018806765ff2960a0003e8" + "028500000001" + "07870a0b0c"
        )
    )

    assert as_object(items) == {
        "temperatureSensor": {"3": 27.2, "5": 27.3, "1": 123.4},
        "gpsLocation": {"1": {"latitude": 42.3519, "longitude": -87.9094, "altitude": 10.0}},
        "unix_time": {"2": 1},
        "color": {"7": {"r": 10, "g": 11, "b": 12}},
    }


def test_object_keeps_the_last_of_two_as_chirpstack_does() -> None:
    items = lpp.decode_dynamic(bytes.fromhex("0367011003670111"))

    assert as_object(items) == {"temperatureSensor": {"3": 27.3}}


@pytest.mark.parametrize("type_id", [type_id for type_id in TYPES if type_id < 256])
def test_pycayennelpp_reads_the_same_numbers(type_id: int) -> None:
    for end in (0, 1):
        raw = tuple((axis.low, axis.high)[end] for axis in TYPES[type_id].axes)
        frame = lpp.encode_dynamic([lpp.Item(9, type_id, raw)])

        (theirs,) = LppFrame.from_bytes(frame).data

        assert (theirs.channel, int(theirs.type)) == (9, type_id)
        given = theirs.value
        if type_id == 133:  # a datetime there
            given = (given[0].timestamp(),) if hasattr(given[0], "timestamp") else given
        assert tuple(given) == pytest.approx(to_values(type_id, raw))


def test_profiles_read_the_clashing_ids_their_own_way() -> None:
    def read(profile: str, frame: str) -> Any:
        table = PROFILES[profile]
        return as_object(lpp.decode_dynamic(bytes.fromhex(frame), table.types), table.types, table.names)

    assert read("agreed", "0174ff38") == {"voltage": {"1": 653.36}}
    assert read("signed_power", "0174ff38") == {"voltage": {"1": -2.0}}
    assert read("rak", "018a01f4") == {"vocIndex": {"1": 500}}
    assert read("cayenne_lpp_plus", "018a41") == {"soilMoisture": {"1": 32.5}}
    assert read("rak", "0189" + "02863d28" + "fac29bdc" + "00041a") == {
        "preciseGpsLocation": {"1": {"latitude": 42.351912, "longitude": -87.909412, "altitude": 10.5}}
    }
    assert read("cayenne_lpp_plus", "0189" + "06765f" + "f2960a" + "0003e8" + "07" + "0010" + "00000001") == {
        "extendedGpsLocation": {
            "1": {
                "latitude": 42.3519,
                "longitude": -87.9094,
                "altitude": 10.0,
                "satellites": 7,
                "speed": 16,
                "time": 1,
            }
        }
    }
    assert read("pycayennelpp", "017afff830") == {"load": {"1": -2.0}}
    assert read("tilt", "01c8000001ffffff002710") == {"tilt": {"1": {"x": 0.0001, "y": -0.0001, "z": 1.0}}}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_every_type_of_a_profile_has_a_name_for_each_axis(profile: Any) -> None:
    assert set(profile.types) == set(profile.names)
    for type_id, found in profile.types.items():
        assert len(profile.names[type_id].axes) in ({0, 1} if len(found.axes) == 1 else {len(found.axes)})
