"""Valid frames of every kind, to mutate: drawn by the tests' generators, and the vectors'."""

import contextlib
import json
from collections.abc import Iterator
from itertools import islice
from random import Random

from farwire_codecs import base, batch, configuration, ip_frame, log_piece, lpp_special, ports, schema_table
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_profiles import Profile
from farwire_codecs.lpp_types import TYPES
from farwire_codecs.schema import MAXIMUM_CHANNELS, Channel, Schema, axes_of, plain
from farwire_codecs.shape_learner import ShapeLearner
from tests.codecs import frames, javascript_frames
from tests.codecs.both_sides import Source

_TYPES = sorted(type_id for type_id in TYPES if type_id < 256)
_BASE_AFTER = 30  # records
LPP_VECTORS = frames.PATH.with_name("lpp.json")


def uplinks(profile: Profile, count: int) -> dict[int, list[bytes]]:
    """Return about `count` valid uplinks by FPort."""
    return _by_port(javascript_frames.uplinks(_source(5), 2 * count, profile))


def downlinks(count: int) -> dict[int, list[bytes]]:
    """Return about `count` valid downlinks by FPort."""
    return _by_port(javascript_frames.downlinks(_source(6), 2 * count))


def vectors(kind: str) -> list[bytes]:
    """Return the frames of a kind in tests/vectors/frames.json."""
    return [bytes.fromhex(case["hex"]) for case in frames.CASES if case["frame"] == kind]


def lpp_vectors() -> list[bytes]:
    """Return the uplinks of tests/vectors/lpp.json."""
    known = json.loads(LPP_VECTORS.read_text(encoding="utf-8"))["vectors"]
    return [bytes.fromhex(case["hex"]) for case in known if "uplink" in case["kind"]]


def polylines() -> list[bytes]:
    """Return LPP frames of the types without a fixed size."""
    line = bytes((1, lpp_special.POLYLINE, 11, 5, 0, 1, 2, 3, 4, 5, 0x1F, 0xE2, 0x77))
    return [line, line + line, bytes((2, lpp_special.FLOAT, 0x41, 0x2C, 0, 0))]


class Recording:
    """Some records of one schema, its channels' shapes learned or not."""

    def __init__(self, seed: int) -> None:
        source = Random(seed)
        count = 1 + source.randrange(4)
        channels = tuple(Channel(at, source.choice(_TYPES)) for at in range(1, count + 1))
        self.schema = plain(source.randrange(256), channels, source.choice((0, 60, 300)))
        axes = axes_of(self.schema)
        columns = [[_walk(source, axis.low, axis.high) for axis in TYPES[c.type_id].axes] for c in channels]
        rows = [tuple(tuple(next(axis) for axis in axes) for axes in columns) for _ in range(400)]
        if source.random() < 0.6:
            flat = [[value for channel in row for value in channel] for row in rows]
            learner = ShapeLearner(axes, lambda at: [row[at] for row in flat])
            while not learner.done:
                learner.step()
            self.schema = self.schema._replace(shapes=tuple(learner.shapes))
        missing, uneven = source.random() < 0.4, source.random() < 0.4
        time_s = source.randrange(100_000)
        self.records = []
        for number, row in enumerate(rows, 1 + source.randrange(70_000)):
            values = tuple(None if missing and source.random() < 0.2 else value for value in row)
            self.records.append(batch.Record(number, time_s, values))
            time_s += 60 + (source.randrange(40) if uneven else 0)

    def frames(self, source: Random, inline: bool) -> Iterator[bytes]:
        """Yield batches, most of them short, because a decoder takes time for what is in them."""
        for limit in (24, 24, 51, 51, 115) + ((222,) if source.random() < 0.2 else ()):
            first = source.randrange(300)
            offered = self.records[first : first + 100]
            only = source.randrange(-1, len(self.schema.channels))
            end_ms = 1000 * offered[-1].time_s + source.randrange(100_000)
            wanted = source.random() < 0.5
            room = limit + 60 if inline else limit
            frame, count = batch.encode(self.schema, offered, end_ms, room, wanted, inline, only=only)
            if count:
                yield frame

    def carried(self, source: Random) -> Iterator[bytes]:
        """Yield batches that build on `base`."""
        on = self.base
        for limit in (24, 51, 51, 115):
            first = _BASE_AFTER + source.randrange(3)
            offered = self.records[first : first + 100]
            end_ms = 1000 * offered[-1].time_s + 1000
            frame, count = batch.encode(self.schema, offered, end_ms, limit, False, False, on)
            if count:
                yield frame

    @property
    def base(self) -> base.Base:
        """Return the model after the first records."""
        found = base.Base(self.schema, self.records[0].number - 1)
        for record in self.records[:_BASE_AFTER]:
            found.advance(record.number, record.values)
        return found


