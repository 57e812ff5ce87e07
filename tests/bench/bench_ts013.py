"""What a call of a codec file costs, and what of; with FARWIRE_VENDOR_CODECS also of vendors' files.

Every call has a context of its own. Beside it: the context without a file, and one context kept for all calls
(which would let one uplink change the next one), so that the price of independence can be seen.
"""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import quickjs

from farwire_codecs import ts013
from farwire_codecs.ts013_errors import ScriptError
from farwire_codecs.ts013_examples import check_examples
from farwire_codecs.ts013_process import ScriptProcess
from tests.codecs.ts013_published import OURS, Published, published

CALLS = 300
FREEZER = bytes([247, 204, 131, 36, 1])


def main() -> None:
    """Print milliseconds a call, and which published examples pass."""
    process = ScriptProcess()
    [ours] = published(OURS)
    source = ours.path.read_text(encoding="utf-8")
    here = ts013.load("here", source)
    began_s = time.perf_counter()
    there = ts013.load("there", source, engine=process)
    print(f"ts013: process started and file of {len(source)} characters loaded in {_ms(began_s):.0f} ms")
    kept = quickjs.Context()
    kept.eval(source)
    call = f"JSON.stringify(decodeUplink({{fPort: 10, bytes: {list(FREEZER)}}}))"
    for what, measured in (
        ("a context alone", quickjs.Context),
        ("a call in one context for all", lambda: kept.eval(call)),
        ("a call in a context of its own", lambda: here.decode_uplink(FREEZER, 10, 0)),
        ("the same in a process", lambda: there.decode_uplink(FREEZER, 10, 0)),
    ):
        print(f"ts013: {what}: {_median_ms(measured):.3f} ms")
    folder = os.environ.get("FARWIRE_VENDOR_CODECS")
    if folder:
        _of_vendors(list(published(Path(folder))), process)
    else:
        print("ts013: vendors' files: skipped: FARWIRE_VENDOR_CODECS names no folder")
    process.close()


def _of_vendors(files: list[Published], process: ScriptProcess) -> None:
    passed = failed = 0
    each_ms = []
    for file in files:
        try:
            codec = ts013.load(file.name, file.path.read_text(encoding="utf-8-sig"), engine=process)
        except (OSError, ScriptError) as error:
            print(f"ts013: {error}")
            failed += len(file.examples)
            continue
        began_s = time.perf_counter()
        report = check_examples(codec, file.examples)
        if file.examples:
            each_ms.append(_ms(began_s) / len(file.examples))
        passed += report.passed
        failed += len(report.failures)
        for failure in report.failures:
            print(f"ts013: {file.name}: {failure.example.description}: {failure.cause}")
    print(f"ts013: {len(files)} published files: {passed} examples pass, {failed} do not")
    if each_ms:
        each_ms.sort()
        print(f"ts013: ms a call: median {statistics.median(each_ms):.2f}, most {each_ms[-1]:.2f}")


def _median_ms(call: Callable[[], object]) -> float:
    taken = []
    for _ in range(CALLS):
        began_s = time.perf_counter()
        call()
        taken.append(_ms(began_s))
    return statistics.median(taken)


def _ms(began_s: float) -> float:
    return (time.perf_counter() - began_s) * 1000


if __name__ == "__main__":
    main()
