"""Vendors' codec files (TS013) on the command line: one frame, one downlink, or the publisher's examples."""

import importlib.util
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from farwire.codec import yaml_text
from farwire.errors import CodecInputError

if TYPE_CHECKING:
    from farwire_codecs.ts013 import Codec

FRAME = "vendor"


def load(path: Path) -> "Codec":
    """Return the codec of a file; raises CodecInputError, and CodecError for one that is no codec."""
    if importlib.util.find_spec("quickjs") is None:
        raise CodecInputError("--vendor needs quickjs-ng, which `pip install farwire[bridge]` brings")
    from farwire_codecs import ts013  # noqa: PLC0415 (only --vendor needs the engine)

    return ts013.load(path.name, read_text(path))


def decode(codec: "Codec", f_port: int, payload: bytes, down: bool) -> dict[str, Any]:
    """Return a frame as JSON: what the file returned, and for an uplink the readings that the bridge makes of
    it."""
    from farwire_codecs import ts013_readings  # noqa: PLC0415

    head = {"port": f_port, "frame": FRAME}
    if down:
        found = codec.decode_downlink(payload, f_port)
        return head | {"data": found.data, "warnings": list(found.warnings)}
    now_ms = time.time_ns() // 1_000_000
    data = codec.decode_uplink(payload, f_port, now_ms).data
    made = ts013_readings.of_uplink(codec, payload, f_port, now_ms)
    readings = [{"name": each.name, "unit": each.unit, "value": each.value} for each in made.readings]
    return head | {"data": data, "readings": readings, "warnings": list(made.warnings)}


def encode(codec: "Codec", message: Any, f_port: int | None) -> tuple[int, list[bytes]]:
    """Return FPort and frame of what the file's encodeDownlink takes, or of what `decode` returned."""
    if isinstance(message, dict) and message.get("frame") == FRAME:
        f_port = f_port or message.get("port")
        message = message.get("data")
    made = codec.encode_downlink(message, f_port)
    if made.f_port is None:
        raise CodecInputError(f"codec {codec.name} names no port, expected --port")
    return made.f_port, [made.payload]


def check(codec: "Codec", path: Path) -> tuple[list[str], bool]:
    """Return lines on the examples in a file, and whether all are fulfilled."""
    from farwire_codecs import ts013_examples  # noqa: PLC0415

    text = read_text(path)
    try:
        document = yaml_text.read(text) if path.suffix in (".yaml", ".yml") else json.loads(text)
        examples = ts013_examples.examples_of(document)
    except ValueError as error:
        raise CodecInputError(f"{path}: {error}; expected a publisher's examples") from error
    if not examples:
        raise CodecInputError(f"{path} has no examples")
    report = ts013_examples.check_examples(codec, examples)
    lines = [
        f"{failure.example.function} {failure.example.description!r}: {failure.cause}"
        for failure in report.failures
    ]
    return [*lines, f"{report.passed} of {len(examples)} examples fulfilled"], not report.failures


def read_text(path: Path) -> str:
    """Return a file's text; raises CodecInputError."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError) as error:
        raise CodecInputError(f"{path} cannot be read: {error}") from error
