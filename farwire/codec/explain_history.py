"""A history batch: its first bytes one by one, and its range-coded part record by record, in bits."""

import math
from collections.abc import Mapping

from farwire.codec.lpp_json import AGREED, meaning
from farwire.codec.messages import MODEL_IS_THE_BRIDGES
from farwire.codec.parts import Walk
from farwire.codec.table import cell
from farwire_codecs import batch_layout, fields
from farwire_codecs.batch import AgedRecord, Batch
from farwire_codecs.batch_decoder import decode
from farwire_codecs.contexts import CHANGED, SIGN, TABLE, Contexts
from farwire_codecs.errors import CodecError, MalformedError, UnknownSchemaError
from farwire_codecs.lpp_types import type_of
from farwire_codecs.range_coder import RangeDecoder
from farwire_codecs.schema import Channel, Schema, axes_of, plain

_FLAGS = {
    batch_layout.ACKNOWLEDGEMENT_WANTED: "acknowledgement wanted",
    batch_layout.INLINE_SCHEMA: "inline table",
    batch_layout.CARRIED: "builds on a base",
    batch_layout.ONE_CHANNEL: "one channel",
    batch_layout.OFF_GRID: "values off their steps",
}
_PREDICTORS = {0: "as the value before", 1: "and half of its change", 2: "and all of its change"}
NUMBER, INTERVAL, PRESENCE, TIME, VALUE, END, AGE = (
    "number",
    "interval",
    "presence",
    "time",
    "value",
    "end",
    "age",
)


class TracingDecoder(RangeDecoder):
    """A range decoder that tells what it reads from the contexts, and counts the bits of each.

    `spans`: (NUMBER, INTERVAL, ..., bits) in order; a record ends with END.
    """

    def __init__(self, contexts: Contexts, payload: bytes, start: int) -> None:
        super().__init__(contexts, payload, start)
        self.spans: list[tuple[str, float]] = []
        self._evens = 0  # calls of take_even since the start, or since a record's end

    def take(self, context: int) -> int:
        """Read a bit in a context."""
        chance = self._chances[context]
        before = self._range
        bit = super().take(context)
        if context >= CHANGED:
            kind = PRESENCE
        else:
            begins = context % TABLE < SIGN  # a residual begins with whether it is zero
            kind = TIME if begins and self.spans[-1][0] == END else VALUE if begins else ""
        self._count(kind, _bits(before, (before >> 9) * (chance >> 1) >> 6, bit), context == CHANGED)
        return bit

    def take_even(self, bits: int) -> int:
        """Read bits that are as likely as not."""
        value = super().take_even(bits)
        last = self.spans[-1][0] if self.spans else ""
        if last in ("", NUMBER, INTERVAL):  # the number is two calls, then comes the interval
            self._evens += 1
            kind = NUMBER if self._evens <= 2 else INTERVAL
        else:
            kind = AGE if last in (END, AGE) else ""
        self._count(kind, bits, kind not in ("", last))
        return value

    def take_chance(self, chance: int) -> int:
        """Read whether the record was the last one."""
        before = self._range
        bit = super().take_chance(chance)
        self._count(END, _bits(before, (before >> 9) * chance >> 6, bit), True)
        return bit

    def _count(self, kind: str, bits: float, begins: bool) -> None:
        """Add bits to the latest span, or to a new one if one of this kind begins."""
        if begins or (kind and kind in (TIME, VALUE)):
            self.spans.append((kind, bits))
        else:
            last = self.spans[-1]
            self.spans[-1] = (last[0], last[1] + bits)


def explain(walk: Walk, schemas: Mapping[int, Schema]) -> None:
    """Walk a history batch; raises CodecError."""
    flags = walk.flags(_FLAGS)
    if flags & batch_layout.CARRIED:
        low = walk.whole("base", 1)
        walk.meant(f"the record that it builds on, modulo 256: {low}")
        walk.whole("check", 1, "of the model at that record")
        start = walk.position
        walk.chunk("coded", len(walk.payload) - start)
        walk.add(start, "coded", f"{walk.position - start} bytes", MODEL_IS_THE_BRIDGES)
        return
    schema_id = walk.whole("schema id", 1)
    schema = _table(walk, schema_id) if flags & batch_layout.INLINE_SCHEMA else schemas.get(schema_id)
    if schema is None:
        raise UnknownSchemaError(schema_id)
    if flags & batch_layout.ONE_CHANNEL:
        index = walk.whole("channel index", 1)
        if index >= len(schema.channels):
            raise MalformedError(f"channel index is {index}, expected 0 to {len(schema.channels) - 1}")
        walk.meant(_channel(schema.channels[index]))
    _coded(walk, schema)


