"""Known answers for our own frames (frames.json and history.json of tests/vectors) as messages."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from farwire_codecs import acknowledgement, alarm, batch, command, configuration, log_piece, state_report
from farwire_codecs import base as base_codec
from farwire_codecs.base import Base
from farwire_codecs.schema import Channel, Schema, Shape
from tests.codecs import second_history, second_table

PATH = Path(__file__).parent.parent / "vectors" / "frames.json"
HISTORY = PATH.with_name("history.json")
CASES: list[dict[str, Any]] = [
    case for path in (PATH, HISTORY) for case in json.loads(path.read_text())["cases"]
]


def nothing_known(schema_id: int) -> None:
    """Stand for a receiver that has no schema yet."""


def schema_of(case: dict[str, Any]) -> Schema:
    """Return the schema of a history case."""
    given = case["schema"]
    channels = tuple(Channel(*channel) for channel in given["channels"])
    shapes = tuple(Shape(*shape) for shape in given.get("shapes", ()))
    return Schema(given["schema_id"], channels, given["interval_s"], shapes)


def base_of(case: dict[str, Any]) -> Base | None:
    """Return what a history case builds on: begun at its first record, moved on over the others."""
    if not case["base"]:
        return None
    first, *others = case["base"]
    base = base_codec.seed(schema_of(case), first[0], _values(first[2]))
    assert base is not None
    for number, _, values in others:
        assert base.advance(number, _values(values))
    return base


def second_base_of(case: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
    """Return the same for the second decoder."""
    model = second_history.fresh(second_table.known(schema_of(case)))
    for _, _, values in case["base"]:
        second_history.observe(model, values)
    return (case["base"][-1][0], model) if case["base"] else None


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
    if case["frame"] == "history":
        return _encoded_history(case)
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
    raise AssertionError(case["frame"])


def decoded(case: dict[str, Any], payload: bytes) -> Any:
    """Return what farwire_codecs decodes a payload of the case's kind to."""
    return _DECODERS[case["frame"]](case, payload)


def _encoded_history(case: dict[str, Any]) -> bytes:
    records = [batch.Record(number, time_s, _values(values)) for number, time_s, values in case["records"]]
    return batch.encode(
        schema_of(case),
        records,
        case["tx_end_ms"],
        51,
        case["acknowledgement_wanted"],
        case["inline_schema"],
        base_of(case),
        case["only"],
    )[0]


def _values(values: list[Any]) -> tuple[tuple[int, ...] | None, ...]:
    return tuple(None if raw is None else tuple(raw) for raw in values)


def _alarm(fields: dict[str, Any]) -> alarm.Alarm:
    return alarm.Alarm(**fields | {"raw": None if fields["raw"] is None else tuple(fields["raw"])})


def _command(fields: dict[str, Any]) -> Any:
    return getattr(command, fields["kind"])(**{name: fields[name] for name in fields if name != "kind"})


def _acknowledgement(fields: dict[str, Any]) -> acknowledgement.Acknowledgement:
    bitmap = bytes.fromhex(fields["stored_above"])
    return acknowledgement.Acknowledgement(**fields | {"stored_above": bitmap})


def _base_named(case: dict[str, Any], low: int, check: int) -> Base | None:
    base = base_of(case)
    return base if base is not None and (base.number & 0xFF, base.check()) == (low, check) else None


def _piece(fields: dict[str, Any]) -> configuration.Piece:
    return configuration.Piece(**fields | {"data": bytes.fromhex(fields["data"])})


def _log_piece(fields: dict[str, Any]) -> log_piece.LogPiece:
    return log_piece.LogPiece(**fields | {"data": bytes.fromhex(fields["data"])})


def _batch(case: dict[str, Any]) -> batch.Batch:
    message = case["message"]
    records = tuple(batch.AgedRecord(n, age_ms, _values(values)) for n, age_ms, values in message["records"])
    return batch.Batch(
        schema_of(case), records, case["acknowledgement_wanted"], case["only"], message["base"]
    )


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
    "history": lambda case, payload: batch.decode(
        payload, lambda _: schema_of(case), lambda *named: _base_named(case, *named)
    ),
}
