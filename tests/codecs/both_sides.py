"""Messages drawn by a small generator, encoded, decoded, damaged: prints what came of each.

Executed by CPython and by MicroPython, which must print the same (test_micropython.py). So this file is in
the MicroPython subset itself, and `random` is not used: the two do not draw the same numbers.
"""

from farwire_codecs import (
    acknowledgement,
    alarm,
    batch,
    command,
    configuration,
    log_piece,
    lpp,
    lpp_actuators,
    lpp_history,
    lpp_periods,
    schema_table,
    state_report,
)
from farwire_codecs import base as base_codec
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES, to_raw, to_values
from farwire_codecs.schema import (
    MAXIMUM_REFERENCE,
    MAXIMUM_WEIGHT,
    NO_PARTNER,
    Channel,
    Schema,
    Shape,
    axes_of,
)
from farwire_codecs.shape_learner import ShapeLearner

ON_AIR = sorted([type_id for type_id in TYPES if type_id < 256])


class Source:
    """Numbers of a linear congruential generator (Knuth's MMIX constants)."""

    def __init__(self, seed):
        self.state = seed

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        return (self.state >> 24) % n

    def among(self, low, high):
        if self.below(8) == 0:
            return (low, high, max(low, 0))[self.below(3)]
        return low + self.below(high - low + 1)

    def raw(self, type_id):
        return tuple([self.among(axis.low, axis.high) for axis in TYPES[type_id].axes])

    def type_id(self):
        return ON_AIR[self.below(len(ON_AIR))]


def show(source, frame, decode):
    """Print a frame, what it decodes to, and what it decodes to when cut and when a bit of it is flipped."""
    print(frame.hex() if frame else "empty", outcome(decode, frame))
    if frame:
        flipped = bytearray(frame)
        flipped[source.below(len(frame))] ^= 1 << source.below(8)
        print("  flipped", outcome(decode, bytes(flipped)))
        print("  cut", outcome(decode, frame[: source.below(len(frame))]))


def outcome(decode, frame):
    try:
        return decode(frame)
    except CodecError as error:
        return f"{type(error).__name__} at {error.offset} after {len(error.items)}: {error}"


def history(source):
    """Show batches of one recording: alone or inline, of one channel, and on bases that move on."""
    schema, records = recording(source)
    limit = 11 + source.below(232)
    end_ms = 1000 * records[-1].time_s + source.below(100000)
    inline, wanted = source.below(2) == 1, source.below(2) == 1
    only = source.below(len(schema.channels) + 1) - 1
    frame, count = batch.encode(schema, records, end_ms, limit, wanted, inline, None, only)
    print(count, only)
    show(source, frame, lambda payload: batch.decode(payload, lambda _: None if inline else schema))
    table = schema_table.to_bytes(schema)
    show(source, table, lambda content: schema_table.from_bytes(schema.schema_id, content))
    begin, ours = source.below(len(records)), None
    for at in range(begin, len(records) - 1):
        ours = moved_on(schema, ours, records[at])
        if ours is None:
            print("off its steps")
            return
        print(ours.number, ours.check())
        if source.below(4) == 0:
            first = at + 1 + source.below(len(records) - at - 1)
            frame, count = batch.encode(schema, records[first:], end_ms, limit, wanted, False, ours)
            print(count)
            show(source, frame, decoder_on(base_codec.from_bytes(schema, ours.number, ours.to_bytes())))
    if ours is not None:
        print(len(ours.to_bytes()), ours.model.state())


def decoder_on(base):
    return lambda payload: batch.decode(payload, lambda _: base.schema, lambda *_: base)


def moved_on(schema, base, record):
    if base is None:
        return base_codec.seed(schema, record.number, record.values)
    return base if base.advance(record.number, record.values) else None


