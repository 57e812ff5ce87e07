"""MQTT payloads of ChirpStack's integration -> `chirpstack_api.integration` messages, JSON or protobuf.

The encoding is told by each message's first byte: JSON begins with "{", which no protobuf message can begin
with (0x7b would be a group, a wire type that proto3 has not). JSON fields that are left out have their
default, and unknown ones are ignored, so that a newer ChirpStack does no harm.
"""

import base64
import binascii
import json
import re
from typing import Any

from chirpstack_api import integration
from google.protobuf import json_format
from google.protobuf.message import DecodeError

from farwire_bridge.errors import MalformedEventError

KINDS: dict[str, Any] = {
    "up": integration.UplinkEvent,
    "join": integration.JoinEvent,
    "ack": integration.AckEvent,
    "txack": integration.TxAckEvent,
    "log": integration.LogEvent,
    "status": integration.StatusEvent,
}
"""The events that carry something for us (integration.proto, ChirpStack 4.20); others are ignored."""

LONGEST_FRAME = 255
"""Bytes; the length of a LoRa payload is one byte, so no event can truly carry more."""

LARGEST_DATA_RATE = 15
"""A data rate has four bits (LinkADRReq, LoRaWAN 1.0.3 §5.2)."""

LONGEST_EVENT = 262_144
"""Bytes; 256 gateways with all their metadata make about 100,000 in JSON."""

_IDENTITY = re.compile(r"[0-9A-Za-z-]{1,64}")  # a UUID as a rule; anything that can be a key is good
_DEV_ADDR = re.compile(r"[0-9a-f]{8}")


def parse(kind: str, dev_eui: str, payload: bytes) -> Any:
    """Return the message of an event (one of KINDS) of a device; raises MalformedEventError."""
    if len(payload) > LONGEST_EVENT:
        raise MalformedEventError(f"{kind} event has {len(payload)} bytes, expected at most {LONGEST_EVENT}")
    message = KINDS[kind]()
    try:
        if payload[:1] == b"{":
            json_format.ParseDict(_document(payload), message, ignore_unknown_fields=True)
        else:
            message.ParseFromString(payload)
            if kind == "up":
                message.ClearField("object")  # as _document does
    except (json_format.ParseError, DecodeError, ValueError, TypeError, RecursionError) as error:
        raise MalformedEventError(f"{kind} event cannot be parsed: {str(error)[:300]}") from error
    claimed = message.device_info.dev_eui
    if claimed != dev_eui:
        raise MalformedEventError(f"{kind} event is of device {claimed[:40]!r}, its topic of {dev_eui}")
    if kind in ("up", "join"):
        _check_session(kind, message)
    if kind == "up":
        _check_uplink(message)
    return message


def _document(payload: bytes) -> dict[str, Any]:
    document = json.loads(payload)
    document.pop("object", None)  # ChirpStack's own decoding, of any shape; ours is from the data
    data = document.get("data")
    if isinstance(data, str):
        try:
            base64.b64decode(data, validate=True)  # the protobuf mapping skips what is no base64
        except binascii.Error as error:
            raise ValueError(f"data is not base64: {error}") from error
    return dict(document)


def _check_session(kind: str, event: Any) -> None:
    if not _IDENTITY.fullmatch(event.deduplication_id):
        raise MalformedEventError(
            f"{kind} event has deduplicationId {event.deduplication_id[:40]!r}, expected a UUID"
        )
    if not _DEV_ADDR.fullmatch(event.dev_addr):
        raise MalformedEventError(
            f"{kind} event has devAddr {event.dev_addr[:40]!r}, expected 8 lower-case hex digits"
        )


def _check_uplink(event: Any) -> None:
    if event.dr > LARGEST_DATA_RATE:
        raise MalformedEventError(f"up event has dr {event.dr}, expected 0 to {LARGEST_DATA_RATE}")
    if event.f_port > 255:
        raise MalformedEventError(f"up event has fPort {event.f_port}, expected 0 to 255")
    if len(event.data) > LONGEST_FRAME:
        raise MalformedEventError(
            f"up event has {len(event.data)} bytes of data, expected at most {LONGEST_FRAME}"
        )
