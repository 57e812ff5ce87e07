"""One call of one function of a codec file, in a QuickJS context of its own. Host only; needs `quickjs-ng`.

Every call evaluates the file anew, so that nothing that a call leaves behind can change the next one, and no
context is ever used by two threads; that takes 0.3 ms for a file of 2 KB, 2 ms for one of 80 KB. Functions
and inputs are those of TS013-1.0.0; the older forms are what ChirpStack 3 (`Decode`, `Encode`) and The Things
Network 2 (`Decoder`, `Encoder`) called.

Time is CPU time of the whole process, checked by the engine between steps; a single built-in that runs for
long is not stopped here but by `ts013_process`.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import quickjs

from farwire_codecs.ts013_errors import (
    ScriptError,
    ScriptFileError,
    ScriptLimitError,
    ScriptOutputError,
    ScriptThrewError,
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may use."""

    cpu_s: float = 0.1  # as ChirpStack 4's codec.js.max_execution_time
    wall_s: float = 1.0  # after this the process that runs it is ended (`ts013_process`)
    memory_bytes: int = 8 * 1024 * 1024  # published files of 60 KB need 1 MiB
    stack_bytes: int = 256 * 1024  # QuickJS's own default
    source_chars: int = 1024 * 1024
    output_chars: int = 64 * 1024  # of JSON; a frame has 242 bytes, a verbose output of it some 10,000
    output_depth: int = 16


DEFAULT_LIMITS = Limits()

FORMS: dict[str, tuple[tuple[str, str], ...]] = {
    "decodeUplink": (
        ("decodeUplink", "f(i)"),
        ("Decode", "({data: f(i.fPort, i.bytes, i.variables)})"),
        ("Decoder", "({data: f(i.bytes, i.fPort)})"),
    ),
    "normalizeUplink": (("normalizeUplink", "f(i)"),),
    "decodeDownlink": (("decodeDownlink", "f(i)"),),
    "encodeDownlink": (
        ("encodeDownlink", "f(i)"),
        ("Encode", "({bytes: f(i.fPort, i.data, i.variables)})"),
        ("Encoder", "({bytes: f(i.data, i.fPort)})"),
    ),
}
"""Function of TS013 -> the names that a file may have it under, the best first, and how each is called."""

# Runs before the file and keeps the built-ins that it needs, so that a file that patches them harms only its
# own output. What published files use beside TS013: a console, whose lines go nowhere, and CommonJS exports.
_PRELUDE = """(() => {
  "use strict";
  const { parse, stringify } = JSON, { isView } = ArrayBuffer, list = Array.from;
  const Instant = Date, Failure = Error, text = String, number = Number, cut = (s) => text(s).slice(0, 300);
  const plain = (_, v) => typeof v === "bigint" ? number(v) : isView(v) ? list(v) : v;
  const silent = () => undefined;
  globalThis.console = { log: silent, info: silent, warn: silent, error: silent, debug: silent };
  globalThis.exports = {};
  globalThis.module = { exports: globalThis.exports };
  const told = (error) => {
    try {
      if (!(error instanceof Failure)) return { thrown: cut(error) };
      return { thrown: cut(error.name + ": " + error.message), stack: cut(error.stack) };
    } catch { return { thrown: "something that has no text" }; }
  };
  return (call, input, longest) => {
    try {
      const i = parse(input);
      if (i.recvTime !== undefined) i.recvTime = new Instant(i.recvTime);
      const output = stringify({ output: call(i) }, plain);
      return output.length > longest ? stringify({ long: output.length }) : output;
    } catch (error) { return stringify(told(error)); }
  };
})()"""

_BUFFER = Path(__file__).with_name("ts013_buffer.js").read_text(encoding="utf-8")

_LARGEST_EXACT = 2**53
_LINE = re.compile(r"<input>:(\d+)")
_MEMORY = "InternalError: out of memory"
_STACK = "RangeError: Maximum call stack size exceeded"


def functions(name: str, source: str, limits: Limits) -> tuple[str, ...]:
    """Return which functions of FORMS a file has; `name` stands in messages. Raises ScriptFileError."""
    context, _ = _evaluated(name, source, limits)
    found = tuple(function for function in FORMS if _found(context, function))
    if not found:
        raise ScriptFileError(
            f"codec {name} defines none of {', '.join(FORMS)}, Decode, Decoder, Encode, Encoder"
        )
    return found


