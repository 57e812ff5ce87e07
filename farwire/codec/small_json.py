"""Alarm, state report, command, command answer, log piece, acknowledgement: messages <-> JSON.

The forms are those of the codec for ChirpStack's UI (codecs/README.md), so that one can be pasted there.
"""

from typing import Any

from farwire.codec import given as check
from farwire.codec.lpp_json import AGREED, meaning, read_meaning
from farwire_codecs import acknowledgement, alarm, command, fields, log_piece, state_report
from farwire_codecs.errors import MalformedError, RangeError
from farwire_codecs.lpp_types import to_raw

CONDITIONS = {
    name: getattr(alarm, name) for name in ("HIGH", "LOW", "RATE", "STUCK", "SENSOR_FAILED", "OUT_OF_NORMAL")
}
RESULTS = {
    name: getattr(command, name)
    for name in ("DONE", "REFUSED_UNKNOWN", "REFUSED_CHANNEL", "REFUSED_VALUE", "FAILED")
}
REPORT_KINDS = {"log": log_piece.LOG, "crash_report": log_piece.CRASH_REPORT}
RESET_REASONS = {name: index for index, name in enumerate(state_report.RESET_REASONS)}
COMMANDS = {
    "set_output": command.SetOutput,
    "report_state": command.ReportState,
    "reboot": command.Reboot,
    "send_log": command.SendLog,
    "erase": command.Erase,
}
ERASED = {"records": command.RECORDS, "alarms": command.ALARMS, "logs": command.LOGS}

_ANALOG_OUTPUT = 3  # has the steps and the range of an actuator's value
_OLDEST_S = 1 << 42  # more than the records of any history batch can be apart
_EIGHTHS = 1000 // fields.EIGHTH_MS
_STATE_NUMBERS = (
    "uptime_s",
    "battery_mv",
    "oldest_record",
    "next_record",
    "dropped_records",
    "sampling_interval_s",
)
_OLDEST_ALARM = "oldest_alarm"  # only where some were erased


def named(names: dict[str, int], number: int) -> str:
    """Return the name of a number."""
    return next(name for name, known in names.items() if known == number)


def age_ms(name: str, age_s: Any) -> int:
    """Return an age in ms; raises RangeError unless it is one in 1/8 s."""
    seconds = check.number(name, age_s)
    if not 0 <= seconds <= _OLDEST_S or seconds * _EIGHTHS != int(seconds * _EIGHTHS):
        raise RangeError(f"{name} is {check.shown(age_s)}, expected seconds from 0 on, in steps of 0.125")
    return int(seconds * 1000)


def hundredths(name: str, value: Any) -> int:
    """Return a value x 100, rounded to the nearest, halves away from zero."""
    number = check.number(name, value)
    try:
        return to_raw(_ANALOG_OUTPUT, (number,))[0]
    except RangeError:
        raise RangeError(f"{name} is {check.shown(value)}, expected -327.68 to 327.67") from None


def show_alarms(alarms: list[alarm.Alarm]) -> dict[str, Any]:
    """Return the body of an alarm frame."""
    rows = []
    for each in alarms:
        row = {
            "number": each.number,
            "channel": each.channel,
            "type": each.type_id,
            "condition": named(CONDITIONS, each.condition),
            "active": each.active,
            "age_s": each.age_ms / 1000,
        }
        known = each.raw is not None or each.type_id in AGREED.types
        rows.append(row | (meaning(each.type_id, each.raw) if known else {}))
    return {"alarms": rows}


