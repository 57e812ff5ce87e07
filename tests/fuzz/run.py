"""Mutated frames through every decoder; anything but a message or a CodecError is a failure."""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from farwire_codecs.errors import CodecError
from tests.fuzz.targets import all_targets
from tests.fuzz.worker import Failure, Tally, bound_memory, work

FRAMES = 10_000_000
PROCESSES = 2
FAILURES = Path(".fuzz")  # where frames that failed are written
_PROGRESS_S = 30.0

_passed: "Synchronized[int]"  # frames that all processes together have behind them


def main(arguments: list[str] | None = None) -> int:
    """Run; return 0 if every frame gave a message or a CodecError."""
    options = _parser().parse_args(arguments)
    if options.repeat:
        return _repeat(options.repeat)
    start = time.monotonic()
    until = start + 60 * options.minutes if options.minutes else float("inf")
    spawning = multiprocessing.get_context("spawn")
    passed = spawning.Value("Q", 0)
    with ProcessPoolExecutor(PROCESSES, spawning, initializer=_share, initargs=(passed,)) as pool:
        share = [options.frames // PROCESSES + (at < options.frames % PROCESSES) for at in range(PROCESSES)]
        jobs = [pool.submit(_job, frames, options.seed + at, until) for at, frames in enumerate(share)]
        told = start
        while not all(job.done() for job in jobs):
            time.sleep(0.1)
            if time.monotonic() - told > _PROGRESS_S:
                told = time.monotonic()
                print(f"{passed.value:>12,} frames in {told - start:,.0f} s", flush=True)
        tallies = [job.result() for job in jobs]
    return _report(tallies, time.monotonic() - start, options.seed)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--frames", type=int, default=FRAMES, help="how many (default: 10,000,000)")
    parser.add_argument("--seed", type=int, default=1, help="what the mutations are drawn from (default: 1)")
    parser.add_argument("--minutes", type=float, help="stop after that time")
    parser.add_argument("--repeat", type=Path, metavar="FILE", help="decode the frame of a failure again")
    return parser


def _share(passed: "Synchronized[int]") -> None:
    global _passed  # noqa: PLW0603 (a pool hands shared memory to its processes this way only)
    _passed = passed


def _job(frames: int, seed: int, until: float) -> Tally:
    def count(more: int) -> None:
        with _passed.get_lock():
            _passed.value += more

    targets = all_targets()
    bound_memory()
    return work(targets, frames, seed, until, count)


def _report(tallies: list[Tally], spent_s: float, seed: int) -> int:
    print(f"{'decoder':<40}{'decoded':>12}{'refused':>12}{'µs each':>10}")
    for name in sorted(tallies[0].decoded | tallies[-1].decoded):
        decoded = sum(tally.decoded.get(name, 0) for tally in tallies)
        refused = sum(tally.refused.get(name, 0) for tally in tallies)
        each = sum(tally.spent_s.get(name, 0.0) for tally in tallies) / max(1, decoded + refused)
        print(f"{name:<40}{decoded:>12,}{refused:>12,}{1e6 * each:>10.1f}")
    total = sum(tally.frames for tally in tallies)
    slowest_s, target, frame = max(tally.slowest[0] for tally in tallies if tally.slowest)
    grown = max(tally.grown_bytes for tally in tallies)
    print(f"{total:,} mutated frames in {spent_s:,.0f} s, seed {seed}, {PROCESSES} processes")
    print(f"slowest: {1000 * slowest_s:.1f} ms, {target}, {len(frame)} bytes: {frame.hex()}")
    print(f"peak memory grew by {grown / (1 << 20):.1f} MiB in the process where it grew most")
    failures = [failure for tally in tallies for failure in tally.failures]
    for failure in failures:
        save(failure, FAILURES)
    print(f"{len(failures)} failures" if failures else "each gave a message or a CodecError")
    return 1 if failures else 0


def save(failure: Failure, folder: Path) -> Path:
    """Write a failure into the folder, print it and how to repeat it, and return its file."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{sha256(failure.target.encode() + failure.frame).hexdigest()[:12]}.txt"
    path.write_text(f"{failure.target}\n{failure.frame.hex()}\n{failure.error}", encoding="utf-8")
    print(f"\n{failure.target}: {failure.frame.hex()}\n{failure.error}")
    print(f"repeat it with: python -m tests.fuzz --repeat {path}")
    return path


def _repeat(path: Path) -> int:
    name, frame, *_ = path.read_text(encoding="utf-8").splitlines()
    target = next(target for target in all_targets() if target.name == name)
    try:
        print(target.decode(bytes.fromhex(frame)))
    except CodecError as error:
        print(f"{type(error).__name__}: {error}")
    return 0
