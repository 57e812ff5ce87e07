"""Which codec or LPP types a device's frames are read with, and what becomes of them."""

from pathlib import Path
from typing import Any

import pytest

from farwire_bridge import decode, times
from farwire_bridge.codec_files import CodecFiles
from farwire_bridge.dialects import Dialects
from farwire_bridge.errors import CodecFileError
from farwire_bridge.settings import Settings
from farwire_codecs import lpp, ports, ts013
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.bridge import events_made, nodes
from tests.bridge.events_made import DEV_EUI, NOW_MS
from tests.bridge.test_settings import NEEDED
from tests.codecs.ts013_published import OURS

LIMITS = times.Limits(late_ms=86_400_000, early_ms=5_000)
COLD_STORE = OURS / "cold-store.js"
CODEC = ts013.load("cold store", COLD_STORE.read_text(encoding="utf-8"))
BY_PROFILE = Dialects({"pump profile": CODEC})
BY_TAG = Dialects({"cold-store": CODEC})
FREEZER = bytes([247, 204, 131, 36, 1])


def decoded(f_port: int, payload: bytes, known: Dialects, **tags: str) -> decode.Decoded:
    event = events_made.up(DEV_EUI, f_port, payload)
    event.device_info.tags.update(tags)
    return decode.decode_uplink(event, nodes.reading(), NOW_MS, LIMITS, 15, known)


def entry_of(f_port: int, payload: bytes, known: Dialects, **tags: str) -> contract.Entry:
    (entry,) = decoded(f_port, payload, known, **tags).entries
    return entry


@pytest.mark.parametrize(("known", "tags"), [(BY_PROFILE, {}), (BY_TAG, {"farwire_codec": "cold-store"})])
def test_a_vendors_frame_becomes_named_values(known: Dialects, tags: dict[str, str]) -> None:
    entry = entry_of(10, FREEZER, known, **tags)

    assert entry.time_ms == NOW_MS
    assert entry.uplink.payload == FREEZER
    assert list(entry.live.named) == [
        contract.NamedReading(name="air.temperature", unit="°C", number=-21.0),
        contract.NamedReading(name="air.relativeHumidity", unit="%", number=65.5),
        contract.NamedReading(name="temperature", unit="°C", number=-21.0),
        contract.NamedReading(name="humidity", unit="%", number=65.5),
        contract.NamedReading(name="battery", unit="V", number=3.6),
        contract.NamedReading(name="door.open", flag=True),
    ]


def test_a_codec_sees_when_the_frame_was_heard() -> None:
    (opening,) = entry_of(11, b"\x00\x3c", BY_PROFILE).live.named

    assert opening.name == "openings.0.at"
    assert opening.text == "2026-05-28T20:25:40.000Z"  # a minute before NOW_MS


@pytest.mark.parametrize(
    ("payload", "reason", "detail"),
    [
        (b"\x01", "ScriptReportedError", "codec cold store: decodeUplink reports: 5 bytes expected, 1 came"),
        (b"", None, ""),
    ],
)
def test_what_a_codec_refuses_is_kept_with_its_words(payload: bytes, reason: str | None, detail: str) -> None:
    entry = entry_of(10, payload, BY_PROFILE)

    assert entry.WhichOneof("body") == ("refused" if reason else "live")
    assert (entry.refused.reason, entry.refused.detail) == (reason or "", detail)
    assert entry.uplink.payload == payload


def test_the_log_line_names_codec_and_warnings() -> None:
    event = decoded(10, bytes([1, 244, 100, 29, 0]), BY_PROFILE)

    assert event.facts == (("codec", "cold store"), ("warnings", "battery is low"))
    assert ("named", 1) in event.counts


def test_other_devices_are_read_by_their_ports() -> None:
    entry = entry_of(ports.LPP_DYNAMIC, b"\x01\x67\x00\xff", BY_TAG)

    assert list(entry.live.readings) == [contract.Reading(channel=1, lpp_type=103, raw=[255])]


