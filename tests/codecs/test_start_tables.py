"""The trained start must not harm what it was not trained on: drawn signals beside an untrained start."""

import random
from collections.abc import Callable

import pytest

from farwire_codecs import batch
from farwire_codecs.lpp_types import type_of
from farwire_codecs.schema import Channel, Schema, plain
from farwire_codecs.shape_learner import ShapeLearner

HARM = 1.02
LEARNED = 200  # values of which a shape is learned
_RECORDS = LEARNED + 400


def walk(step: int) -> Callable[[random.Random], list[int]]:
    """Draw a random walk with steps up to `step`."""

    def drawn(source: random.Random) -> list[int]:
        value, values = source.randint(-3000, 3000), []
        for _ in range(_RECORDS):
            value = max(-32768, min(32767, value + source.randint(-step, step)))
            values.append(value)
        return values

    return drawn


def noise(width: int) -> Callable[[random.Random], list[int]]:
    """Draw values around one, normally distributed."""
    return lambda source: [200 + round(source.gauss(0, width)) for _ in range(_RECORDS)]


def plateaus(source: random.Random) -> list[int]:
    """Draw levels that last a while."""
    values: list[int] = []
    while len(values) < _RECORDS:
        values += [source.randint(0, 2000)] * source.randint(1, 40)
    return values[:_RECORDS]


def switched(source: random.Random) -> list[int]:
    """Draw a machine that is on or off, with noise where it is on."""
    values: list[int] = []
    while len(values) < _RECORDS:
        on = len(values) % 2
        values += [on * (1500 + source.randint(-9, 9)) for _ in range(source.randint(3, 50))]
    return values[:_RECORDS]


def counter(source: random.Random) -> list[int]:
    """Draw a counter of a steady flow."""
    value, values = 0, []
    for _ in range(_RECORDS):
        value += source.randint(20, 30)
        values.append(value)
    return values


def ramp(source: random.Random) -> list[int]:
    """Draw a saw tooth."""
    return [(index * 13 + source.randint(0, 1)) % 2000 for index in range(_RECORDS)]


def still(source: random.Random) -> list[int]:
    """Draw a value that hardly ever moves."""
    return [20 + (source.random() < 0.01) for _ in range(_RECORDS)]


SIGNALS = {
    "walk of 1": walk(1),
    "walk of 8": walk(8),
    "walk of 100": walk(100),
    "walk of 2000": walk(2000),
    "noise of 1": noise(1),
    "noise of 20": noise(20),
    "noise of 500": noise(500),
    "plateaus": plateaus,
    "switched": switched,
    "counter": counter,
    "ramp": ramp,
    "still": still,
}


CHANNEL = Channel(1, 103)


def size(schema: Schema, values: list[int], limit: int, flat: bool) -> int:
    """Return the bytes of all frames that carry the values."""
    records = [batch.Record(1 + at, 60 * at, ((value,),)) for at, value in enumerate(values)]
    total = 0
    while records:
        end_ms = 1000 * (records[-1].time_s + 2)
        frame, count = batch.encode(schema, records, end_ms, limit, flat=flat)
        total += len(frame)
        records = records[count:]
    return total


def learned(values: list[int]) -> Schema:
    """Return a schema with the shape that a node learns from the first values."""
    learner = ShapeLearner(list(type_of(CHANNEL.type_id).axes), lambda _: list(values[:LEARNED]))
    learner.step()
    return Schema(1, (CHANNEL,), 60, tuple(learner.shapes))


@pytest.mark.parametrize("limit", [51, 222])
@pytest.mark.parametrize("schema_of", [lambda _: plain(1, (CHANNEL,), 60), learned], ids=["plain", "learned"])
def test_trained_start_does_no_harm_to_signals_it_never_saw(
    schema_of: Callable[[list[int]], Schema], limit: int, capsys: pytest.CaptureFixture[str]
) -> None:
    trained, untrained = {}, {}
    for at, name in enumerate(SIGNALS):
        values = SIGNALS[name](random.Random(at))
        schema = schema_of(values)
        trained[name] = size(schema, values[LEARNED:], limit, False)
        untrained[name] = size(schema, values[LEARNED:], limit, True)

    with capsys.disabled():
        shares = ", ".join(f"{name} {trained[name] / untrained[name]:.2f}" for name in SIGNALS)
        total = sum(trained.values()) / sum(untrained.values())
        print(f"\nBytes beside an untrained start, {limit} a frame: {total:.3f}; {shares}")
    assert sum(trained.values()) <= HARM * sum(untrained.values())