def read_alarms(body: dict[str, Any], limit: int) -> bytes:
    """Return the frame."""
    alarms = []
    for index, row in enumerate(check.a_list("alarms", body["alarms"])):
        where = f"alarm {index}"
        needed = ("number", "channel", "condition", "active", "age_s")
        check.an_object(where, row, needed, ("type", "name", "unit", "value", "raw", "time"))
        if row.get("type") in AGREED.types or "type" not in row or {"value", "raw"} & row.keys():
            type_id, raw = read_meaning(where, row)
        else:
            type_id, raw = check.whole(f"{where}: type", row["type"], 0, 255), None
        alarms.append(
            alarm.Alarm(
                check.whole(f"{where}: number", row["number"], 1),
                check.whole(f"{where}: channel", row["channel"], 0, 255),
                type_id,
                check.one_of(f"{where}: condition", row["condition"], CONDITIONS),
                check.flag(f"{where}: active", row["active"]),
                age_ms(f"{where}: age_s", row["age_s"]),
                raw,
            )
        )
    if not 1 <= len(alarms) <= alarm.MAXIMUM_ALARMS:
        raise MalformedError(f"alarms are {len(alarms)}, expected 1 to {alarm.MAXIMUM_ALARMS}")
    frame, count = alarm.encode(alarms, limit)
    if count < len(alarms):
        raise RangeError(f"{count} of {len(alarms)} alarms fit into a limit of {limit} bytes")
    return frame


def show_state(report: state_report.StateReport) -> dict[str, Any]:
    """Return the body of a state report."""
    body: dict[str, Any] = {
        "configuration_hash": f"{report.configuration_hash:08x}",
        "reset_reason": state_report.RESET_REASONS[report.reset_reason],
    }
    for name in _STATE_NUMBERS:
        body[name] = getattr(report, name)
        if name == "next_record":
            body["held_records"] = report.next_record - report.oldest_record
    body[_OLDEST_ALARM] = report.oldest_alarm
    return body


