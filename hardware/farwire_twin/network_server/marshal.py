"""Integration messages as bytes: JSON exactly as ChirpStack 4 writes it, or protobuf.

ChirpStack generates its JSON with pbjson [chirpstack api/rust/build.rs]: messages of package `integration`
emit every scalar, list and map even when it has its default value; messages of `gw` and `common` omit
defaults. An absent message is omitted in both. Names are lowerCamelCase, bytes base64, 64-bit integers
strings, times RFC 3339 with 0, 3, 6 or 9 digits and `+00:00`.
"""

import json
import struct
from base64 import b64encode
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, Message

from farwire_twin.network_server.errors import RefusedError

EMITS_DEFAULTS = "integration"  # the package whose messages do
_STRINGS = (FieldDescriptor.CPPTYPE_INT64, FieldDescriptor.CPPTYPE_UINT64)


def to_bytes(message: Message, marshaler: str) -> bytes:
    """The message as `marshaler` ("json" or "protobuf") publishes it."""
    if marshaler == "protobuf":
        return bytes(message.SerializeToString())
    return json.dumps(to_dict(message), separators=(",", ":"), ensure_ascii=False).encode()


def from_bytes(payload: bytes, message: Message, marshaler: str) -> None:
    """Fill `message`; RefusedError when `payload` is none. Unknown JSON fields are ignored (pbjson too)."""
    try:
        if marshaler == "protobuf":
            message.ParseFromString(payload)
        else:
            values = json.loads(payload)
            if not isinstance(values, dict):
                raise RefusedError("malformed message", error="expected a JSON object")
            json_format.ParseDict(values, message, ignore_unknown_fields=True)
    except (DecodeError, json_format.ParseError, ValueError, RecursionError) as error:
        raise RefusedError("malformed message", error=str(error)[:200]) from error


def to_dict(message: Message) -> dict[str, Any]:
    """The message as JSON's values."""
    descriptor = message.DESCRIPTOR
    emit = descriptor.file.package == EMITS_DEFAULTS
    result: dict[str, Any] = {}
    for field in descriptor.fields:
        value = getattr(message, field.name)
        if _is_map(field):
            if emit or value:
                result[field.json_name] = dict(sorted(value.items()))
        elif field.is_repeated:
            if emit or value:
                result[field.json_name] = [_value(field, item) for item in value]
        elif field.has_presence:
            if message.HasField(field.name):
                result[field.json_name] = _value(field, value)
        elif emit or value != field.default_value:
            result[field.json_name] = _value(field, value)
    return result


def _is_map(field: Any) -> bool:
    entry = field.message_type
    return entry is not None and bool(entry.GetOptions().map_entry)


def _value(field: Any, value: Any) -> Any:  # noqa: PLR0911 - one line a kind of field
    if field.message_type is not None:
        return _message(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known is not None else value
    if field.type == FieldDescriptor.TYPE_BYTES:
        return b64encode(value).decode()
    if field.cpp_type == FieldDescriptor.CPPTYPE_FLOAT:
        return shortest_float32(value)
    return str(value) if field.cpp_type in _STRINGS else value


def _message(value: Message) -> Any:
    name = value.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        return str(json_format.MessageToDict(value)).replace("Z", "+00:00")
    if name.startswith("google.protobuf."):
        return json_format.MessageToDict(value)
    return to_dict(value)


def shortest_float32(value: float) -> float:
    """The number with the fewest digits that is still this 32-bit float (9.2, not 9.199999809265137)."""
    for digits in range(6, 9):
        short = float(f"{value:.{digits}g}")
        if struct.pack("<f", short) == struct.pack("<f", value):
            return short
    return value
