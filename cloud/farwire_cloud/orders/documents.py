"""Configuration documents as operators write them, and changes to one. Pure.

A setting's key, scope and range are the codec's (farwire_codecs.configuration_keys), its value as
farwire_codecs.configuration_words has it in JSON. No error and no answer tells a secret.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from farwire_cloud.errors import InvalidError
from farwire_codecs import configuration, configuration_keys, configuration_words
from farwire_codecs.configuration import KEYS, Setting
from farwire_codecs.configuration_keys import Key, name_of
from farwire_codecs.configuration_settings import MAXIMUM_INDEX
from farwire_codecs.errors import CodecError


@dataclass(frozen=True, slots=True)
class Change:
    """One setting to be set, or with `value` None to go back to the node's built-in value."""

    key: str
    index: int | None  # which channel, sensor or server; None: the node
    value: Any  # as JSON has it


def changed(document: bytes, changes: Iterable[Change]) -> bytes:
    """Return the document (b"": none yet) with the changes, the later ones winning. Raises InvalidError."""
    settings = (
        {(s.key, s.index): s.value for s in configuration.decode_document(document)} if document else {}
    )
    for position, change in enumerate(changes):
        field = f"settings[{position}]"
        key = _key(field, change)
        if change.value is None:
            settings.pop((key.number, change.index), None)
        else:
            settings[key.number, change.index] = _value(f"{field}.value", key, change.value)
    try:
        return configuration.encode_document(
            configuration.canonical([Setting(key, index, value) for (key, index), value in settings.items()])
        )
    except CodecError as error:
        raise InvalidError("settings", len(settings), str(error)) from error


def hash_of(document: bytes) -> int:
    """Return what a node reports when it runs the document."""
    return configuration.crc32(document)


def shown(document: bytes) -> list[dict[str, Any]]:
    """Return the settings of a document as operators read them."""
    found = []
    for setting in configuration.decode_document(document):
        key = KEYS[setting.key]
        value = configuration_words.to_json(key, setting.value)
        unit = configuration_words.WORDS[setting.key].unit
        found.append(
            {"key": name_of(key), "scope": key.scope, "index": setting.index, "value": value, "unit": unit}
        )
    return found


def _key(field: str, change: Change) -> Key:
    """Return a change's key; raises InvalidError for one, or for an index, that does not exist."""
    try:
        key = configuration_words.named(change.key)
    except CodecError as error:
        names = ", ".join(configuration_words.BY_NAME)
        raise InvalidError(f"{field}.key", change.key, f"one of {names}") from error
    is_nodes = key.scope == configuration_keys.NODE
    if not is_nodes and (change.index is None or not 0 <= change.index <= MAXIMUM_INDEX):
        expected = f"0 to {MAXIMUM_INDEX}, because {name_of(key)} is of one {key.scope}"
        raise InvalidError(f"{field}.index", change.index, expected)
    if is_nodes and change.index is not None:
        raise InvalidError(
            f"{field}.index", change.index, f"none, because {name_of(key)} is the whole node's"
        )
    return key


def _value(field: str, key: Key, value: Any) -> Any:
    try:
        return configuration_words.from_json(key, value)
    except CodecError as error:
        told = "a secret" if key.kind == configuration_keys.SECRET else value
        raise InvalidError(field, told, f"{name_of(key)}: {configuration_words.expected(key)}") from error
