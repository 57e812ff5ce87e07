"""Configuration documents as operators write them, and changes to one. Pure.

A setting's key is the codec's name for it; thresholds are in the raw integers of the channel's LPP type.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from farwire_cloud.errors import InvalidError
from farwire_codecs import configuration
from farwire_codecs.configuration import KEYS, Setting
from farwire_codecs.errors import CodecError

_IDS = {key.name: id_ for id_, key in KEYS.items()}


@dataclass(frozen=True, slots=True)
class Change:
    """One setting to be set, or with `value` None to go back to the node's built-in value."""

    key: str
    channel: int | None
    value: int | None


def changed(document: bytes, changes: Iterable[Change]) -> bytes:
    """Return the document (b"": none yet) with the changes, the later ones winning. Raises InvalidError."""
    settings = (
        {(s.key, s.channel): s.value for s in configuration.decode_document(document)} if document else {}
    )
    for index, change in enumerate(changes):
        place = (_checked(f"settings[{index}]", change), change.channel)
        if change.value is None:
            settings.pop(place, None)
        else:
            settings[place] = change.value
    try:
        return configuration.encode_document(
            configuration.canonical(
                [Setting(key, channel, value) for (key, channel), value in settings.items()]
            )
        )
    except CodecError as error:
        raise InvalidError("settings", len(settings), str(error)) from error


def hash_of(document: bytes) -> int:
    """Return what a node reports when it runs the document."""
    return configuration.crc32(document)


def shown(document: bytes) -> list[dict[str, Any]]:
    """Return the settings of a document as operators read them."""
    return [
        {"key": KEYS[setting.key].name, "channel": setting.channel, "value": setting.value}
        for setting in configuration.decode_document(document)
    ]


def _checked(field: str, change: Change) -> int:
    """Return the id of a change's key; raises InvalidError for what the codec's table does not allow."""
    id_ = _IDS.get(change.key)
    if id_ is None:
        raise InvalidError(f"{field}.key", change.key, f"one of {', '.join(_IDS)}")
    key = KEYS[id_]
    if key.per_channel and (change.channel is None or not 0 <= change.channel <= 255):
        raise InvalidError(f"{field}.channel", change.channel, f"0 to 255, because {key.name} is per channel")
    if not key.per_channel and change.channel is not None:
        raise InvalidError(
            f"{field}.channel", change.channel, f"none, because {key.name} is the whole node's"
        )
    if change.value is not None and not key.low <= change.value <= key.high:
        raise InvalidError(f"{field}.value", change.value, f"{key.name} from {key.low} to {key.high}")
    return id_
