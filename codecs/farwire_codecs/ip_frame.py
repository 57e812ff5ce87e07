"""What a node and the bridge say to each other where there is no radio: frames of an FPort inside MQTT
messages or HTTP bodies, with what LoRaWAN's headers and the network server would have told besides.

Session and counter name a frame for good: one that was sent twice has them twice, and counts once.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, RangeError

LONGEST_PAYLOAD = 1_000  # bytes: with TLS, MQTT or HTTP around them still one TCP segment
LONGEST_UP = 20 + LONGEST_PAYLOAD
LONGEST_DOWN = 6 + LONGEST_PAYLOAD
NOTHING = 0  # as a port: no frame, the node only asks what there is for it

UpFrame = namedtuple("UpFrame", ("session", "counter", "heard", "port", "payload", "utc_ms", "age_ms"))
"""`session` u32, drawn at random when the node starts; `counter` u32, grows with every frame; `heard` u32,
the tag of the last downlink that came, 0: none; `port` 1 to 223, or NOTHING. When the payload was made, which
is what the ages in it count to: `utc_ms` (48 bits), or None where the node does not know the time; then
`age_ms` (u32) is the time from there to when this copy was sent, else 0."""

DownFrame = namedtuple("DownFrame", ("tag", "port", "payload"))
"""`tag` u32 from 1 on, another for each downlink, so that one that came twice counts once."""

_HAS_UTC = 0x01
_LAST_PORT = 223


def encode_up(frame: UpFrame) -> bytes:
    """Return the bytes: 18 or 20, and the payload; raises RangeError."""
    out = bytearray((fields.header(0 if frame.utc_ms is None else _HAS_UTC),))
    fields.put_unsigned(out, "session", frame.session, 4)
    fields.put_unsigned(out, "counter", frame.counter, 4)
    fields.put_unsigned(out, "heard", frame.heard, 4)
    if frame.utc_ms is None:
        fields.put_unsigned(out, "age_ms", frame.age_ms, 4)
    else:
        fields.put_unsigned(out, "utc_ms", frame.utc_ms, 6)
    _put_payload(out, frame.port, frame.payload, NOTHING)
    return bytes(out)


def decode_up(data: bytes) -> UpFrame:
    """Return the frame; raises CodecError."""
    cursor = fields.Cursor("IP uplink", data)
    flags = cursor.header(_HAS_UTC)
    session = cursor.unsigned("session", 4)
    counter = cursor.unsigned("counter", 4)
    heard = cursor.unsigned("heard", 4)
    utc_ms, age_ms = None, 0
    if flags & _HAS_UTC:
        utc_ms = cursor.unsigned("utc_ms", 6)
    else:
        age_ms = cursor.unsigned("age_ms", 4)
    port, payload = _payload(cursor, NOTHING)
    return UpFrame(session, counter, heard, port, payload, utc_ms, age_ms)


def encode_down(frame: DownFrame) -> bytes:
    """Return the bytes: 6 and the payload; raises RangeError."""
    fields.checked("tag", frame.tag, 1, fields.MAXIMUM_U32)
    out = bytearray((fields.header(0),))
    fields.put_unsigned(out, "tag", frame.tag, 4)
    _put_payload(out, frame.port, frame.payload, 1)
    return bytes(out)


def decode_down(data: bytes) -> DownFrame:
    """Return the frame; raises CodecError."""
    cursor = fields.Cursor("IP downlink", data)
    cursor.header(0)
    tag = cursor.unsigned("tag", 4)
    if not tag:
        raise MalformedError("IP downlink has tag 0, expected 1 or more")
    port, payload = _payload(cursor, 1)
    return DownFrame(tag, port, payload)


def encode_several(frames: "list[bytes]") -> bytes:
    """Return encoded frames as an HTTP body: each after its length in two bytes."""
    out = bytearray()
    for frame in frames:
        fields.put_unsigned(out, "length", len(frame), 2)
        out.extend(frame)
    return bytes(out)


def decode_several(body: bytes) -> "list[bytes]":
    """Return the encoded frames of an HTTP body; raises TruncatedError."""
    cursor = fields.Cursor("HTTP body", body)
    frames = []
    while cursor.position < len(body):
        frames.append(cursor.chunk("frame", cursor.unsigned("length", 2)))
    return frames


def _put_payload(out: bytearray, port: int, payload: bytes, first_port: int) -> None:
    fields.checked("port", port, first_port, _LAST_PORT)
    fields.checked("length of the payload", len(payload), 0, LONGEST_PAYLOAD)
    if port == NOTHING and payload:
        raise RangeError(f"port is {NOTHING} with {len(payload)} bytes, expected none")
    out.append(port)
    out.extend(payload)


def _payload(cursor: fields.Cursor, first_port: int) -> "tuple[int, bytes]":
    """Return (port, payload), which is all that is left."""
    port = cursor.unsigned("port", 1)
    payload = cursor.chunk("payload", len(cursor.payload) - cursor.position)
    if not first_port <= port <= _LAST_PORT or (port == NOTHING and payload):
        raise MalformedError(f"{cursor.frame} has port {port} with {len(payload)} bytes")
    if len(payload) > LONGEST_PAYLOAD:
        raise MalformedError(f"{cursor.frame} has {len(payload)} bytes, expected at most {LONGEST_PAYLOAD}")
    return port, payload
