"""A setting, and what makes a list of them canonical: known keys, values in range, one order, none twice."""

from collections import namedtuple

from farwire_codecs import configuration_keys as table
from farwire_codecs import fields
from farwire_codecs.configuration_keys import KEYS, Key, name_of
from farwire_codecs.errors import MalformedError, RangeError, UnknownTypeError

Setting = namedtuple("Setting", ("key", "index", "value"))
"""`key` a number of KEYS; `index` 0 to 255: which channel, sensor or server, None for a key of the node;
`value` an integer (a choice's too), a bool, a str, or the bytes of a secret."""

MAXIMUM_SETTINGS = 255  # bounds what a node's heap holds of one document
MAXIMUM_INDEX = 255


def canonical(settings: "tuple[Setting, ...] | list[Setting]") -> "tuple[Setting, ...]":
    """Return the document of these settings in any order; raises CodecError for a bad or a doubled one."""
    document = tuple(sorted(settings, key=place))
    check(document)
    return document


def check(settings: "tuple[Setting, ...]") -> None:
    """Raise CodecError unless every setting is known, in range, and in the canonical order."""
    if len(settings) > MAXIMUM_SETTINGS:
        raise RangeError(f"{len(settings)} settings, expected at most {MAXIMUM_SETTINGS}")
    previous = (0, -1)
    for setting in settings:
        key = key_of(setting.key)
        check_index(key, setting.index)
        check_value(key, setting.value)
        if place(setting) <= previous:
            raise MalformedError(f"{name_of(key)} stands twice or out of order")
        previous = place(setting)


def key_of(number: int) -> Key:
    """Return the key with this number; raises UnknownTypeError."""
    found = KEYS.get(number)
    if found is None:
        raise UnknownTypeError(f"configuration key {number} is not known")
    return found


def check_index(key: Key, index: "int | None") -> None:
    """Raise RangeError unless the index fits the key's scope."""
    if key.scope == table.NODE:
        if index is not None:
            raise RangeError(f"{name_of(key)} has index {index}, expected none")
    elif not isinstance(index, int) or not 0 <= index <= MAXIMUM_INDEX:
        raise RangeError(f"{key.scope} of {name_of(key)} is {index}, expected 0 to {MAXIMUM_INDEX}")


def check_value(key: Key, value: object) -> None:
    """Raise RangeError unless the value is one of the key's; a secret is never part of the message."""
    is_bool = value is True or value is False
    if key.kind == table.BOOLEAN:
        if not is_bool:
            raise RangeError(f"{name_of(key)} is {value}, expected False or True")
    elif key.kind == table.TEXT:
        _check_text(key, value)
    elif key.kind == table.SECRET:
        if not isinstance(value, bytes):
            raise RangeError(f"{name_of(key)} is no bytes, expected {key.low} to {key.high} of them")
        fields.checked(f"length of {name_of(key)}", len(value), key.low, key.high)
    elif is_bool or not isinstance(value, int):
        raise RangeError(f"{name_of(key)} is {value}, expected {key.low} to {key.high}")
    else:
        fields.checked(name_of(key), value, key.low, key.high)


def place(setting: Setting) -> "tuple[int, int]":
    """Return what settings are sorted by."""
    return setting.key, -1 if setting.index is None else setting.index


def is_text(data: bytes) -> bool:
    """Return whether bytes are UTF-8 (RFC 3629 §4) without control characters, told alike on every board."""
    at = 0
    while at < len(data):
        lead = data[at]
        if lead < 0x80:
            if lead < 0x20 or lead == 0x7F:
                return False
            at += 1
            continue
        size = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
        if not 0xC2 <= lead <= 0xF4 or at + size > len(data):
            return False
        low = {0xE0: 0xA0, 0xF0: 0x90}.get(lead, 0x80)
        high = {0xED: 0x9F, 0xF4: 0x8F}.get(lead, 0xBF)
        if not low <= data[at + 1] <= high:
            return False
        for byte in data[at + 2 : at + size]:
            if byte & 0xC0 != 0x80:
                return False
        at += size
    return True


def _check_text(key: Key, value: object) -> None:
    if not isinstance(value, str):
        raise RangeError(f"{name_of(key)} is {value}, expected a text")
    try:
        data = value.encode()
    except UnicodeError:
        data = b"\xff"
    fields.checked(f"length of {name_of(key)} in bytes", len(data), key.low, key.high)
    if not is_text(data):
        raise RangeError(f"{name_of(key)} has control characters or is no UTF-8")
