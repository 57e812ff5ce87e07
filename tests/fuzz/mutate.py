"""Turns valid frames into others: flipped bits, changed bytes, cut, doubled and exchanged stretches."""

from collections.abc import Callable, Sequence
from random import Random

Mutation = Callable[[Random, bytearray, Sequence[bytes]], None]

LONGEST = 400  # bytes; LoRaWAN's longest payload has 242
_EDGES = (0x00, 0x01, 0x1F, 0x20, 0x7F, 0x80, 0xFE, 0xFF)
_MOST = 4  # mutations of a frame


def mutated(source: Random, seeds: Sequence[bytes]) -> bytes:
    """Return a frame made from one of the seeds, or from two; now and then one that is left as it is."""
    frame = bytearray(seeds[int(source.random() * len(seeds))])
    for _ in range(int(source.random() * (_MOST + 1))):
        MUTATIONS[int(source.random() * len(MUTATIONS))](source, frame, seeds)
    return bytes(frame[:LONGEST])


def _flip(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    if frame:
        frame[int(source.random() * len(frame))] ^= 1 << int(source.random() * 8)


def _set(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    if frame:
        frame[int(source.random() * len(frame))] = int(source.random() * 256)


def _edge(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    if frame:
        frame[int(source.random() * len(frame))] = _EDGES[int(source.random() * len(_EDGES))]


def _step(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    if frame:
        at = int(source.random() * len(frame))
        frame[at] = frame[at] + (1 if source.random() < 0.5 else 255) & 0xFF


def _first(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    """Change a byte of the head, where counts, flags and lengths are."""
    if frame:
        frame[int(source.random() * min(4, len(frame)))] = int(source.random() * 256)


def _cut(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    del frame[int(source.random() * (len(frame) + 1)) :]


def _take_out(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    at = int(source.random() * (len(frame) + 1))
    del frame[at : at + 1 + int(source.random() * 4)]


def _append(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    frame += source.randbytes(1 + int(source.random() * 8))


def _put_in(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    at = int(source.random() * (len(frame) + 1))
    frame[at:at] = source.randbytes(1 + int(source.random() * 4))


def _double(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    at = int(source.random() * (len(frame) + 1))
    frame[at:at] = frame[at : at + 1 + int(source.random() * 16)]


def _fill(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    at = int(source.random() * (len(frame) + 1))
    size = min(1 + int(source.random() * 12), len(frame) - at)
    frame[at : at + size] = bytes((0x00 if source.random() < 0.5 else 0xFF,)) * size


def _cross(source: Random, frame: bytearray, seeds: Sequence[bytes]) -> None:
    """Go on as another seed does."""
    other = seeds[int(source.random() * len(seeds))]
    at = int(source.random() * (len(frame) + 1))
    frame[at:] = other[int(source.random() * (len(other) + 1)) :]


def _other(source: Random, frame: bytearray, _seeds: Sequence[bytes]) -> None:
    if source.random() < 0.1:
        frame[:] = source.randbytes(int(source.random() * 60))


MUTATIONS: tuple[Mutation, ...] = (
    _flip,
    _flip,
    _set,
    _edge,
    _step,
    _first,
    _cut,
    _take_out,
    _append,
    _put_in,
    _double,
    _fill,
    _cross,
    _other,
)
