"""Command (FPort 221, down) and the node's answer (FPort 213, up).

A command has a number that the sender gives; a node executes a number once and answers each arrival of it.
The kind of a command, and the result of an answer, stand in the header's five bits.
"""

from collections import namedtuple

from farwire_codecs import fields, log_piece
from farwire_codecs.errors import MalformedError, UnknownCommandError

SetOutput = namedtuple("SetOutput", ("number", "channel", "value_x100"))
"""Set the output `channel` to value_x100 / 100 (-327.68 to 327.67), as Cayenne LPP's actuator command."""

ReportState = namedtuple("ReportState", ("number",))
Reboot = namedtuple("Reboot", ("number",))

SendLog = namedtuple("SendLog", ("number", "report_kind", "offset"))
"""Send the newest report of a kind (log_piece.LOG or CRASH_REPORT) in pieces, from its byte `offset` on."""

Erase = namedtuple("Erase", ("number", "what"))
"""Give up for good what is held: `what` some of RECORDS, ALARMS and LOGS (the log and the crash report)."""

CommandAnswer = namedtuple("CommandAnswer", ("number", "result"))
"""`result` one of RESULTS."""

DONE = 1
REFUSED_UNKNOWN = 2
REFUSED_CHANNEL = 3
REFUSED_VALUE = 4
FAILED = 5
RESULTS = (DONE, REFUSED_UNKNOWN, REFUSED_CHANNEL, REFUSED_VALUE, FAILED)  # farwire.v1.CommandResult

RECORDS = 0x01
ALARMS = 0x02
LOGS = 0x04
ALL_HELD = RECORDS | ALARMS | LOGS

_SET_OUTPUT = 1
_REPORT_STATE = 2
_REBOOT = 3
_SEND_LOG = 4
_ERASE = 5


def encode(command: SetOutput | ReportState | Reboot | SendLog | Erase) -> bytes:
    """Return the frame, 3 to 7 bytes; the command's number is 0 to 65,535. Raises RangeError."""
    if isinstance(command, SetOutput):
        out = _start(_SET_OUTPUT, command.number)
        fields.put_unsigned(out, "channel", command.channel, 1)
        fields.put_signed(out, "value_x100", command.value_x100, 2)
        return bytes(out)
    if isinstance(command, SendLog):
        out = _start(_SEND_LOG, command.number)
        out.append(fields.checked("report_kind", command.report_kind, 0, log_piece.KINDS[-1]))
        fields.put_varint(out, "offset", log_piece.checked_offset(command.offset))
        return bytes(out)
    if isinstance(command, Erase):
        out = _start(_ERASE, command.number)
        out.append(fields.checked("what", command.what, 1, ALL_HELD))
        return bytes(out)
    return bytes(_start(_REPORT_STATE if isinstance(command, ReportState) else _REBOOT, command.number))


def decode(payload: bytes) -> SetOutput | ReportState | Reboot | SendLog | Erase:
    """Return the command; raises CodecError: UnknownCommandError for one of another kind, and for an Erase of
    more than is known here, of which nothing may be carried out."""
    cursor = fields.Cursor("command", payload)
    kind = cursor.header(0x1F)
    number = cursor.unsigned("number", 2)
    if not _SET_OUTPUT <= kind <= _ERASE:
        raise UnknownCommandError(number, kind)
    command: SetOutput | ReportState | Reboot | SendLog | Erase
    if kind == _SET_OUTPUT:
        channel = cursor.unsigned("channel", 1)
        command = SetOutput(number, channel, cursor.signed("value_x100", 2))
    elif kind == _REPORT_STATE:
        command = ReportState(number)
    elif kind == _SEND_LOG:
        report_kind = fields.checked("report_kind", cursor.unsigned("report_kind", 1), 0, log_piece.KINDS[-1])
        command = SendLog(number, report_kind, log_piece.checked_offset(cursor.varint("offset")))
    elif kind == _ERASE:
        what = cursor.unsigned("what", 1)
        if what & ~ALL_HELD:
            raise UnknownCommandError(number, kind, what)
        command = Erase(number, fields.checked("what", what, 1, ALL_HELD))
    else:
        command = Reboot(number)
    cursor.end()
    return command


def encode_answer(answer: CommandAnswer) -> bytes:
    """Return the frame, 3 bytes."""
    fields.checked("result", answer.result, RESULTS[0], RESULTS[-1])
    return bytes(_start(answer.result, answer.number))


def decode_answer(payload: bytes) -> CommandAnswer:
    """Return the answer; raises CodecError."""
    cursor = fields.Cursor("command answer", payload)
    result = cursor.header(0x1F)
    number = cursor.unsigned("number", 2)
    cursor.end()
    if result not in RESULTS:
        raise MalformedError(f"command answer: result is {result}, expected one of {RESULTS}")
    return CommandAnswer(number, result)


def _start(bits: int, number: int) -> bytearray:
    out = bytearray((fields.header(bits),))
    fields.put_unsigned(out, "number", number, 2)
    return out
