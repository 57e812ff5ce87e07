"""codecs/chirpstack/farwire.js under QuickJS, many calls at a time, or one as ChirpStack makes it."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from _quickjs import Context

from tests.micropython import CODECS

FILE = CODECS.parent / "chirpstack" / "farwire.js"
RECEIVED = "2026-03-01T12:00:00.000Z"

_EXACT_DIGITS = 16  # below 10^15 every integer is a double

MANY = 2000  # calls in one piece of JSON: large enough for speed, small enough for the heap

# The calls travel as [bytes in hex, FPort, variables], which is the least text.
_RUN = """
function runMany(name, text) {
  const run = farwire[name];
  return JSON.stringify(JSON.parse(text).map(run));
}
function runFrames(name, text) {
  const run = farwire[name];
  return JSON.stringify(
    JSON.parse(text).map(([frame, fPort, variables]) => {
      const bytes = [];
      for (let at = 0; at < frame.length; at += 2) {
        bytes.push(parseInt(frame.substr(at, 2), 16));
      }
      return run({ bytes, fPort, variables, recvTime: RECEIVED });
    })
  );
}
"""

# A module's exception is not seen from outside; what the limit of time raises cannot be caught inside.
_ENDS = ("globalThis.result", "globalThis.failure")
_CALL = """
let result;
try {
  result = FUNCTION(chirpstack_input);
} catch (error) {
  globalThis.failure = String(error);
}
export default result;
globalThis.result = result;
"""


class Engine:
    """One QuickJS with the codec in it."""

    def __init__(self) -> None:
        self.context = Context()
        self.context.eval(FILE.read_text(encoding="utf-8"))
        self.context.eval(f"const RECEIVED = new Date({json.dumps(RECEIVED)});" + _RUN)

    def decode_uplinks(self, frames: Iterable[tuple[int, bytes, dict[str, str]]]) -> Iterator[Any]:
        """Yield what decodeUplink returns for each FPort, payload and the device's variables."""
        return self._frames("decodeUplink", frames)

    def decode_uplink(self, f_port: int, payload: bytes, variables: dict[str, str] | None = None) -> Any:
        return next(self.decode_uplinks([(f_port, payload, variables or {})]))

    def decode_downlinks(self, frames: Iterable[tuple[int, bytes]]) -> Iterator[Any]:
        """Yield what decodeDownlink returns for each FPort and payload."""
        return self._frames("decodeDownlink", ((f_port, payload, {}) for f_port, payload in frames))

    def decode_downlink(self, f_port: int, payload: bytes) -> Any:
        return next(self.decode_downlinks([(f_port, payload)]))

    def encode_downlinks(self, objects: Iterable[Any]) -> Iterator[Any]:
        """Yield what encodeDownlink returns for each object that somebody typed."""
        return self._many("runMany", "encodeDownlink", ({"data": data} for data in objects))

    def encode_downlink(self, data: Any) -> Any:
        return next(self.encode_downlinks([data]))

    def evaluate(self, expression: str) -> Any:
        """Return an expression's value, by way of JSON."""
        return json.loads(self.context.eval(f"JSON.stringify({expression})"))

    def _frames(self, name: str, frames: Iterable[tuple[int, bytes, dict[str, str]]]) -> Iterator[Any]:
        return self._many("runFrames", name, ([payload.hex(), f_port, v] for f_port, payload, v in frames))

    def _many(self, runner: str, name: str, calls: Iterable[Any]) -> Iterator[Any]:
        run = self.context.get(runner)
        waiting = iter(calls)
        while piece := list(islice(waiting, MANY)):
            yield from json.loads(run(name, json.dumps(piece)), parse_int=_number)


def _number(text: str) -> float:
    """Return a number of JavaScript: all of them are doubles, and large ones are written without a point."""
    return int(text) if len(text) < _EXACT_DIGITS else float(text)


def call_as_chirpstack(function: str, argument: str, limit_s: float = 0.1) -> Any:
    """Return what ChirpStack gets of `function`, in a new engine with its limit of time.

    `argument` is JavaScript. As there (chirpstack d77207c, codec/js/mod.rs) the file stands in a module whose
    default export is the call. Raises RuntimeError for an exception in it, TimeoutError at the limit.
    """
    context = Context()
    context.set_time_limit(limit_s)
    context.eval(f"globalThis.chirpstack_input = {argument};")
    context.module(FILE.read_text(encoding="utf-8") + _CALL.replace("FUNCTION", function))
    result, failure = (json.loads(context.eval(f"JSON.stringify({name} ?? null)")) for name in _ENDS)
    if failure is not None:
        raise RuntimeError(failure)
    if result is None:
        raise TimeoutError(f"{function} took more than {limit_s} s")
    return result