def recordings(count: int) -> list[Recording]:
    """Return recordings whose schemas have different ids."""
    made = {recording.schema.schema_id: recording for recording in map(Recording, range(count))}
    return list(made.values())


def longest_batch() -> bytes:
    """Return the batch that takes a decoder longest: most records and channels, all of them alike."""
    channels = tuple(Channel(at, 142) for at in range(MAXIMUM_CHANNELS))
    values = ((0,),) * MAXIMUM_CHANNELS
    records = [batch.Record(1 + at, at, values) for at in range(batch.MAXIMUM_RECORDS)]
    end_ms = 1000 * records[-1].time_s
    return batch.encode(plain(1, channels, 1), records, end_ms, 400, False, True)[0]


def schema_tables(recorded: list[Recording]) -> list[bytes]:
    """Return the channel tables as they are stored."""
    return [schema_table.to_bytes(recording.schema) for recording in recorded]


def documents() -> tuple[list[bytes], list[bytes], list[list[bytes]]]:
    """Return documents of settings, differences from the first of them, and transfers in pieces."""
    made = []
    for payload in downlinks(900)[ports.CONFIGURATION]:
        with contextlib.suppress(CodecError):
            piece = configuration.decode_piece(payload)
            if piece.transfer is None and not piece.difference:
                made.append(configuration.assemble([payload]))
    differences = [configuration.difference(made[0], document) for document in made]
    transfers = [configuration.pieces(document, 15 + at % 20) for at, document in enumerate(made)]
    transfers += [configuration.difference_pieces(made[0], document, 20) for document in made]
    return [configuration.encode_document(document) for document in made], differences, transfers


def log_reports() -> list[list[bytes]]:
    """Return the frames of some reports."""
    source = Random(8)
    reports = []
    for number in range(40):
        text = source.randbytes(source.randrange(150))
        pieces: list[log_piece.LogPiece] = []
        offset = 0
        while not pieces or not pieces[-1].last:
            piece = log_piece.piece_at(source.randrange(2), number, text, offset, 11 + source.randrange(60))
            pieces.append(piece._replace(kind=number % 2))
            offset += len(piece.data)
        reports.append([log_piece.encode(piece) for piece in pieces])
    return reports


def ip_uplinks() -> list[bytes]:
    """Return uplinks of nodes without a radio, with a clock and without."""
    source = Random(9)
    return [
        ip_frame.encode_up(
            ip_frame.UpFrame(
                source.randrange(1 << 32),
                source.randrange(1 << 32),
                source.randrange(1 << 32),
                1 + source.randrange(223),
                source.randbytes(source.randrange(60)),
                None if number % 2 else source.randrange(1 << 41),
                source.randrange(1 << 20) if number % 2 else 0,
            )
        )
        for number in range(40)
    ]


def ip_downlinks() -> list[bytes]:
    """Return bodies of answers to them, with some downlinks each."""
    source = Random(10)
    return [
        ip_frame.encode_several(
            [
                ip_frame.encode_down(
                    ip_frame.DownFrame(
                        1 + source.randrange(1 << 31), 220 + source.randrange(3), source.randbytes(20)
                    )
                )
                for _ in range(number % 4)
            ]
        )
        for number in range(1, 40)
    ]


def joined(payloads: list[bytes]) -> bytes:
    """Return payloads as one frame for a decoder that takes several, each with its length before it."""
    return b"".join(bytes((len(payload),)) + payload for payload in payloads)


def parted(frame: bytes) -> Iterator[bytes]:
    """Yield the payloads of a frame that `joined` made, or that only looks like one."""
    at = 0
    while at < len(frame):
        yield frame[at + 1 : at + 1 + frame[at]]
        at += 1 + frame[at]


def schemas(recorded: list[Recording]) -> dict[int, Schema]:
    return {recording.schema.schema_id: recording.schema for recording in recorded}


def _source(seed: int) -> Source:
    return Source(seed)  # type: ignore[no-untyped-call]


def _by_port(made: Iterator[tuple[int, bytes]]) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for f_port, payload in islice(made, 0, None, 2):  # every second one is damaged already
        found.setdefault(f_port, []).append(payload)
    return found


def _walk(source: Random, low: int, high: int) -> Iterator[int]:
    """Yield values that drift, rest or jump."""
    step = source.choice((1, 1, 2, 50))
    value = source.randint(low, high)
    while True:
        if source.random() < 0.01:
            value = source.randint(low, high)
        value = max(low, min(high, value + step * source.choice((-1, 0, 0, 0, 1))))
        yield value
