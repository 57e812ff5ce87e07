"""CPython, MicroPython and the generated JavaScript in QuickJS give the same answer on the same frames."""

import contextlib
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests import micropython
from tests.codecs import answers, javascript_histories
from tests.codecs import javascript_wanted as wanted
from tests.codecs.both_sides import Source
from tests.codecs.javascript_engine import Engine
from tests.codecs.three_ways_frames import Frame, as_json, histories, small

UP, DOWN, HISTORY = 60_000, 30_000, 10_000  # frames
JOB, PIECE = 1000, 100  # frames for one MicroPython, and between two of its collections
MICROPYTHONS = 2  # at the same time
NAMED = 5  # frames in a failure

# Some that are drawn are what no encoder writes, with a check that fits; a piece of several has no encoder.
NOT_ENCODED_ALONE = "configuration piece, down"

SOURCE = Path(answers.__file__).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_cpython_micropython_and_quickjs_give_the_same_answer_on_100000_frames(
    capsys: pytest.CaptureFixture[str],
) -> None:
    began = time.perf_counter()
    frames = [*histories(Source(1), HISTORY), *small(Source(2), UP, DOWN)]  # type: ignore[no-untyped-call]
    took = {"drawing": time.perf_counter() - began}

    here, took["CPython"] = by_cpython(frames)
    there, took["MicroPython"] = by_micropython(frames)
    shown, took["QuickJS, and comparing with it"] = by_quickjs(frames)

    with capsys.disabled():
        print(table(frames, here, shown, took))
    assert len(frames) == UP + DOWN + HISTORY >= 100_000
    differing = [n for n, (ours, theirs) in enumerate(zip(here, there, strict=True)) if ours != theirs]
    assert differing == [], "\n".join(both_answers(frames[n]) for n in differing[:NAMED])
    whole = [
        outcome[0]
        for frame, outcome in zip(frames, here, strict=True)
        if frame.whole and frame.kind != NOT_ENCODED_ALONE
    ]
    assert set(whole) == {answers.SAME}
    damaged = Counter(outcome[0] for frame, outcome in zip(frames, here, strict=True) if not frame.whole)
    assert min(damaged[answers.REFUSED], damaged[answers.SAME] + damaged[answers.DECODED]) > 10_000


def test_answers_that_differ_are_told_with_the_frame() -> None:
    frame = next(small(Source(3), 1, 0))  # type: ignore[no-untyped-call]

    told = both_answers(frame).splitlines()

    assert told[0] == str(frame)
    assert told[1].removeprefix("CPython: ") == told[2].removeprefix("MicroPython: ") != ""


def pieces(frames: Sequence[Frame], size: int) -> Iterator[Sequence[Frame]]:
    return (frames[at : at + size] for at in range(0, len(frames), size))


def by_cpython(frames: Sequence[Frame]) -> tuple[list[str], float]:
    """Return the digest of each frame's answer, and the seconds that it took."""
    began = time.perf_counter()
    told = "".join(answered_here(piece, answers.digest_of) for piece in pieces(frames, PIECE))
    return told.split(), time.perf_counter() - began


def answered_here(frames: Sequence[Frame], form: Callable[..., Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        answers.answer_all(as_json(frames), form)  # type: ignore[no-untyped-call]
    return out.getvalue()


def by_micropython(frames: Sequence[Frame]) -> tuple[list[str], float]:
    """Return the digest of each frame's answer, and the seconds that all MicroPythons took together."""
    with ThreadPoolExecutor(MICROPYTHONS) as pool:
        done = list(pool.map(_one_micropython, pieces(frames, JOB)))
    return "".join(told for told, _ in done).split(), sum(took for _, took in done)


def _one_micropython(frames: Sequence[Frame]) -> tuple[str, float]:
    began = time.perf_counter()
    told = answered_there(frames, "digest_of")
    return told, time.perf_counter() - began


def answered_there(frames: Sequence[Frame], form: str) -> str:
    calls = [f"answer_all({as_json(piece)!r}, {form})" for piece in pieces(frames, PIECE)]
    outcomes = micropython.run_pieces([SOURCE, *calls], [micropython.CODECS])
    return "".join(outcome.stdout for outcome in outcomes)


def both_answers(frame: Frame) -> str:
    """Return a frame and both Pythons' answers to it."""
    here = answered_here([frame], lambda *parts: parts)
    there = answered_there([frame], "lambda *parts: parts")
    return f"{frame}\nCPython: {here}MicroPython: {there}"


def by_quickjs(frames: Sequence[Frame]) -> tuple[list[str], float]:
    """Compare what QuickJS shows of each frame with what CPython reads, to the last value and word.

    Return of each frame "shown", "refused", or "not shown" for a history batch that builds on a base, which
    QuickJS can only recognise; and the seconds.
    """
    began = time.perf_counter()
    engine = Engine()
    results: list[Any] = [None] * len(frames)
    ups = [n for n, frame in enumerate(frames) if not frame.down]
    downs = [n for n, frame in enumerate(frames) if frame.down]
    for n, result in zip(ups, engine.decode_uplinks(_call(frames[n]) for n in ups), strict=True):
        frame, results[n] = frames[n], result
        if frame.known is not None:
            wanted.assert_read_alike(frame.known.schema, frame.payload, result)
        else:
            assert result == wanted.of_uplink(frame.f_port, frame.payload), str(frame)
    sent = [(frames[n].f_port, frames[n].payload) for n in downs]
    for n, result in zip(downs, wanted.downlinks_read(engine, sent), strict=True):
        frame, results[n] = frames[n], result
        assert result == wanted.of_downlink(frame.f_port, frame.payload), str(frame)
    return [_outcome(result) for result in results], time.perf_counter() - began


def _call(frame: Frame) -> tuple[int, bytes, dict[str, str]]:
    known = frame.known
    variables = {} if known is None else {"farwire_schema": javascript_histories.variable(known.schema)}
    return frame.f_port, frame.payload, variables


def _outcome(result: Any) -> str:
    if "errors" in result:
        return "refused"
    return "not shown" if "not_shown" in result["data"].get("history", {}) else "shown"


def table(frames: Sequence[Frame], here: Sequence[str], shown: Sequence[str], took: dict[str, float]) -> str:
    """Return frames by kind and outcome, and how long each engine took."""
    counts: Counter[tuple[str, str]] = Counter()
    for frame, digest, outcome in zip(frames, here, shown, strict=True):
        state = "whole" if frame.whole else "damaged"
        read = "refused" if digest[0] == answers.REFUSED else "decoded"
        for column in ("frames", f"{state}, {read}", f"JavaScript {outcome}"):
            for row in (frame.kind, "all"):
                counts[row, column] += 1
    columns = [
        "frames",
        *(f"{state}, {read}" for state in ("whole", "damaged") for read in ("decoded", "refused")),
        *(f"JavaScript {outcome}" for outcome in ("shown", "refused", "not shown")),
    ]
    rows = [*sorted({row for row, _ in counts} - {"all"}), "all"]
    lines = ["", " | ".join(["kind".ljust(26), *columns])]
    for row in rows:
        lines.append(
            " | ".join([row.ljust(26), *(str(counts[row, name]).rjust(len(name)) for name in columns)])
        )
    return "\n".join([*lines, *(f"{name}: {seconds:.1f} s" for name, seconds in took.items())])