@pytest.mark.parametrize(
    ("tag", "value", "expected"),
    [
        ("farwire_codec", "warm-store", "tag farwire_codec is 'warm-store', expected one of cold-store"),
        ("farwire_lpp_profile", "rok", "tag farwire_lpp_profile is 'rok', expected one of agreed"),
        ("farwire_lpp_padded", "yes", "tag farwire_lpp_padded is 'yes', expected one of false, true"),
    ],
)
def test_a_tag_that_names_nothing_known_is_said_so(tag: str, value: str, expected: str) -> None:
    entry = entry_of(1, b"\x01\x67\x00\xff", BY_TAG, **{tag: value})

    assert entry.refused.reason == "UnknownDialectError"
    assert entry.refused.detail.startswith(expected)


@pytest.mark.parametrize(
    ("known", "tags"),
    [(Dialects(lpp_profiles={"pump profile": "rak"}), {}), (Dialects(), {"farwire_lpp_profile": "rak"})],
)
def test_types_of_an_lpp_profile_travel_with_their_names(known: Dialects, tags: dict[str, str]) -> None:
    payload = bytes.fromhex("0367 0110 0412 0005 0614 007b")  # temperature, potassium, dissolved oxygen

    entry = entry_of(ports.LPP_DYNAMIC, payload, known, **tags)

    assert list(entry.live.readings) == [contract.Reading(channel=3, lpp_type=103, raw=[272])]
    assert list(entry.live.named) == [
        contract.NamedReading(name="potassium.4", unit="mg/kg", number=5),
        contract.NamedReading(name="dissolvedOxygen.6", unit="mg/L", number=1.23),
    ]


def test_a_profiles_type_twice_on_one_channel_keeps_both_values() -> None:
    payload = bytes.fromhex("0412 0005 0412 0006")

    entry = entry_of(ports.LPP_DYNAMIC, payload, Dialects(), farwire_lpp_profile="rak")

    assert [(named.name, named.number) for named in entry.live.named] == [
        ("potassium.4", 5),
        ("potassium.4.again2", 6),
    ]


def test_padding_is_left_out_where_the_settings_say_so() -> None:
    payload = b"\x01\x67\x00\xff" + bytes(2)

    assert entry_of(1, payload, Dialects()).WhichOneof("body") == "refused"
    assert len(entry_of(1, payload, Dialects(lpp_padded=frozenset(["pump profile"]))).live.readings) == 1
    assert len(entry_of(1, payload, Dialects(), farwire_lpp_padded="true").live.readings) == 1
    assert lpp.decode_dynamic(payload[:4])[0].raw == (255,)


def loaded(**changes: Any) -> CodecFiles:
    return CodecFiles(Settings(**NEEDED, **changes))


def test_codec_files_of_the_settings_are_loaded_by_name() -> None:
    files = loaded(codecs={"Cold store": COLD_STORE}, lpp_profiles={"p": "rak"}, lpp_padded=("q",))

    try:
        codec = files.dialects.codecs["Cold store"]
        assert codec.name == f"Cold store ({COLD_STORE})"
        assert codec.decode_uplink(FREEZER, 10, NOW_MS).data["temperature"] == -21
        assert files.dialects.lpp_profiles == {"p": "rak"}
        assert files.dialects.lpp_padded == {"q"}
    finally:
        files.close()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("function decodeUplink() {\n  return {data: };\n}", "line 2: SyntaxError"),
        ("function encodeDownlink() {}", "defines no decodeUplink, Decode or Decoder"),
        ("", "defines none of decodeUplink"),
        ("for (;;);", "ran for more than 100 ms"),
    ],
)
def test_a_codec_file_that_does_not_run_stops_the_start_with_file_and_line(
    tmp_path: Path, source: str, message: str
) -> None:
    path = tmp_path / "broken.js"
    path.write_text(source, encoding="utf-8")

    with pytest.raises(CodecFileError, match=message) as caught:
        loaded(codecs={"Broken": path})

    assert str(caught.value).startswith(f"codecs: Broken: {path}")


def test_a_codec_file_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere\.js"):
        loaded(codecs={"Broken": tmp_path / "nowhere.js"})
