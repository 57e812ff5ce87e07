"""The Buffer that codec files find does what Node.js documents, held beside CPython's own bytes."""

import base64
import json
import math
import struct
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farwire_codecs import ts013
from farwire_codecs.ts013_errors import ScriptThrewError

EVAL = ts013.load(
    "buffer",
    "function decodeUplink(i) { const b = Buffer.from(i.bytes); return {data: {is: b.toString('hex')}}; }"
    "function normalizeUplink(i) { return {data: {is: (0, eval)(i.data)}}; }",
)
NUMBERS = {
    "UInt8": "B",
    "Int8": "b",
    "UInt16BE": ">H",
    "UInt16LE": "<H",
    "Int16BE": ">h",
    "Int16LE": "<h",
    "UInt32BE": ">I",
    "UInt32LE": "<I",
    "Int32BE": ">i",
    "Int32LE": "<i",
    "FloatBE": ">f",
    "FloatLE": "<f",
    "DoubleBE": ">d",
    "DoubleLE": "<d",
}


def value_of(expression: str) -> Any:
    """Return what a JavaScript expression is worth, in a file that names Buffer."""
    return EVAL.normalize_uplink(expression).data["is"]


@given(st.binary(max_size=40))
def test_bytes_become_text_and_come_back(content: bytes) -> None:
    made = f"Buffer.from({list(content)})"

    texts = value_of(f"[{made}.toString('hex'), {made}.toString('base64'), {made}.toString('latin1')]")

    assert texts == [content.hex(), base64.b64encode(content).decode(), content.decode("latin1")]
    for text, encoding in zip(texts, ("hex", "base64", "latin1"), strict=True):
        assert value_of(f"Array.from(Buffer.from({json.dumps(text)}, '{encoding}'))") == list(content)


@given(st.text(max_size=20))
def test_text_is_utf8(text: str) -> None:
    shown = json.dumps(text)

    assert value_of(f"Array.from(Buffer.from({shown}))") == list(text.encode())
    assert value_of(f"Buffer.from({shown}).toString()") == text
    assert value_of(f"Buffer.byteLength({shown})") == len(text.encode())


@pytest.mark.parametrize("name", NUMBERS)
@given(content=st.binary(min_size=10, max_size=10), at=st.integers(0, 2))
@example(content=b"\x00\x00[\x00\x00\x00\x00\x00\x00\x00", at=2)  # 2^55: JavaScript writes 36028797018963970
def test_numbers_are_read_and_written_as_their_names_say(name: str, content: bytes, at: int) -> None:
    size = struct.calcsize(NUMBERS[name])
    (number,) = struct.unpack_from(NUMBERS[name], content, at)
    made = f"Buffer.from({list(content)})"

    read = value_of(f"{made}.read{name}({at})")

    if not math.isfinite(number):
        assert read is None  # JSON has no such number
        return
    assert read == number
    written = value_of(
        f"(() => {{ const b = Buffer.alloc({size}); b.write{name}({number!r}); return b.toJSON().data }})()"
    )
    assert bytes(written) == content[at : at + size]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("Buffer.from([1, 2, 3, 4, 5, 6]).readUIntBE(1, 3)", 0x020304),
        ("Buffer.from([1, 2, 3, 4, 5, 6]).readUIntLE(1, 3)", 0x040302),
        ("Buffer.from([255, 255, 254]).readIntBE(0, 3)", -2),
        ("Buffer.from('ff', 'hex').readUint8()", 255),
        ("new Buffer([1, 2]).length", 2),
        ("new Buffer('0102', 'hex').length", 2),
        ("Buffer.concat([Buffer.from([1]), Buffer.from([2, 3])]).toString('hex')", "010203"),
        ("(() => { const b = Buffer.from([1, 2, 3]); b.slice(1).writeUInt8(9); return b[1] })()", 9),
        ("Buffer.isBuffer(Buffer.alloc(1)) && !Buffer.isBuffer(new Uint8Array(1))", True),
        ("Buffer.from([1, 2]).equals(Buffer.from(Buffer.from([1, 2])))", True),
        ("Buffer.from([0xff, 65]).toString()", "\ufffdA"),
        ("JSON.stringify(Buffer.from([1]))", '{"type":"Buffer","data":[1]}'),
        ("Buffer.from([200, 1]).toString('ascii')", "H\x01"),
        ("Buffer.from('a_-b', 'base64url').toString('hex')", "6bff9b"),
    ],
)
def test_what_published_files_do_with_a_buffer_works(expression: str, expected: object) -> None:
    assert value_of(expression) == expected


def test_reading_beyond_the_end_throws() -> None:
    with pytest.raises(ScriptThrewError, match="RangeError: no 2 bytes at 1 of 2"):
        value_of("Buffer.from([1, 2]).readUInt16BE(1)")
