"""Known answers for our own frames (tests/vectors/frames.json) as messages of farwire_codecs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from farwire_codecs import acknowledgement, alarm, batch, command, configuration, log_piece, state_report
from farwire_codecs.schema import Channel, Schema

PATH = Path(__file__).parent.parent / "vectors" / "frames.json"
CASES: list[dict[str, Any]] = json.loads(PATH.read_text())["cases"]


def nothing_known(schema_id: int) -> None:
    """Stand for a receiver that has no schema yet."""


def schema_of(case: dict[str, Any]) -> Schema:
    message = case["message"]
    return Schema(message["schema_id"], tuple(Channel(*channel) for channel in message["channels"]))


def document_of(settings: list[list[Any]]) -> tuple[configuration.Setting, ...]:
    """Return a document; the vectors write a secret as {"secret": its bytes in hex}."""
    return tuple(configuration.Setting(key, index, _setting_value(value)) for key, index, value in settings)


def _setting_value(value: Any) -> Any:
    return bytes.fromhex(value["secret"]) if isinstance(value, dict) else value


def message_of(case: dict[str, Any]) -> Any:
    """Return the message that the case's bytes mean."""
    return _MESSAGES[case["frame"]](case)


def encoded(case: dict[str, Any]) -> bytes:
    """Return what farwire_codecs encodes the case's message to."""
    message = message_of(case)
    match case["frame"]:
        case "acknowledgement":
            return acknowledgement.encode(message, 51)
        case "alarm":
            return alarm.encode(message, 51)[0]
        case "state_report":
            return state_report.encode(message)
        case "command":
            return command.encode(message)
        case "command_answer":
            return command.encode_answer(message)
        case "configuration_document":
            return configuration.encode_document(message)
        case "configuration_piece":
            new, limit = document_of(case["document"]), case["limit"]
            if "base" not in case:
                return configuration.pieces(new, limit)[message.index]
            return configuration.difference_pieces(document_of(case["base"]), new, limit)[message.index]
        case "log_piece":
            return log_piece.encode(message)
    records = [batch.Record(number, time_s, _values(values)) for number, time_s, values in case["records"]]
    wanted = case["message"]["acknowledgement_wanted"]
    return batch.encode(schema_of(case), records, case["tx_end_ms"], 51, wanted, case["inline_schema"])[0]


def decoded(case: dict[str, Any], payload: bytes) -> Any:
    """Return what farwire_codecs decodes a payload of the case's kind to."""
    return _DECODERS[case["frame"]](case, payload)


def _values(values: list[Any]) -> tuple[tuple[int, ...] | None, ...]:
    return tuple(None if raw is None else tuple(raw) for raw in values)


def _alarm(fields: dict[str, Any]) -> alarm.Alarm:
    return alarm.Alarm(**fields | {"raw": None if fields["raw"] is None else tuple(fields["raw"])})


def _command(fields: dict[str, Any]) -> Any:
    return getattr(command, fields["kind"])(**{name: fields[name] for name in fields if name != "kind"})


def _acknowledgement(fields: dict[str, Any]) -> acknowledgement.Acknowledgement:
    bitmap = bytes.fromhex(fields["stored_above"])
    return acknowledgement.Acknowledgement(**fields | {"stored_above": bitmap})


def _piece(fields: dict[str, Any]) -> configuration.Piece:
    return configuration.Piece(**fields | {"data": bytes.fromhex(fields["data"])})


def _log_piece(fields: dict[str, Any]) -> log_piece.LogPiece:
    return log_piece.LogPiece(**fields | {"data": bytes.fromhex(fields["data"])})


def _batch(case: dict[str, Any]) -> batch.Batch:
    message = case["message"]
    records = tuple(batch.AgedRecord(n, age_ms, _values(values)) for n, age_ms, values in message["records"])
    return batch.Batch(schema_of(case), records, message["acknowledgement_wanted"])


_MESSAGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "acknowledgement": lambda case: _acknowledgement(case["message"]),
    "alarm": lambda case: [_alarm(fields) for fields in case["message"]],
    "state_report": lambda case: state_report.StateReport(**case["message"]),
    "command": lambda case: _command(case["message"]),
    "command_answer": lambda case: command.CommandAnswer(**case["message"]),
    "configuration_document": lambda case: document_of(case["message"]),
    "configuration_piece": lambda case: _piece(case["message"]),
    "log_piece": lambda case: _log_piece(case["message"]),
    "history": _batch,
}

_DECODERS: dict[str, Callable[[dict[str, Any], bytes], Any]] = {
    "acknowledgement": lambda _, payload: acknowledgement.decode(payload),
    "alarm": lambda _, payload: alarm.decode(payload),
    "state_report": lambda _, payload: state_report.decode(payload),
    "command": lambda _, payload: command.decode(payload),
    "command_answer": lambda _, payload: command.decode_answer(payload),
    "configuration_document": lambda _, payload: configuration.decode_document(payload),
    "configuration_piece": lambda _, payload: configuration.decode_piece(payload),
    "log_piece": lambda _, payload: log_piece.decode(payload),
    "history": lambda case, payload: batch.decode(payload, lambda _: schema_of(case)),
}
