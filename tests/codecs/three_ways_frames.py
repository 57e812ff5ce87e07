"""The frames of test_three_ways.py: of every kind and port, whole and damaged."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from farwire_codecs import base as base_codec
from farwire_codecs import batch, ports, schema_table
from farwire_codecs.base import Base
from farwire_codecs.batch_layout import CARRIED, INLINE_SCHEMA, OFF_GRID, ONE_CHANNEL
from farwire_codecs.errors import RangeError
from farwire_codecs.schema import Schema
from tests.codecs import javascript_frames, javascript_histories
from tests.codecs.both_sides import Source

BATCHES_ON_A_BASE = 3

_PERIODS = {
    ports.LPP_DEVICE_PERIOD: "LPP device period",
    ports.LPP_SENSOR_PERIOD: "LPP sensor period",
    ports.LPP_SENSOR_ENABLE: "LPP sensor enable",
}
_UP = _PERIODS | {
    ports.LPP_DYNAMIC: "LPP dynamic",
    ports.LPP_PACKED: "LPP packed",
    ports.LPP_GPS: "LPP GPS",
    ports.ALARM: "alarm",
    ports.STATE: "state report",
    ports.COMMAND_ANSWER: "command answer",
    ports.LOG: "log piece",
}
_UP |= dict.fromkeys(range(ports.LPP_HISTORY_FIRST, ports.LPP_HISTORY_LAST + 1), "LPP history")
_DOWN = _PERIODS | {
    ports.LPP_ACTUATORS: "LPP actuators",
    ports.ACKNOWLEDGEMENT: "acknowledgement",
    ports.COMMAND: "command",
    ports.CONFIGURATION: "configuration piece",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the receiver of a history batch holds."""

    schema: Schema
    base: Base | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame, its kind by name, and whether it is as an encoder wrote it."""

    kind: str
    whole: bool
    down: bool
    f_port: int
    payload: bytes
    known: Known | None = None

    def __str__(self) -> str:
        text = (
            f"{self.kind}, FPort {self.f_port}, {'whole' if self.whole else 'damaged'}: {self.payload.hex()}"
        )
        return text if self.known is None else f"{text} by {self.known.schema}"


def small(source: Source, ups: int, downs: int) -> Iterator[Frame]:
    """Yield so many frames of every kind but history batches, every second one damaged."""
    for down, count, frames, kinds in (
        (False, ups, javascript_frames.uplinks(source, 2 * ups), _UP),
        (True, downs, javascript_frames.downlinks(source, 2 * downs), _DOWN),
    ):
        on_our_ports = ((n, frame) for n, frame in enumerate(frames) if frame[0] in kinds)
        for index, (f_port, payload) in islice(on_our_ports, count):
            kind = f"{kinds[f_port]}, {'down' if down else 'up'}"
            yield Frame(kind, index % 2 == 0, down, f_port, payload)


def histories(source: Source, count: int) -> Iterator[Frame]:
    """Yield so many history batches, every second one damaged; one in six builds on a base."""
    while count > 0:
        batches = [_alone(source) for _ in range(5 * BATCHES_ON_A_BASE)] + _carried(source)
        for known, payload in batches[: (count + 1) // 2]:
            kind = f"history, {_form_of(known, payload)}"
            damaged = _damaged(source, payload)
            yield Frame(kind, True, False, ports.HISTORY, payload, known)
            yield Frame(kind, False, False, ports.HISTORY, damaged, known)
            count -= 2


def _damaged(source: Any, payload: bytes) -> bytes:
    """Return the batch damaged anywhere, or in the last bytes of its code: that is read more often."""
    if source.below(2):
        return javascript_frames.damaged(source, payload)
    changed = bytearray(payload)
    changed[-1 - source.below(min(len(payload), 4))] ^= 1 << source.below(8)
    return bytes(changed)


def _form_of(known: Known, payload: bytes) -> str:
    if known.base is not None:
        return "carried"
    for flag, form in ((ONE_CHANNEL, "one channel"), (OFF_GRID, "off grid"), (INLINE_SCHEMA, "inline")):
        if payload[0] & flag:
            return form
    return "shaped" if known.schema.shapes else "plain"


def _alone(source: Source) -> tuple[Known, bytes]:
    schema = javascript_histories.schema_in(source)
    return Known(schema, None), javascript_histories.batch_in(source, schema)


def _carried(source: Any) -> list[tuple[Known, bytes]]:
    """Return batches on one base, which begins at a record and has moved on over some."""
    while True:
        schema = javascript_histories.schema_in(source)
        records = javascript_histories.records_in(source, schema)
        first = source.below(len(records))
        base = base_codec.seed(schema, records[first].number, records[first].values)
        rest = records[first + 1 :]
        for record in rest[: source.below(len(rest) + 1)]:
            if base is not None and not base.advance(record.number, record.values):
                base = None
        if base is None:
            continue
        rest = [record for record in records if record.number > base.number]
        frames = [_on(source, base, rest) for _ in range(BATCHES_ON_A_BASE)]
        if all(frames):
            return [(Known(schema, base), frame) for frame in frames]


def _on(source: Any, base: Base, records: list[batch.Record]) -> bytes:
    """Return a batch on a base, of some of the records that follow it; empty if none can build on it."""
    records = records[source.below(len(records) + 1) :]
    if not records:
        return b""
    end_ms = 1000 * records[-1].time_s + source.among(0, 10**6)
    try:
        frame, _ = batch.encode(
            base.schema, records, end_ms, 11 + source.below(232), source.below(2) == 1, False, base
        )
    except RangeError:  # a record that is older than a batch can say
        return b""
    return frame if frame and frame[0] & CARRIED else b""


def as_json(frames: Iterable[Frame]) -> str:
    """Return frames as answers.answer_all takes them."""
    held: dict[int, int] = {}
    listed: list[Any] = []
    told: list[Any] = []
    for frame in frames:
        known = frame.known
        if known is not None and id(known) not in held:
            held[id(known)] = len(told)
            base = (known.base.number, known.base.to_bytes().hex()) if known.base else (0, "")
            told.append([known.schema.schema_id, schema_table.to_bytes(known.schema).hex(), *base])
        index = None if known is None else held[id(known)]
        listed.append([frame.down, frame.f_port, frame.payload.hex(), index])
    return json.dumps([told, listed])