def call(name: str, source: str, function: str, value: dict[str, Any], limits: Limits) -> Any:
    """Return what a function of FORMS returns for `value`, as JSON would carry it; None for nothing.

    `recvTime`, ms since 1970, becomes a Date. Raises ScriptError.
    """
    context, run = _evaluated(name, source, limits)
    where = f"codec {name}: {function}"
    form = _found(context, function)
    if not form:
        raise ScriptFileError(f"codec {name} defines no {function}")
    try:
        bound = context.eval(f"((f) => (i) => {form[1]})({form[0]})")
        text = run(bound, json.dumps(value), limits.output_chars)
        answer = json.loads(text, parse_int=_number)
    except quickjs.JSException as error:
        raise _stopped(where, str(error), limits) from error
    except (TypeError, ValueError, RecursionError) as error:
        raise ScriptOutputError(f"{where} returned what cannot be read: {str(error)[:200]}") from error
    if not isinstance(answer, dict):
        raise ScriptOutputError(f"{where} changed how objects become JSON: {text[:80]!r}")
    if "thrown" in answer:
        raise _threw(where, answer["thrown"], answer.get("stack", ""), limits)
    if "long" in answer:
        raise ScriptOutputError(
            f"{where} returned {answer['long']} characters of JSON, expected at most {limits.output_chars}"
        )
    return answer.get("output")


def _evaluated(name: str, source: str, limits: Limits) -> tuple[quickjs.Context, Any]:
    """Return a context in which the file ran, and the prelude's function."""
    if len(source) > limits.source_chars:
        raise ScriptFileError(
            f"codec {name} has {len(source)} characters, expected at most {limits.source_chars}"
        )
    if "\0" in source:
        raise ScriptFileError(f"codec {name} has a NUL character, expected JavaScript")
    context = quickjs.Context()
    context.set_memory_limit(limits.memory_bytes)
    context.set_max_stack_size(limits.stack_bytes)
    context.set_time_limit(limits.cpu_s)
    try:
        run = context.eval(_PRELUDE)
        if "Buffer" in source:
            context.eval(_BUFFER)
        context.eval(source + "\n;0")  # some values of a last expression cannot be brought to Python
    except quickjs.JSException as error:
        raise _not_a_codec(name, source, str(error), limits) from error
    return context, run


def _found(context: quickjs.Context, function: str) -> tuple[str, str] | None:
    """Return where a file has a function, and how it is called."""
    for name, form in FORMS[function]:
        for place in (name, f"exports.{name}", f"module.exports.{name}", f"driver.{name}"):
            try:
                if context.eval(f"typeof {place} === 'function'") is True:
                    return place, form
            except quickjs.JSException:
                continue  # there is no such object
    return None


def _number(digits: str) -> float:
    """Return a whole number as the double that it was; beyond 2^53 its digits do not tell all of it."""
    value = float(digits)
    return int(value) if abs(value) <= _LARGEST_EXACT else value


def _not_a_codec(name: str, source: str, text: str, limits: Limits) -> ScriptError:
    limit = _limit(text, limits)
    line = _LINE.search(text)
    place = f" line {min(int(line.group(1)), source.count(chr(10)) + 1)}" if line else ""
    return ScriptFileError(f"codec {name}{place}: {limit or text.splitlines()[0][:300]}")


def _stopped(where: str, text: str, limits: Limits) -> ScriptError:
    return ScriptLimitError(f"{where} {_limit(text, limits) or text.splitlines()[0][:300]}")


def _threw(where: str, text: str, stack: str, limits: Limits) -> ScriptError:
    limit = _limit(text, limits)
    if limit:
        return ScriptLimitError(f"{where} {limit}")
    line = _LINE.search(stack)
    place = f" in line {line.group(1)}" if line else ""
    return ScriptThrewError(f"{where} threw{place}: {text}")


def _limit(text: str, limits: Limits) -> str | None:
    """Return which limit an exception tells of; an engine without memory for a text throws null."""
    if text.startswith("InternalError: interrupted"):
        return f"ran for more than {limits.cpu_s * 1000:.0f} ms of CPU time"
    if text.startswith((_MEMORY, "null")):
        return f"needed more than {limits.memory_bytes} bytes of memory"
    if text.startswith(_STACK):
        return f"needed more than {limits.stack_bytes} bytes of stack"
    return None
