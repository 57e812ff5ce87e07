"""Configuration <-> JSON: documents as one types them in ChirpStack's UI, differences, and single pieces.

A document is {"sampling_interval_s": 60, "high": {"3": 850}}; a secret is shown as a
mask, and a mask is refused.
"""

from collections.abc import Iterable
from typing import Any

from farwire.codec import given as check
from farwire_codecs import configuration, fields
from farwire_codecs.configuration import KEYS, Difference, Piece, Setting, Transfer
from farwire_codecs.configuration_keys import NODE, name_of
from farwire_codecs.configuration_pieces import MAXIMUM_PIECES, transfer_of
from farwire_codecs.configuration_settings import MAXIMUM_INDEX, check_index, place
from farwire_codecs.configuration_words import from_json, named, to_json
from farwire_codecs.errors import CodecError, MalformedError

WHOLE, DIFFERENCE, PIECE = "configuration", "configuration_difference", "configuration_piece"
FORMS = (WHOLE, DIFFERENCE, PIECE)

_DIFFERENCE_BIT, _SEVERAL_BIT, _LAST_BIT = 0x10, 0x08, 0x04  # of a piece's header, codecs/README.md


def show_piece(piece: Piece) -> dict[str, Any]:
    """Return the body: what the piece says where it is all of a transfer, else its part of the bytes."""
    if piece.transfer is None:
        return show_transfer(transfer_of(piece.difference, piece.data))
    return {PIECE: piece._asdict() | {"data": piece.data.hex()}}


def show_transfer(transfer: Transfer) -> dict[str, Any]:
    """Return the body of a whole transfer."""
    if transfer.difference:
        found = configuration.decode_difference(transfer.content)
        return {
            DIFFERENCE: {
                "changed": _show_document(found.changed),
                "removed": [_name_of(setting) for setting in found.removed],
                "check": f"{transfer.check:08x}",
            }
        }
    return {WHOLE: _show_document(configuration.decode_document(transfer.content))}


def read_configuration(body: dict[str, Any], limit: int) -> list[bytes]:
    """Return the frames of a document, a difference or a piece."""
    form = next((each for each in FORMS if each in body), None)
    if form is None or len(body) != 1:
        raise MalformedError(
            f"configuration has {check.shown(list(body))}, expected one of {', '.join(FORMS)}"
        )
    if form == WHOLE:
        return configuration.pieces(read_document(body[WHOLE]), limit)
    if form == PIECE:
        return [_read_piece(body[PIECE])]
    given = check.an_object(DIFFERENCE, body[DIFFERENCE], ("changed", "removed", "check"))
    removed = sorted((_removed(each) for each in check.a_list("removed", given["removed"])), key=place)
    found = Difference(read_document(given["changed"]), tuple(removed))
    total = int.from_bytes(check.octets("check", given["check"]), "big")
    content = configuration.encode_difference(found)
    return configuration.cut(Transfer(True, content, fields.checked("check", total, 0, check.U32)), limit)


def difference_from(running: Any, body: dict[str, Any], limit: int) -> list[bytes]:
    """Return the frames that make the document of `body` of the one that runs."""
    if WHOLE not in body:
        raise MalformedError(f"--running goes with {WHOLE}, not with {check.shown(list(body))}")
    old = running[WHOLE] if isinstance(running, dict) and WHOLE in running else running
    return configuration.difference_pieces(read_document(old), read_document(body[WHOLE]), limit)


def read_document(given: Any) -> tuple[Setting, ...]:
    """Return the document of settings by name; raises CodecError."""
    return configuration.canonical(list(_settings(given)))


def _settings(given: Any) -> Iterable[Setting]:
    for name, value in check.a_map(WHOLE, given).items():
        key = named(name)
        if key.scope == NODE:
            yield Setting(key.number, None, from_json(key, value))
            continue
        example = f'expected an object by {key.scope}, such as {{"1": ...}}'
        if not isinstance(value, dict):
            raise MalformedError(f"{name} is {check.shown(value)}, {example}")
        for index, each in value.items():
            at = check.whole_key(f"{key.scope} of {name}", index, 0, MAXIMUM_INDEX)
            try:
                yield Setting(key.number, at, from_json(key, each))
            except CodecError as error:
                raise type(error)(f"{key.scope} {at}: {error}") from error


def _show_document(settings: Iterable[Setting]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for setting in settings:
        key = KEYS[setting.key]
        value = to_json(key, setting.value)
        if setting.index is None:
            found[name_of(key)] = value
        else:
            found.setdefault(name_of(key), {})[str(setting.index)] = value
    return found


def _read_piece(given: Any) -> bytes:
    check.an_object(PIECE, given, Piece._fields)
    header = fields.header(_SEVERAL_BIT)
    header |= _DIFFERENCE_BIT if check.flag("difference", given["difference"]) else 0
    header |= _LAST_BIT if check.flag("last", given["last"]) else 0
    word = header << 8 | check.whole("transfer", given["transfer"], 0, 7) << 7
    word |= check.whole("index", given["index"], 0, MAXIMUM_PIECES - 1)
    frame = word.to_bytes(2, "big") + check.octets("data", given["data"])
    configuration.decode_piece(frame)
    return frame


def _name_of(setting: Setting) -> str:
    name: str = name_of(KEYS[setting.key])
    return name if setting.index is None else f"{name} {setting.index}"


def _removed(given: Any) -> Setting:
    """Return a setting without its value: of `hysteresis 3`, or `adr`."""
    if not isinstance(given, str):
        raise MalformedError(f"removed has {check.shown(given)}, expected a setting such as 'hysteresis 3'")
    name, _, index = given.partition(" ")
    key = named(name)
    at = check.whole_key(f"{key.scope} of {name}", index, 0, MAXIMUM_INDEX) if index else None
    check_index(key, at)
    return Setting(key.number, at, None)
