"""Settings <-> bits: a group for each key in use, with the key's indices and then its values.

A key is told by its distance to the one before it, as gamma. Indices are one bit 1 when they are those of
the group before it with the same scope (before the first: 1 alone), else a bit 0 and their runs: how many,
as gamma, and for each how far it begins behind the end of the one before it and how long it is.
"""

from farwire_codecs import configuration_keys as table
from farwire_codecs import fields
from farwire_codecs.configuration_bits import BitReader, BitWriter
from farwire_codecs.configuration_keys import KEYS, Key, name_of
from farwire_codecs.configuration_settings import (
    MAXIMUM_INDEX,
    MAXIMUM_SETTINGS,
    Setting,
    is_text,
    key_of,
)
from farwire_codecs.errors import MalformedError

FIRST_INDICES = (1,)


def count_groups(settings: "tuple[Setting, ...]") -> int:
    """Return how many groups the settings make."""
    return len({setting.key for setting in settings})


def put_groups(bits: BitWriter, settings: "tuple[Setting, ...]", with_values: bool) -> None:
    """Append the groups of settings in canonical order, not their count."""
    memory: dict[str, tuple[int, ...]] = {}
    previous = start = 0
    while start < len(settings):
        number = settings[start].key
        end = start
        while end < len(settings) and settings[end].key == number:
            end += 1
        key = KEYS[number]
        bits.gamma(number - previous)
        if key.scope != table.NODE:
            _put_indices(bits, memory, key.scope, tuple([setting.index for setting in settings[start:end]]))
        if with_values:
            _put_values(bits, key, settings[start:end])
        previous, start = number, end


def take_groups(bits: BitReader, count: int, with_values: bool) -> "tuple[Setting, ...]":
    """Return the settings of `count` groups, values None without values; raises CodecError.

    Whether they are the form that put_groups writes is for the caller to see.
    """
    memory: dict[str, tuple[int, ...]] = {}
    settings: list[Setting] = []
    number = 0
    for _ in range(count):
        number += bits.gamma()
        key = key_of(number)
        indices: tuple[int | None, ...] = (None,)
        if key.scope != table.NODE:
            indices = _take_indices(bits, memory, key.scope)
        if len(settings) + len(indices) > MAXIMUM_SETTINGS:
            raise MalformedError(f"configuration has more than {MAXIMUM_SETTINGS} settings")
        previous = None
        for index in indices:
            previous = _take_value(bits, key, previous) if with_values else None
            settings.append(Setting(number, index, previous))
    return tuple(settings)


def _put_indices(
    bits: BitWriter, memory: "dict[str, tuple[int, ...]]", scope: str, indices: "tuple[int, ...]"
) -> None:
    if indices == memory.get(scope, FIRST_INDICES):
        bits.put(1, 1)
        return
    memory[scope] = indices
    bits.put(0, 1)
    starts = [index for index in indices if index - 1 not in indices]
    bits.gamma(len(starts))
    free = 0  # the lowest index that the next run could begin at
    for start in starts:
        end = start + 1
        while end in indices:
            end += 1
        bits.gamma(start - free + 1)
        bits.gamma(end - start)
        free = end + 1


def _take_indices(bits: BitReader, memory: "dict[str, tuple[int, ...]]", scope: str) -> "tuple[int, ...]":
    if bits.get(1):
        return memory.get(scope, FIRST_INDICES)
    indices: list[int] = []
    free = 0
    for _ in range(bits.gamma()):
        start = free + bits.gamma() - 1
        end = start + bits.gamma()
        if end > MAXIMUM_INDEX + 1:
            raise MalformedError(f"configuration has a {scope} above {MAXIMUM_INDEX}")
        indices.extend(range(start, end))
        free = end + 1
    memory[scope] = tuple(indices)
    return memory[scope]


def _put_values(bits: BitWriter, key: Key, settings: "tuple[Setting, ...]") -> None:
    previous = None
    for setting in settings:
        value = setting.value
        if key.kind == table.BOOLEAN:
            bits.put(int(value), 1)
            continue
        if previous is not None:
            bits.put(int(value == previous), 1)
            if value == previous:
                continue
        if key.kind == table.SIGNED or (key.kind == table.UNSIGNED and previous is not None):
            bits.number(fields.zigzag(value - (previous or 0)))
        elif key.kind == table.UNSIGNED:
            bits.number(value)
        elif key.kind == table.DURATION:
            bits.duration(value)
        elif key.kind == table.CHOICE:
            bits.gamma(value + 1)
        else:
            bits.word(value.encode() if key.kind == table.TEXT else value)
        previous = value


def _take_value(bits: BitReader, key: Key, previous: object) -> object:
    if key.kind == table.BOOLEAN:
        return bool(bits.get(1))
    if previous is not None and bits.get(1):
        return previous
    if key.kind == table.SIGNED or (key.kind == table.UNSIGNED and previous is not None):
        return (previous or 0) + fields.unzigzag(bits.number())  # type: ignore[operator]
    if key.kind == table.UNSIGNED:
        return bits.number()
    if key.kind == table.DURATION:
        return bits.duration()
    if key.kind == table.CHOICE:
        return bits.gamma() - 1
    data = bits.word(key.high)
    if key.kind == table.SECRET:
        return data
    if not is_text(data):
        raise MalformedError(f"{name_of(key)} has control characters or is no UTF-8")
    return str(data, "utf-8")