def recording(source):
    """Return a schema, plain, drawn or learned, and consecutive records of it."""
    channels = tuple([Channel(n, source.type_id()) for n in range(1 + source.below(5))])
    schema = Schema(source.below(256), channels, source.among(0, 100), ())
    wild = [source.below(5) == 0 for _ in channels]
    values = [source.raw(channel.type_id) for channel in channels]
    missing, uneven = source.below(2), source.below(2)
    number, time_s, records = 1 + source.below(100000), source.below(100000), []
    for index in range(1 + source.below(30)):
        for at, channel in enumerate(channels):
            if wild[at]:
                values[at] = source.raw(channel.type_id)
            else:
                values[at] = moved(source, values[at], TYPES[channel.type_id].axes)
        row = [None if missing and source.below(4) == 0 else value for value in values]
        records.append(batch.Record(number + index, time_s, tuple(row)))
        time_s += 60 + (source.below(20) if uneven else 0)
    kind = source.below(3)
    shapes = (
        drawn_shapes(source, schema) if kind == 1 else learned_shapes(schema, records) if kind == 2 else ()
    )
    print(shapes)
    return Schema(schema.schema_id, channels, schema.interval_s, shapes), records


def drawn_shapes(source, schema):
    shapes = []
    for axis in axes_of(schema):
        at = len(shapes)
        step2 = (2, 2, 2, 3, 45, 131071)[source.below(6)]
        low, high = (
            max(2 * axis.low // step2, -MAXIMUM_REFERENCE),
            min(2 * axis.high // step2, MAXIMUM_REFERENCE),
        )
        partner = source.below(at) if at and source.below(2) else NO_PARTNER
        weight = 0 if partner == NO_PARTNER else source.among(-MAXIMUM_WEIGHT, MAXIMUM_WEIGHT)
        shapes.append(
            Shape(
                step2,
                source.below(3),
                source.below(2) == 1,
                source.below(13),
                source.among(low, high),
                source.below(13),
                partner,
                weight,
            )
        )
    return tuple(shapes)


def learned_shapes(schema, records):
    places = []
    for index, channel in enumerate(schema.channels):
        for axis in range(len(TYPES[channel.type_id].axes)):
            places.append((index, axis))

    def column(at):
        index, axis = places[at]
        return [None if record.values[index] is None else record.values[index][axis] for record in records]

    learner = ShapeLearner(axes_of(schema), column)
    while not learner.done:
        learner.step()
    return tuple(learner.shapes)


def moved(source, raw, axes):
    return tuple(
        [
            max(axis.low, min(axis.high, value + 2 * (source.below(5) - 2)))
            for value, axis in zip(raw, axes)  # noqa: B905 (MicroPython has no strict=)
        ]
    )


def control(source):
    show(
        source,
        acknowledgement.encode(
            acknowledgement.Acknowledgement(
                source.among(0, 0xFFFFFFFF),
                bytes([source.below(256) for _ in range(source.below(9))]),
                source.below(1000),
                source.below(2) == 1,
                source.below(2) == 1,
            ),
            11 + source.below(30),
        ),
        acknowledgement.decode,
    )
    alarms, number = [], 0
    for _ in range(1 + source.below(5)):
        number += 1 + source.below(300)
        type_id = source.type_id()
        raw = None if source.below(4) == 0 else source.raw(type_id)
        condition, active = alarm.CONDITIONS[source.below(len(alarm.CONDITIONS))], source.below(2) == 1
        age_ms = source.below(10000000)
        alarms.append(alarm.Alarm(number, source.below(256), type_id, condition, active, age_ms, raw))
    show(source, alarm.encode(alarms, 51)[0], alarm.decode)
    oldest = source.below(1000000)
    show(
        source,
        state_report.encode(
            state_report.StateReport(
                source.among(0, 0xFFFFFFFF),
                source.below(8),
                source.among(0, 0xFFFFFFFF),
                source.below(65536),
                oldest,
                oldest + source.below(5000),
                source.below(300),
                1 + source.below(86400),
                source.below(2) * source.below(4000),
            )
        ),
        state_report.decode,
    )
    number = source.below(65536)
    order = (
        command.SetOutput(number, source.below(256), source.among(-32768, 32767)),
        command.ReportState(number),
        command.Reboot(number),
        command.SendLog(number, source.below(2), source.among(0, 65535)),
        command.Erase(number, 1 + source.below(7)),
    )[source.below(5)]
    show(source, command.encode(order), command.decode)
    answer = command.CommandAnswer(number, 1 + source.below(5))
    show(source, command.encode_answer(answer), command.decode_answer)


def settings(source):
    old, new = document(source), document(source)
    show(source, configuration.encode_document(old), lambda data: plain(configuration.decode_document(data)))
    show(
        source,
        configuration.difference(old, new),
        lambda data: [plain(part) for part in configuration.decode_difference(data)],
    )
    limit = 11 + source.below(40)
    for frames in (configuration.pieces(new, limit), configuration.difference_pieces(old, new, limit)):
        for frame in frames:
            show(source, frame, configuration.decode_piece)
        base = configuration.encode_document(old)
        print(configuration.assemble(list(reversed(frames)), base) == new)
        try:
            configuration.assemble(frames[1:] + frames[:1], configuration.encode_document(new))
        except CodecError as error:
            print(error)


def plain(document):
    """Return settings with words in hex: the two write other letters differently."""
    found = []
    for key, index, value in document:
        word = value.encode() if isinstance(value, str) else value
        found.append((key, index, word.hex() or "" if isinstance(word, bytes) else value))
    return found


def document(source):
    found = []
    for key in sorted(configuration.KEYS):
        if source.below(3):
            continue
        form = configuration.KEYS[key]
        for index in range(source.below(4)) if form.scope != "node" else (None,):
            found.append(configuration.Setting(key, index, setting_value(source, form)))
    return configuration.canonical(found)


def setting_value(source, form):
    if form.kind == "boolean":
        return source.below(2) == 1
    if form.kind in ("text", "secret"):
        letters = ("ab-9", "a_ !", "\u00e4\u20ac\U0001f512")[source.below(3)]
        size = form.low + source.below(form.high // 4)
        word = "".join([letters[source.below(len(letters))] for _ in range(size)])
        return word if form.kind == "text" else word.encode()
    return source.among(form.low, form.high)


def live(source):
    items = []
    for _ in range(source.below(6)):
        type_id = source.type_id()
        raw = source.raw(type_id)
        items.append(lpp.Item(source.below(256), type_id, raw))
        print(
            to_raw(type_id, to_values(type_id, raw)) == raw
        )  # floats are shown differently, raw is the same
    show(source, lpp.encode_dynamic(items), lpp.decode_dynamic)
    packed = [lpp.Item(index + 1, item.type_id, item.raw) for index, item in enumerate(items)]
    show(source, lpp.encode_packed(packed), lpp.decode_packed)
    positions = [lpp.Item(source.below(256), FULL_SCALE_GPS, source.raw(FULL_SCALE_GPS)) for _ in packed]
    show(source, lpp.encode_gps(positions), lpp.decode_gps)
    port = lpp_history.port_of(source.below(100))
    aged = []
    for _ in range(1 + source.below(5)):
        type_id = source.type_id()
        aged.append(lpp_history.AgedItem(port - 100, type_id, source.among(0, 65535), source.raw(type_id)))
    show(source, lpp_history.encode_history(aged), lambda payload: lpp_history.decode_history(port, payload))


def orders(source):
    outputs = [
        lpp_actuators.Output(source.below(255), source.among(-32768, 32767)) for _ in range(source.below(4))
    ]
    show(source, lpp_actuators.encode_actuators(outputs), lpp_actuators.decode_actuators)
    given = 1 + source.below(3)
    period = lpp_periods.DevicePeriod(
        source.among(0, 0xFFFFFFFF) if given & 1 else None, source.among(0, 0xFFFFFFFF) if given & 2 else None
    )
    show(source, lpp_periods.encode_device_period(period), lpp_periods.decode_device_period)
    periods = [
        lpp_periods.SensorPeriod(sensor, source.among(0, 0xFFFFFFFF))
        for sensor in range(32)
        if source.below(8) == 0
    ]
    if periods:
        show(source, lpp_periods.encode_sensor_periods(periods), lpp_periods.decode_sensor_periods)
    size = 1 + source.below(4)
    enable = lpp_periods.SensorEnable(source.among(0, (1 << 8 * size) - 1), size)
    show(source, lpp_periods.encode_sensor_enable(enable), lpp_periods.decode_sensor_enable)


def report(source):
    text = bytes([source.below(256) for _ in range(source.below(200))])
    offset = 0
    while True:
        piece = log_piece.piece_at(source.below(2), source.below(65536), text, offset, 11 + source.below(60))
        show(source, log_piece.encode(piece), log_piece.decode)
        if piece.last:
            break
        offset += len(piece.data)


def main(seed, rounds):
    source = Source(seed)
    for _ in range(rounds):
        history(source)
        control(source)
        settings(source)
        live(source)
        orders(source)
        report(source)
