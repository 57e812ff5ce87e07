"""What a vendor's codec file is given, and what it gives."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import ts013
from farwire_codecs.errors import CodecError
from farwire_codecs.ts013 import Codec, Encoded, Engine, InThisThread
from farwire_codecs.ts013_errors import (
    ScriptFileError,
    ScriptOutputError,
    ScriptReportedError,
    ScriptThrewError,
)
from farwire_codecs.ts013_process import ScriptProcess
from tests.codecs.ts013_published import OURS

NOON_MS = 1_780_315_200_000  # 2026-06-01T12:00:00Z
COLD_STORE = (OURS / "cold-store.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["in this thread", "in a process"])
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    if request.param == "in this thread":
        yield InThisThread()
        return
    process = ScriptProcess()
    yield process
    process.close()


def decoding(body: str, engine: Engine | None = None) -> Codec:
    return ts013.load("probe", f"function decodeUplink(input) {{ {body} }}", engine=engine)


def test_decode_uplink_gets_bytes_port_and_time_of_receipt(engine: Engine) -> None:
    codec = decoding(
        "return {data: {array: Array.isArray(input.bytes), bytes: input.bytes, port: input.fPort,"
        " date: input.recvTime instanceof Date, at: input.recvTime, variables: input.variables}}",
        engine,
    )

    decoded = codec.decode_uplink(b"\x00\xff", 7, NOON_MS)

    assert decoded.data == {
        "array": True,
        "bytes": [0, 255],
        "port": 7,
        "date": True,
        "at": "2026-06-01T12:00:00.000Z",
        "variables": {},
    }


def test_a_file_says_which_functions_it_has(engine: Engine) -> None:
    codec = ts013.load("cold store", COLD_STORE, engine=engine)

    assert codec.functions == ("decodeUplink", "normalizeUplink", "decodeDownlink", "encodeDownlink")


@pytest.mark.parametrize(
    "source",
    [
        "function Decode(fPort, bytes, variables) { return {sum: fPort + bytes[0]}; }",
        "function Decoder(bytes, port) { return {sum: port + bytes[0]}; }",
        "const decodeUplink = ({fPort, bytes}) => ({data: {sum: fPort + bytes[0]}});",
        "exports.decodeUplink = (i) => ({data: {sum: i.fPort + i.bytes[0]}});",
        "module.exports = {decodeUplink: (i) => ({data: {sum: i.fPort + i.bytes[0]}})};",
        "var driver = {decodeUplink: (i) => ({data: {sum: i.fPort + i.bytes[0]}})};",
    ],
)
def test_older_and_other_forms_of_a_decoder_are_called_as_their_platforms_did(source: str) -> None:
    assert ts013.load("old", source).decode_uplink(b"\x03", 4, 0).data == {"sum": 7}


@pytest.mark.parametrize(
    "source",
    [
        "function Encode(fPort, obj, variables) { return [fPort, obj.on]; }",
        "function Encoder(obj, port) { return [port, obj.on]; }",
        "function encodeDownlink(input) { return {bytes: new Uint8Array([input.fPort, input.data.on])}; }",
    ],
)
def test_older_forms_of_an_encoder_are_called_as_their_platforms_did(source: str) -> None:
    assert ts013.load("old", source).encode_downlink({"on": 1}, 9) == Encoded(b"\x09\x01", 9)


def test_a_command_becomes_a_frame_and_a_frame_a_command(engine: Engine) -> None:
    codec = ts013.load("cold store", COLD_STORE, engine=engine)

    encoded = codec.encode_downlink({"interval_minutes": 300})

    assert encoded == Encoded(b"\x01\x2c", 20)
    assert codec.decode_downlink(encoded.payload, 20).data == {"interval_minutes": 300}


def test_errors_that_a_codec_reports_are_an_error_with_its_words(engine: Engine) -> None:
    codec = ts013.load("cold store", COLD_STORE, engine=engine)

    with pytest.raises(ScriptReportedError, match="codec cold store: decodeUplink reports: unknown FPort 99"):
        codec.decode_uplink(b"", 99, NOON_MS)


def test_warnings_come_with_the_data(engine: Engine) -> None:
    codec = ts013.load("cold store", COLD_STORE, engine=engine)

    assert codec.decode_uplink(bytes([0, 0, 0, 29, 0]), 10, NOON_MS).warnings == ("battery is low",)


def test_an_exception_names_the_codec_and_the_line(engine: Engine) -> None:
    source = "function decodeUplink(input) {\n  return {\n    data: input.missing.field,\n  };\n}"

    with pytest.raises(ScriptThrewError, match="codec probe: decodeUplink threw in line 3: TypeError"):
        ts013.load("probe", source, engine=engine).decode_uplink(b"", 1, 0)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("\n\nfunction decodeUplink( {", "codec probe line 3: SyntaxError"),
        ("var a = 1;\nmissing();", "codec probe line 2: ReferenceError: missing is not defined"),
        ("function other() {}", "defines none of decodeUplink"),
        ("decodeUplink = 5", "defines none of decodeUplink"),
        ("", "defines none of decodeUplink"),
        ("a\0b", "has a NUL character"),
        ("//" + "x" * 1_100_000, "has 1100002 characters"),
    ],
)
def test_a_file_that_is_no_codec_is_refused_when_it_is_loaded(
    source: str, message: str, engine: Engine
) -> None:
    with pytest.raises(ScriptFileError, match=message):
        ts013.load("probe", source, engine=engine)


def test_a_function_that_a_file_lacks_cannot_be_called() -> None:
    with pytest.raises(ScriptFileError, match="codec probe defines no encodeDownlink"):
        decoding("return {data: {}}").encode_downlink({})


def test_what_a_call_leaves_behind_does_not_reach_the_next_one(engine: Engine) -> None:
    source = (
        "var count = 0; function decodeUplink() { count += 1; globalThis.more = (globalThis.more || 0) + 1;"
    )
    codec = ts013.load("probe", source + " return {data: {count: count, more: more}}; }", engine=engine)

    answers = [codec.decode_uplink(b"", 1, 0).data for _ in range(3)]

    assert answers == [{"count": 1, "more": 1}] * 3


def test_values_without_json_are_left_out_or_translated(engine: Engine) -> None:
    codec = decoding(
        "return {data: {nan: NaN, inf: -Infinity, none: undefined, f: decodeUplink, big: 12n,"
        " list: new Uint8Array([1, 2]), half: '\\ud800', whole: '\\ud83d\\ude00', "
        " huge: JSON.rawJSON('1e999')}}",
        engine,
    )

    assert codec.decode_uplink(b"", 1, 0).data == {
        "nan": None,
        "inf": None,
        "big": 12,
        "list": [1, 2],
        "half": "?",
        "whole": "\U0001f600",
        "huge": None,
    }


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("return 5", "returned 5, expected an object"),
        ("return null", "returned None, expected an object"),
        ("", "returned None, expected an object"),
        ("return {}", "returned data None, expected an object"),
        ("return {data: 'warm'}", "returned data 'warm', expected an object"),
        (
            "return {data: {x: 'y'.repeat(100000)}}",
            "returned 1000.. characters of JSON, expected at most 65536",
        ),
        ("let x = []; for (let i = 0; i < 40; i++) x = [x]; return {data: {x}}", "nested too deep"),
        ("Object.prototype.toJSON = () => 5; return {data: {}}", "changed how objects become JSON"),
    ],
)
def test_an_output_that_is_none_is_refused(body: str, message: str, engine: Engine) -> None:
    with pytest.raises(ScriptOutputError, match=message):
        decoding(body, engine).decode_uplink(b"", 1, 0)


@pytest.mark.parametrize(
    "output",
    [
        "bytes: 'ff'",
        "bytes: [256]",
        "bytes: [-1]",
        "bytes: [1.5]",
        "bytes: new Array(243).fill(0)",
        "bytes: [1], fPort: 0",
        "bytes: [1], fPort: 224",
        "bytes: [1], fPort: '2'",
        "fPort: 1",
    ],
)
def test_a_downlink_that_no_frame_can_carry_is_refused(output: str) -> None:
    codec = ts013.load("probe", f"function encodeDownlink() {{ return {{{output}}}; }}")

    with pytest.raises(ScriptOutputError, match="codec probe: encodeDownlink returned"):
        codec.encode_downlink({})


def test_a_console_is_there_and_says_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    codec = decoding("console.log('a'); console.error('b'); return {data: {ok: true}}")

    assert codec.decode_uplink(b"", 1, 0).data == {"ok": True}
    assert capfd.readouterr() == ("", "")


def test_a_long_text_put_together_of_many_arrives_whole(engine: Engine) -> None:
    codec = decoding("let t = ''; for (let i = 0; i < 3000; i++) t += `${i},`; return {data: {t}}", engine)

    assert codec.decode_uplink(b"", 1, 0).data["t"] == "".join(f"{i}," for i in range(3000))


@given(payload=st.binary(max_size=242), f_port=st.integers(0, 255), time_ms=st.integers(0, 2**43))
def test_any_frame_gives_data_or_our_error(payload: bytes, f_port: int, time_ms: int) -> None:
    codec = ts013.load("cold store", COLD_STORE)

    try:
        data = codec.decode_uplink(payload, f_port, time_ms).data
    except CodecError:
        return

    assert f_port in (10, 11)
    assert isinstance(data, dict)


@given(source=st.text(alphabet="function decodeUplink(i){ return[]};=>.'\"0123\n", max_size=200))
def test_any_text_is_a_codec_or_our_error(source: str) -> None:
    try:
        loaded = ts013.load("probe", source)
    except CodecError:
        return

    assert loaded.functions
