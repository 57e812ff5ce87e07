"""The process that runs codec files for `ts013_process`: a line of JSON in, a line of JSON out. Host only.

It ends when its input ends, and by an alarm when a call takes too long, even if nobody is left to end it.
"""

import json
import signal
import sys
from typing import Any

from farwire_codecs import ts013_engine
from farwire_codecs.ts013_engine import Limits
from farwire_codecs.ts013_errors import ScriptError


def main() -> None:
    """Answer requests until there are no more."""
    sources: dict[str, str] = {}
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["source"] is not None:
            sources[request["name"]] = request["source"]
        answer = _answer(request, sources[request["name"]], Limits(**request["limits"]))
        sys.stdout.buffer.write(json.dumps(answer).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()


def _answer(request: dict[str, Any], source: str, limits: Limits) -> dict[str, Any]:
    _alarm(limits.wall_s)
    try:
        if request["function"] is None:
            return {"output": ts013_engine.functions(request["name"], source, limits)}
        value = ts013_engine.call(request["name"], source, request["function"], request["value"], limits)
        return {"output": value}
    except ScriptError as error:
        return {"error": type(error).__name__, "message": str(error)}
    finally:
        _alarm(0)


def _alarm(seconds: float) -> None:
    """End this process in so many seconds; 0: not any more. Where there are no timers the parent does it."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main()
