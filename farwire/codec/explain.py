"""A frame byte by byte: which field each byte is of, its value and what it means.

Each frame is walked field after field as codecs/README.md lays it out, without its decoder; where a walk ends
early, the rest of the bytes is one part that says why.
"""

from collections.abc import Callable, Mapping

from farwire.codec import explain_configuration, explain_history, explain_lpp
from farwire.codec.lpp_json import AGREED
from farwire.codec.messages import LPP_HISTORY, Known, frame_of
from farwire.codec.parts import Part, Walk
from farwire.codec.small_json import CONDITIONS, ERASED, RESULTS, named, readable, stored
from farwire_codecs import acknowledgement, fields, ports, state_report
from farwire_codecs.errors import CodecError, MalformedError


def explain(f_port: int, payload: bytes, known: Known) -> list[Part]:
    """Return the parts of a frame, which are all of its bytes in order, each once; raises CodecError only for
    a port without frames."""
    frame = frame_of(f_port)
    walk = Walk(frame, payload)
    try:
        if frame == "history":
            explain_history.explain(walk, known.schemas)
        elif frame in _WALKS:
            _WALKS[frame](walk)
            walk.end()
        else:
            channel = f_port - ports.LPP_HISTORY_FIRST if frame == LPP_HISTORY else 0
            explain_lpp.items(walk, frame, known.profile, known.padded, channel)
    except CodecError as error:
        walk.rest(str(error))
    return walk.parts


def _acknowledgement(walk: Walk) -> None:
    names = {
        acknowledgement.SCHEMA_WANTED: "schema wanted",
        acknowledgement.HAS_BITMAP: "bitmap",
        acknowledgement.BASE_WANTED: "base wanted",
    }
    flags = walk.flags(names)
    through = walk.variable("through")
    walk.meant(f"every record up to {through} is stored" if through else "no record yet")
    alarms = walk.variable("alarms_through")
    walk.meant(f"every alarm up to {alarms} is stored" if alarms else "no alarm yet")
    if flags & acknowledgement.HAS_BITMAP:
        size = walk.whole("length", 1, "bytes of the bitmap")
        start = walk.position
        bitmap = walk.chunk("bitmap", size)
        found = acknowledgement.Acknowledgement(through, bitmap, alarms, False, False)
        walk.add(start, "bitmap", "", "stored too: " + ", ".join(map(str, stored(found))))


def _alarm(walk: Walk) -> None:
    count = walk.flags({}, "alarms")
    number = 0
    for _ in range(count):
        step = walk.variable("number")
        number += step + 1
        walk.meant(f"alarm {number}")
        walk.whole("channel", 1)
        type_id = walk.whole("type", 1)
        name = AGREED.names.get(type_id)
        walk.meant(name.name if name else "not in the table of types")
        shape = walk.whole("condition", 1)
        known = shape & 0x3F
        if known not in CONDITIONS.values():
            raise MalformedError(f"condition {known}, expected one of {', '.join(CONDITIONS)}")
        walk.meant(
            f"{named(CONDITIONS, known)} {'started' if shape & 0x80 else 'ended'}"
            + (", no value" if shape & 0x40 else "")
        )
        age = walk.variable("age")
        walk.meant(f"{age * fields.EIGHTH_MS / 1000:g} s before the end of the transmission")
        if not shape & 0x40:
            explain_lpp.value(walk, type_id, AGREED)


def _state(walk: Walk) -> None:
    flags = walk.flags({1: "oldest alarm"})
    digest = walk.whole("configuration hash", 4)
    walk.meant(f"{digest:08x}")
    reason = walk.whole("reset reason", 1)
    if reason < len(state_report.RESET_REASONS):
        walk.meant(state_report.RESET_REASONS[reason])
    walk.variable("uptime", "s")
    battery = walk.variable("battery")
    walk.meant("mV" if battery else "mains, or unknown")
    oldest = walk.variable("oldest record", "the oldest one still held")
    held = walk.variable("next record")
    walk.meant(f"{held} held, the next will be {oldest + held}")
    walk.variable("dropped records", "given up since the first start")
    walk.variable("sampling interval", "s")
    if flags & 1:
        walk.variable("oldest alarm", "those before it that did not come were erased")


def _command(walk: Walk) -> None:
    kind = walk.flags({1: "set output", 2: "report state", 3: "reboot", 4: "send log", 5: "erase"}, "kind")
    walk.whole("number", 2, "of the command")
    if kind == 1:
        walk.whole("channel", 1, "of the output")
        start = walk.position
        value = walk.signed("value", 2)
        walk.add(start, "value", value, f"{value / 100:g}")
    elif kind == 4:
        report = walk.whole("kind", 1)
        walk.meant({0: "log", 1: "crash report"}.get(report, "not known"))
        walk.variable("offset", "byte of the report to start from")
    elif kind == 5:
        what = walk.whole("what", 1)
        walk.meant(", ".join([name for name, flag in ERASED.items() if what & flag]) or "nothing")


def _answer(walk: Walk) -> None:
    walk.flags({number: name for name, number in RESULTS.items()}, "result")
    walk.whole("number", 2, "of the command")


def _log(walk: Walk) -> None:
    walk.flags({1: "last piece", 2: "crash report"})
    walk.whole("number", 2, "of the report")
    walk.variable("offset", "byte of the report that the data starts at")
    size = walk.whole("length", 1, "bytes of data")
    start = walk.position
    data = walk.chunk("data", size)
    walk.add(start, "data", "", readable(data))


_WALKS: Mapping[str, Callable[[Walk], None]] = {
    "lpp_actuators": explain_lpp.actuators,
    "lpp_device_period": explain_lpp.device_period,
    "lpp_sensor_period": explain_lpp.sensor_periods,
    "lpp_sensor_enable": explain_lpp.sensor_enable,
    "alarm": _alarm,
    "state_report": _state,
    "command_answer": _answer,
    "log_piece": _log,
    "acknowledgement": _acknowledgement,
    "command": _command,
    "configuration": explain_configuration.piece,
}
