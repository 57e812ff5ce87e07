"""Vendors' codec files as TS013-1.0.0 (Payload Codec API) defines them. Host only.

A file defines `decodeUplink({bytes, fPort, recvTime})` and perhaps `normalizeUplink({data})`,
`decodeDownlink({bytes, fPort})` and `encodeDownlink({data})`. Decoders return `{data, errors, warnings}`, the
encoder `{bytes, fPort, errors, warnings}`. Older forms: `ts013_engine.FORMS`. As in ChirpStack, functions get
`variables` too, which is empty here; as in The Things Stack, `encodeDownlink` the port that was asked for.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

from farwire_codecs import ts013_engine
from farwire_codecs.ts013_engine import DEFAULT_LIMITS, Limits
from farwire_codecs.ts013_errors import ScriptOutputError, ScriptReportedError

LONGEST_PAYLOAD = 242
"""Bytes of a LoRaWAN frame's payload (RP002-1.0.4 §2, the largest N of any region)."""

LARGEST_PORT = 223
"""The largest FPort of an application (LoRaWAN 1.0.4 §4.3.2)."""

MOST_MESSAGES, LONGEST_MESSAGE = 20, 300
"""Of the errors and warnings of one output so many are kept, and so many characters of each."""


class Engine(Protocol):
    """What runs the functions: `ts013_engine` here, or a `ts013_process.ScriptProcess` elsewhere."""

    def functions(self, name: str, source: str, limits: Limits) -> tuple[str, ...]:
        """Return which functions a file has."""

    def call(self, name: str, source: str, function: str, value: dict[str, Any], limits: Limits) -> Any:
        """Return what a function returns."""


class InThisThread:
    """The engine without a process of its own: enough for files that one trusts not to hang."""

    functions = staticmethod(ts013_engine.functions)
    call = staticmethod(ts013_engine.call)


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a decoder made of bytes, or a normaliser of that."""

    data: Any  # a dict or list of JSON; no NaN, no infinity, no lone surrogate
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Encoded:
    """A downlink's bytes."""

    payload: bytes
    f_port: int | None  # None: the file leaves it to the caller
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Codec:
    """A codec file, ready to be called. Its functions raise ScriptError and nothing else."""

    name: str
    source: str
    limits: Limits
    engine: Engine
    functions: tuple[str, ...]  # of ts013_engine.FORMS, those that it has

    def decode_uplink(self, payload: bytes, f_port: int, recv_time_ms: int) -> Decoded:
        """Return what an uplink says; `recv_time_ms` UTC. Raises ScriptReportedError where the file does."""
        value = {**_frame(payload, f_port), "recvTime": recv_time_ms, "variables": {}}
        return self._decoded("decodeUplink", value)

    def normalize_uplink(self, data: Any) -> Decoded:
        """Return `data` of decode_uplink under the names of The Things Stack's normalised payload."""
        return self._decoded("normalizeUplink", {"data": data})

    def decode_downlink(self, payload: bytes, f_port: int) -> Decoded:
        """Return what a downlink says."""
        return self._decoded("decodeDownlink", _frame(payload, f_port))

    def encode_downlink(self, data: Any, f_port: int | None = None) -> Encoded:
        """Return the frame of a command; `f_port` is what the caller would take."""
        where = f"codec {self.name}: encodeDownlink"
        value = {"data": data, "variables": {}} | ({} if f_port is None else {"fPort": f_port})
        output = self._output("encodeDownlink", value)
        payload = output.get("bytes")
        if not isinstance(payload, list) or not all(isinstance(each, (int, float)) for each in payload):
            raise ScriptOutputError(f"{where} returned bytes {_shown(payload)}, expected a list of numbers")
        whole = [each for each in payload if 0 <= each <= 255 and each == int(each)]
        if len(whole) != len(payload) or len(payload) > LONGEST_PAYLOAD:
            raise ScriptOutputError(
                f"{where} returned bytes {_shown(payload)}, expected at most {LONGEST_PAYLOAD} from 0 to 255"
            )
        port = output.get("fPort")
        if port is not None and not (isinstance(port, int) and 1 <= port <= LARGEST_PORT):
            raise ScriptOutputError(f"{where} returned fPort {_shown(port)}, expected 1 to {LARGEST_PORT}")
        return Encoded(bytes(map(int, whole)), f_port if port is None else port, _texts(output, "warnings"))

    def output(self, function: str, value: dict[str, Any]) -> dict[str, Any]:
        """Return all that a function of ts013_engine.FORMS returns for an input, reported errors included.

        `recvTime` in the input is in ms since 1970 and becomes a Date.
        """
        where = f"codec {self.name}: {function}"
        returned = self.engine.call(self.name, self.source, function, value, self.limits)
        output = _clean(returned, self.limits.output_depth, where)
        if not isinstance(output, dict):
            raise ScriptOutputError(f"{where} returned {_shown(output)}, expected an object")
        return output

    def _decoded(self, function: str, value: dict[str, Any]) -> Decoded:
        output = self._output(function, value)
        data = output.get("data")
        if not isinstance(data, dict | list):
            raise ScriptOutputError(
                f"codec {self.name}: {function} returned data {_shown(data)}, expected an object"
            )
        return Decoded(data, _texts(output, "warnings"))

    def _output(self, function: str, value: dict[str, Any]) -> dict[str, Any]:
        """Return an output without errors."""
        output = self.output(function, value)
        errors = _texts(output, "errors")
        if errors:
            raise ScriptReportedError(f"codec {self.name}: {function} reports: {'; '.join(errors)}")
        return output


def load(name: str, source: str, limits: Limits = DEFAULT_LIMITS, engine: Engine | None = None) -> Codec:
    """Return the codec of a file's text; `name` stands in messages. Raises ScriptFileError with the line."""
    engine = engine or InThisThread()
    return Codec(name, source, limits, engine, engine.functions(name, source, limits))


def _frame(payload: bytes, f_port: int) -> dict[str, Any]:
    return {"bytes": list(payload), "fPort": f_port}


def _clean(value: Any, depth: int, where: str) -> Any:
    """Return JSON without what cannot be passed on; raises ScriptOutputError if it is nested too deep."""
    if depth < 0:
        raise ScriptOutputError(f"{where} returned data that are nested too deep")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(key): _clean(each, depth - 1, where) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each, depth - 1, where) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None  # JSON has digits for more than a double holds
    return value


def _text(text: str) -> str:
    """Return text in which halves of surrogate pairs are question marks."""
    return text.encode("utf-8", "replace").decode()


def _texts(output: dict[str, Any], key: str) -> tuple[str, ...]:
    """Return errors or warnings; a single one that is no list counts too."""
    found = output.get(key)
    if not found:
        return ()
    listed = found if isinstance(found, list) else [found]
    return tuple(str(each)[:LONGEST_MESSAGE] for each in listed[:MOST_MESSAGES])


def _shown(value: Any) -> str:
    return repr(value)[:80]
