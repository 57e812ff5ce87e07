"""One process of the fuzzer: feeds mutated frames to the decoders, and notes what they do."""

import contextlib
import heapq
import resource
import signal
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType

from farwire_codecs.errors import CodecError
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target

RUN = 50  # frames to one decoder before the next one is drawn
STUCK_S = 30.0  # no frame may take as long
_SLOW_KEPT = 8
_TIMED = 3
STATM = Path("/proc/self/statm")
MEMORY_BYTES = 256 << 20  # beyond what the process has at its start; then a frame's MemoryError tells


class StuckError(Exception):
    """A decoder has not come back."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A frame that raised something else than CodecError."""

    target: str
    frame: bytes
    error: str  # the traceback


@dataclass(slots=True)
class Tally:
    """What came of the frames."""

    decoded: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    spent_s: dict[str, float] = field(default_factory=dict)
    slowest: list[tuple[float, str, bytes]] = field(default_factory=list)  # seconds, target, frame
    failures: list[Failure] = field(default_factory=list)
    grown_bytes: int = 0

    @property
    def frames(self) -> int:
        return sum(self.decoded.values()) + sum(self.refused.values()) + len(self.failures)


def work(targets: list[Target], frames: int, seed: int, until: float, passed: Callable[[int], None]) -> Tally:
    """Feed that many frames, or as many as there is time for until `until` (of time.monotonic).

    `passed` is told how many are behind, now and then.
    """
    source = Random(seed)
    weights = [target.weight for target in targets]
    tally = Tally()
    seen: set[str] = set()
    before = _resident_bytes()
    done = 0
    while done < frames and time.monotonic() < until:
        target = source.choices(targets, weights)[0]
        count = min(RUN, frames - done)
        _feed(source, target, count, tally, seen)
        done += count
        passed(count)
    tally.grown_bytes = _resident_bytes() - before
    tally.slowest = sorted(
        ((_again(targets, name, frame), name, frame) for _, name, frame in tally.slowest), reverse=True
    )
    return tally


def bound_memory() -> None:
    """Let a decoder that wants more than MEMORY_BYTES get a MemoryError; where there is no /proc, nothing."""
    if not STATM.exists():
        return
    data_bytes = int(STATM.read_text(encoding="ascii").split()[5]) * resource.getpagesize()
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (data_bytes + MEMORY_BYTES, most))


def _feed(source: Random, target: Target, count: int, tally: Tally, seen: set[str]) -> None:
    decode, repair = target.decode, target.repair
    decoded = refused = 0
    started = time.perf_counter()
    floor = tally.slowest[0][0] if len(tally.slowest) == _SLOW_KEPT else 0.0
    signal.signal(signal.SIGALRM, _stuck)
    signal.setitimer(signal.ITIMER_REAL, STUCK_S)
    for _ in range(count):
        frame = mutated(source, target.seeds)
        if repair and source.random() < 0.5:
            frame = repair(frame)
        start = time.perf_counter()
        try:
            decode(frame)
            decoded += 1
        except CodecError:
            refused += 1
        except Exception as error:
            _note(Failure(target.name, frame, traceback.format_exc()), error, tally, seen)
            signal.setitimer(signal.ITIMER_REAL, STUCK_S)
        spent = time.perf_counter() - start
        if spent > floor:
            heapq.heappush(tally.slowest, (spent, target.name, frame))
            if len(tally.slowest) > _SLOW_KEPT:
                heapq.heappop(tally.slowest)
                floor = tally.slowest[0][0]
    signal.setitimer(signal.ITIMER_REAL, 0)
    name = target.name
    tally.decoded[name] = tally.decoded.get(name, 0) + decoded
    tally.refused[name] = tally.refused.get(name, 0) + refused
    tally.spent_s[name] = tally.spent_s.get(name, 0.0) + time.perf_counter() - started


def _note(failure: Failure, error: Exception, tally: Tally, seen: set[str]) -> None:
    """Keep a failure, one of each place where it comes from."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    key = f"{failure.target} {type(error).__name__} {place.filename}:{place.lineno}"
    if key not in seen:
        seen.add(key)
        tally.failures.append(failure)


def _again(targets: list[Target], name: str, frame: bytes) -> float:
    """Return the shortest of some times that a decoder takes for a frame: without what else ran."""
    decode = next(target.decode for target in targets if target.name == name)
    best = STUCK_S
    for _ in range(_TIMED):
        start = time.perf_counter()
        with contextlib.suppress(Exception):
            decode(frame)
        best = min(best, time.perf_counter() - start)
    return best


def _stuck(_signal: int, _frame: FrameType | None) -> None:
    raise StuckError(f"{RUN} frames took more than {STUCK_S} s")


def _resident_bytes() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