def read_state(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame."""
    check.an_object(
        "state_report",
        body,
        ("configuration_hash", "reset_reason", *_STATE_NUMBERS),
        ("held_records", _OLDEST_ALARM),
    )
    digest = check.octets("configuration_hash", body["configuration_hash"])
    if len(digest) != 4:
        raise RangeError(f"configuration_hash has {len(digest)} bytes, expected 4")
    reason = check.one_of("reset_reason", body["reset_reason"], RESET_REASONS)
    numbers = [check.whole(name, body[name]) for name in _STATE_NUMBERS]
    numbers.append(check.whole(_OLDEST_ALARM, body.get(_OLDEST_ALARM, 0)))
    report = state_report.StateReport(int.from_bytes(digest, "big"), reason, *numbers)
    if "held_records" in body:
        check.same("held_records", body["held_records"], report.next_record - report.oldest_record)
    return state_report.encode(report)


def show_answer(answer: command.CommandAnswer) -> dict[str, Any]:
    """Return the body of a command answer."""
    return {"number": answer.number, "result": named(RESULTS, answer.result)}


def read_answer(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame."""
    check.an_object("command_answer", body, ("number", "result"))
    result = check.one_of("result", body["result"], RESULTS)
    return command.encode_answer(command.CommandAnswer(check.whole("number", body["number"]), result))


def show_log(piece: log_piece.LogPiece) -> dict[str, Any]:
    """Return the body of a log piece; `text` for the eye, `data` is exact."""
    return {
        "kind": named(REPORT_KINDS, piece.kind),
        "number": piece.number,
        "offset": piece.offset,
        "last": piece.last,
        "text": readable(piece.data),
        "data": piece.data.hex(),
    }


def read_log(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame, of `data` or of a `text` alone."""
    check.an_object("log_piece", body, ("kind", "number", "offset", "last"), ("text", "data"))
    if "data" in body:
        data = check.octets("data", body["data"])
        if "text" in body:
            check.same("text", body["text"], readable(data))
    elif isinstance(body.get("text"), str):
        data = body["text"].encode("utf-8", "replace")
    else:
        raise MalformedError("log_piece has neither data nor text")
    kind = check.one_of("kind", body["kind"], REPORT_KINDS)
    number, offset = check.whole("number", body["number"]), check.whole("offset", body["offset"])
    return log_piece.encode(log_piece.LogPiece(kind, number, offset, check.flag("last", body["last"]), data))


def readable(data: bytes) -> str:
    """Return bytes of a text as one reads them: line ends, tabs and ASCII as they are, others as \\xff."""
    return "".join(
        chr(byte) if 0x20 <= byte < 0x7F or byte in b"\n\r\t" else f"\\x{byte:02x}" for byte in data
    )


def show_command(order: Any) -> dict[str, Any]:
    """Return the body of a command."""
    kind = next(name for name, known in COMMANDS.items() if isinstance(order, known))
    body: dict[str, Any] = {"number": order.number}
    if isinstance(order, command.SetOutput):
        body |= {"channel": order.channel, "value": order.value_x100 / 100}
    elif isinstance(order, command.SendLog):
        body |= {"kind": named(REPORT_KINDS, order.report_kind), "offset": order.offset}
    elif isinstance(order, command.Erase):
        body |= {"what": [name for name, flag in ERASED.items() if order.what & flag]}
    return {"command": {kind: body}}


def read_command(body: dict[str, Any], _limit: int) -> bytes:
    """Return the frame."""
    given = check.an_object("command", body["command"], (), tuple(COMMANDS))
    if len(given) != 1:
        raise MalformedError(f"command has {len(given)} keys, expected one of {', '.join(COMMANDS)}")
    ((kind, values),) = given.items()
    needed = {
        "set_output": ("number", "channel", "value"),
        "send_log": ("number", "kind"),
        "erase": ("number", "what"),
    }
    check.an_object(kind, values, needed.get(kind, ("number",)), ("offset",) if kind == "send_log" else ())
    number = check.whole("number", values["number"], 0, 0xFFFF)
    if kind == "set_output":
        channel = check.whole("channel", values["channel"], 0, 255)
        return command.encode(command.SetOutput(number, channel, hundredths("value", values["value"])))
    if kind == "send_log":
        report = check.one_of("kind", values["kind"], REPORT_KINDS)
        offset = check.whole("offset", values.get("offset", 0))
        return command.encode(command.SendLog(number, report, offset))
    if kind == "erase":
        return command.encode(command.Erase(number, _erased(values["what"])))
    return command.encode(COMMANDS[kind](number))


def _erased(what: Any) -> int:
    """Return the flags of what is to be erased; raises RangeError unless they are named, each once."""
    if not isinstance(what, list) or not what:
        raise RangeError(f"what is {check.shown(what)}, expected some of {', '.join(ERASED)}")
    flags = [check.one_of("what to erase", name, ERASED) for name in what]
    if len(set(flags)) < len(flags):
        raise RangeError(f"what is {check.shown(what)}, expected each of {', '.join(ERASED)} once at most")
    return sum(flags)


def show_acknowledgement(found: acknowledgement.Acknowledgement) -> dict[str, Any]:
    """Return the body of an acknowledgement, the bitmap as the records that it names."""
    return {
        "acknowledgement": {
            "through": found.through,
            "alarms_through": found.alarms_through,
            "stored": stored(found),
            "schema_wanted": found.schema_wanted,
            "base_wanted": found.base_wanted,
        }
    }


def stored(found: acknowledgement.Acknowledgement) -> list[int]:
    """Return the records above `through` that are stored."""
    bitmap = found.stored_above
    return [found.through + 2 + bit for bit in range(8 * len(bitmap)) if bitmap[bit >> 3] >> (bit & 7) & 1]


def read_acknowledgement(body: dict[str, Any], limit: int) -> bytes:
    """Return the frame; raises RangeError where not all of `stored` fits."""
    wants = ("schema_wanted", "base_wanted")
    given = body["acknowledgement"]
    check.an_object("acknowledgement", given, ("through",), ("alarms_through", "stored", *wants))
    through = check.whole("through", given["through"])
    bitmap = bytearray(acknowledgement.MAXIMUM_BITMAP)
    for record in check.a_list("stored", given.get("stored", [])):
        bit = (
            check.whole("a record in stored", record, through + 2, through + 1 + 8 * len(bitmap))
            - through
            - 2
        )
        bitmap[bit >> 3] |= 1 << (bit & 7)
    flags = [check.flag(name, given.get(name, False)) for name in wants]
    alarms_through = check.whole("alarms_through", given.get("alarms_through", 0))
    wanted = acknowledgement.Acknowledgement(through, bytes(bitmap).rstrip(b"\x00"), alarms_through, *flags)
    frame = acknowledgement.encode(wanted, limit)
    if acknowledgement.decode(frame) != wanted:
        raise RangeError(f"stored does not fit into a limit of {limit} bytes")
    return frame