def _table(walk: Walk, schema_id: int) -> Schema:
    """Walk an inline table, and return its channels."""
    first = walk.whole("channels", 1)
    walk.meant(f"{first & 0x7F} of them{', with shapes' if first & 0x80 else ''}")
    channels = []
    for index in range(first & 0x7F):
        channel = walk.whole(f"channel {index}", 1)
        type_id = walk.whole(f"type {index}", 1)
        name = AGREED.names.get(type_id)
        walk.meant(name.name if name else "not in the table of types")
        channels.append(Channel(channel, type_id))
    walk.variable("interval", "s between two records, as a rule")
    schema = plain(schema_id, tuple(channels))
    for column in range(len(axes_of(schema)) if first & 0x80 else 0):
        flags = walk.whole(f"shape {column}", 1)
        uneven = ", jumps between plateaus" if flags & 4 else ""
        walk.meant(_PREDICTORS.get(flags & 3, "") + uneven)
        classes = walk.whole("scale and spread", 1)
        walk.meant(f"scale {classes >> 4}, spread {classes & 15}")
        walk.meant(str(fields.unzigzag(walk.variable("reference"))))
        if flags & 8:
            walk.variable("step2", "twice the distance of its values")
        if flags & 16:
            walk.whole("partner", 1, "column whose change is added")
            walk.meant(f"{fields.unzigzag(walk.variable('weight'))} / 16")
    return schema


def _coded(walk: Walk, schema: Schema) -> None:
    """Walk the range-coded part."""
    tracers: list[TracingDecoder] = []

    def watched(contexts: Contexts, payload: bytes, start: int) -> RangeDecoder:
        tracers.append(TracingDecoder(contexts, payload, start))
        return tracers[0]

    start = walk.position
    found, failure = None, None
    try:
        found = decode(walk.payload, lambda _: schema, None, watched)
    except CodecError as error:
        failure = error
    if not tracers and failure is not None:
        raise failure
    spans = tracers[0].spans
    walk.chunk("coded", len(walk.payload) - start)
    total = sum(bits for _, bits in spans)
    walk.add(start, "coded", f"{walk.position - start} bytes", f"{total:.1f} bits before rounding to bytes")
    _details(walk, start, spans, found)
    if failure is not None:
        walk.detail("stops here", "", str(failure))


def _details(walk: Walk, start: int, spans: list[tuple[str, float]], found: Batch | None) -> None:
    """Add a detail for each record, and for what is before and behind them."""
    at = 0.0
    row: list[tuple[str, float]] = []
    count = 0
    for kind, bits in spans:
        if kind not in (NUMBER, INTERVAL, AGE):
            row.append((kind, bits))
            if kind == END:
                record = found.records[count] if found else None
                name = f"record {record.number if record else count + 1}"
                size = sum(each for _, each in row)
                walk.detail(name, _place(start, at, size), _record(row, found, record))
                at, count, row = at + size, count + 1, []
            continue
        walk.detail(kind, _place(start, at, bits), _said(kind, found))
        at += bits
    if row:
        what = ", ".join(f"{kind} {bits:.1f}" for kind, bits in row)
        walk.detail("unfinished", _place(start, at, sum(bits for _, bits in row)), what)


def _record(row: list[tuple[str, float]], found: Batch | None, record: AgedRecord | None) -> str:
    values = [bits for kind, bits in row if kind == VALUE]
    others = [f"{kind} {bits:.1f}" for kind, bits in row if kind != VALUE]
    if found is None or record is None:
        return ", ".join([f"value {bits:.1f}" for bits in values] + others)
    said = []
    for index, channel in enumerate(found.schema.channels):
        raw = record.values[index]
        if raw is not None:
            wide = len(type_of(channel.type_id).axes)
            shown = meaning(channel.type_id, raw)
            unit = f" {shown['unit']}" if "unit" in shown else ""
            said.append(f"{channel.channel}: {cell(shown['value'])}{unit} {sum(values[:wide]):.1f}")
            del values[:wide]
    return ", ".join([*said, *others])


def _said(kind: str, found: Batch | None) -> str:
    if found is None:
        return ""
    if kind == NUMBER:
        return f"of the first record: {found.records[0].number}"
    if kind == AGE:
        return f"of the newest record: {found.records[-1].age_ms / 1000:g} s"
    return "seconds between two records"


def _place(start: int, at: float, bits: float) -> str:
    return f"{bits:.1f} bits at byte {start + int(at) // 8}"


def _channel(channel: Channel) -> str:
    return f"channel {channel.channel}, {AGREED.names[channel.type_id].name}"


def _bits(whole: int, one: int, bit: int) -> float:
    """Return how many bits a bit takes: -log2 of its share of the interval."""
    return math.log2(whole / (one if bit else whole - one))
