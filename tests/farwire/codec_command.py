"""`farwire codec` run as a person runs it, and the known frames of tests/vectors to run it on."""

import contextlib
import io
import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from farwire.cli import main
from farwire_codecs import ports, schema_table
from farwire_codecs.schema import Channel, Schema, Shape

VECTORS = Path(__file__).resolve().parents[1] / "vectors"

_PORTS = {
    "acknowledgement": ports.ACKNOWLEDGEMENT,
    "alarm": ports.ALARM,
    "state_report": ports.STATE,
    "command": ports.COMMAND,
    "command_answer": ports.COMMAND_ANSWER,
    "configuration_piece": ports.CONFIGURATION,
    "log_piece": ports.LOG,
    "history": ports.HISTORY,
}
_LPP_PORTS = {
    "uplink-dynamic": ports.LPP_DYNAMIC,
    "conflict": ports.LPP_DYNAMIC,
    "odd-but-legal": ports.LPP_DYNAMIC,
    "malformed": ports.LPP_DYNAMIC,
    "uplink-packed": ports.LPP_PACKED,
    "downlink-actuator": ports.LPP_ACTUATORS,
    "downlink-device-period": ports.LPP_DEVICE_PERIOD,
    "uplink-device-period": ports.LPP_DEVICE_PERIOD,
    "downlink-sensor-period": ports.LPP_SENSOR_PERIOD,
    "downlink-sensor-enable": ports.LPP_SENSOR_ENABLE,
}


class Ran(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return its one line of JSON."""
        return json.loads(self.out)


class Frame(NamedTuple):
    """A known frame, and the options that a receiver needs."""

    name: str
    port: int
    hex: str
    options: tuple[str, ...] = ()


def codec(*argv: str, stdin: str = "") -> Ran:
    """Run `farwire codec` with these arguments; Ctrl-C goes on to end the tests."""
    out, err = io.StringIO(), io.StringIO()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    terminal, sys.stdin = sys.stdin, io.StringIO(stdin)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(["codec", *argv])
    finally:
        sys.stdin = terminal
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return Ran(code, out.getvalue(), err.getvalue())


def decoded(port: int, payload: str, *options: str) -> Any:
    """Return a frame as JSON."""
    ran = codec("decode", "--port", str(port), "--json", payload, *options)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran.json


def encoded(message: Any, *options: str) -> str:
    """Return the frame, in hex, of a message."""
    ran = codec("encode", json.dumps(message), *options)
    assert (ran.code, ran.err) == (0, ""), ran
    return ran.out.removesuffix("\n")


def schema_hex(schema: Schema) -> str:
    """Return a schema as --schema takes it."""
    return bytes([schema.schema_id]).hex() + schema_table.to_bytes(schema).hex()


def known_frames() -> Iterator[Frame]:
    """Yield every frame in tests/vectors that is a whole frame of a port."""
    for case in _cases("frames.json", "cases") + _cases("history.json", "cases"):
        if case["frame"] in _PORTS:
            yield Frame(case["name"], _PORTS[case["frame"]], case["hex"], _schema_of(case))
    for case in _cases("configuration.json", "cases"):
        for index, frame in enumerate(case["frames"]):
            payload = (frame[0] + frame[2]).replace(" ", "")
            yield Frame(f"{case['name']}, frame {index}", ports.CONFIGURATION, payload)
    for vector in _cases("lpp.json", "vectors"):
        if vector["kind"] in _LPP_PORTS and vector["hex"]:
            yield Frame(vector["id"], _LPP_PORTS[vector["kind"]], vector["hex"])


def _cases(file: str, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((VECTORS / file).read_text())[key]
    return found


def _schema_of(case: dict[str, Any]) -> tuple[str, ...]:
    given = case.get("schema")
    if given is None:
        return ()
    channels = tuple(Channel(*each) for each in given["channels"])
    shapes = tuple(Shape(*each) for each in given.get("shapes", ()))
    return ("--schema", schema_hex(Schema(given["schema_id"], channels, given["interval_s"], shapes)))
