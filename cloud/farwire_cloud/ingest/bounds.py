"""What a field of the contract may hold: limits, so that one bad sender cannot hurt the others."""

import math
import re
from collections.abc import Mapping

from farwire_cloud.errors import InvalidError
from farwire_cloud.store.keys import LAST_TIME_MS

MOST_ENTRIES = 500  # telemetry.proto, Deliver
MOST_BYTES = 1024 * 1024  # same
MOST_RECORDS = 512  # a frame of 242 bytes holds far fewer, however well it compresses
MOST_READINGS = 256  # one of each channel number
LONGEST_NAME = 200  # characters of a named reading's name; telemetry.proto
LONGEST_UNIT = 20  # same
MOST_NAMED_BYTES = 131_072  # of all named readings of an entry, as text: its item has at most 400 KB
MOST_ALARMS = 128
MOST_AXES = 16  # the known types have at most 3
MOST_PAYLOAD = 4096  # a LoRaWAN frame has at most 242; a malformed message is kept up to this
LARGEST_TYPE = 65_535
LARGEST_U32 = 2**32 - 1
LARGEST_COMMAND_NUMBER = 65_535
LONGEST_TEXT = 500  # characters of a description; the rest is cut, because readings matter more than words
MOST_TAGS = 64

BRIDGE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
DEV_EUI = re.compile(r"[0-9a-f]{16}")
DEV_ADDR = re.compile(r"[0-9a-f]{8}|")
IDENTITY = re.compile(r"[A-Za-z0-9._:/+=-]{1,100}")


def matching(field: str, value: str, pattern: re.Pattern[str], expected: str) -> str:
    """Return `value` if the whole of it matches."""
    if not pattern.fullmatch(value):
        raise InvalidError(field, value, expected)
    return value


def dev_eui(field: str, value: str) -> str:
    """Return a DevEUI."""
    return matching(field, value, DEV_EUI, "16 lower-case hex digits")


def between(field: str, value: int, low: int, high: int) -> int:
    """Return `value` if it is from `low` to `high`."""
    if not low <= value <= high:
        raise InvalidError(field, value, f"{low} to {high}")
    return value


def at_most(field: str, count: int, most: int, what: str) -> None:
    """Raise if there are more than `most` of something."""
    if count > most:
        raise InvalidError(field, count, f"at most {most} {what}")


def time_ms(field: str, value: int) -> int:
    """Return a UTC time. No comparison with the wall clock: a plant's clock may run ahead of it."""
    return between(field, value, 0, LAST_TIME_MS)


def finite(field: str, value: float) -> float:
    """Return a number that is neither infinite nor none."""
    if not math.isfinite(value):
        raise InvalidError(field, value, "a finite number")
    return value


def printable(field: str, value: str, least: int, most: int) -> str:
    """Return a text of `least` to `most` characters, all of them printable."""
    if not least <= len(value) <= most or not (value.isprintable() or not value):
        raise InvalidError(field, value[:most], f"{least} to {most} printable characters")
    return value


def cut(text: str) -> str:
    """Return a description, cut to LONGEST_TEXT."""
    return text[:LONGEST_TEXT]


def cut_map(pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return names and descriptions, sorted, at most MOST_TAGS, each cut; no empty name."""
    return tuple(sorted((cut(name), cut(text)) for name, text in pairs.items() if name)[:MOST_TAGS])
