"""The single table's key answers, written once. README.md tells what each is for and what it costs.

Partition key `pk`, sort key `sk`, both strings. Numbers are padded so that they sort; times are UTC ms.
"""

from dataclasses import dataclass

TTL_ATTRIBUTE = "ttl"  # UTC seconds, after which DynamoDB may remove the item
NUMBER_DIGITS = 10  # record and alarm numbers are uint32
TIME_DIGITS = 13  # until the year 2286
LAST_TIME_MS = 10**TIME_DIGITS - 1
HOUR_MS = 3_600_000
BLOCK = 64  # record numbers that share one entry of the time index
_AFTER = "~"  # sorts behind everything that stands in a key


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where an item lies."""

    pk: str
    sk: str


@dataclass(frozen=True, slots=True)
class Span:
    """A run of sort keys in one partition, both ends included."""

    pk: str
    first: str
    last: str


# Partitions that are not a device's.
DEVICES = "DEVICES"
ALARMS = "ALARMS"
ORDERS = "ORDERS"
API_KEYS = "KEYS"


def device(dev_eui: str) -> str:
    """Return the partition of a device."""
    return f"D#{dev_eui}"


def state(dev_eui: str) -> Key:
    """Return the key of the device's view."""
    return Key(device(dev_eui), "META")


def listed(dev_eui: str) -> Key:
    """Return the key of the device's entry in the list of devices."""
    return Key(DEVICES, dev_eui)


def all_devices(after: str = "") -> Span:
    """Return the list of devices behind the DevEUI `after`."""
    return Span(DEVICES, f"{after}!" if after else "0", _AFTER)  # "!" sorts just behind the EUI itself


def record(dev_eui: str, number: int) -> Key:
    """Return the key of a record."""
    return Key(device(dev_eui), f"R#{number:0{NUMBER_DIGITS}d}")


def records(dev_eui: str, first: int, last: int = 10**NUMBER_DIGITS - 1) -> Span:
    """Return the records from number `first` to number `last`."""
    return Span(device(dev_eui), record(dev_eui, first).sk, record(dev_eui, last).sk)


def block_of(number: int) -> int:
    """Return which block of the time index a record number belongs to."""
    return number // BLOCK


def in_hour(dev_eui: str, hour: int, block: int) -> Key:
    """Return the time index's entry that says: in this hour since 1970 there is a record of this block."""
    return Key(device(dev_eui), f"T#{hour:07d}#{block:08d}")


def in_hours(dev_eui: str, from_ms: int, to_ms: int) -> Span:
    """Return the time index from the hour of `from_ms` to that of `to_ms`."""
    first, last = hour_of(from_ms), hour_of(to_ms)
    return Span(device(dev_eui), f"T#{first:07d}#", f"T#{last:07d}#{_AFTER}")


def block_in(sk: str) -> int:
    """Return the block that an entry of the time index names."""
    return int(sk.rpartition("#")[2])


def hour_of(time_ms: int) -> int:
    """Return the hours since 1970."""
    return time_ms // HOUR_MS


def alarm(dev_eui: str, number: int) -> Key:
    """Return the key of a start or an end of an alarm."""
    return Key(device(dev_eui), f"A#{number:0{NUMBER_DIGITS}d}")


def alarms(dev_eui: str, first: int, last: int = 10**NUMBER_DIGITS - 1) -> Span:
    """Return the alarms from number `first` to number `last`."""
    return Span(device(dev_eui), alarm(dev_eui, first).sk, alarm(dev_eui, last).sk)


def number_in(sk: str) -> int:
    """Return the record or alarm number in a sort key."""
    return int(sk[2:])


def alarm_state(dev_eui: str, channel: int, condition: int) -> Key:
    """Return the key of the newest start or end of one alarm, in the list of all devices' alarms."""
    return Key(ALARMS, f"{dev_eui}#{channel:03d}#{condition}")


def all_alarms() -> Span:
    """Return the newest start or end of every alarm of every device."""
    return Span(ALARMS, "0", _AFTER)


def _timed(letter: str, dev_eui: str, time_ms: int, identity: str) -> Key:
    return Key(device(dev_eui), f"{letter}#{time_ms:0{TIME_DIGITS}d}#{identity}")


def _period(letter: str, dev_eui: str, from_ms: int, to_ms: int) -> Span:
    first, last = (f"{letter}#{time_ms:0{TIME_DIGITS}d}#" for time_ms in (from_ms, to_ms))
    return Span(device(dev_eui), first, last + _AFTER)


def live(dev_eui: str, time_ms: int, deduplication_id: str) -> Key:
    """Return the key of live values."""
    return _timed("L", dev_eui, time_ms, deduplication_id)


def lives(dev_eui: str, from_ms: int, to_ms: int) -> Span:
    """Return the live values of a period."""
    return _period("L", dev_eui, from_ms, to_ms)


def log_piece(dev_eui: str, time_ms: int, deduplication_id: str) -> Key:
    """Return the key of a piece of a node's log or crash report."""
    return _timed("P", dev_eui, time_ms, deduplication_id)


def log_pieces(dev_eui: str) -> Span:
    """Return all pieces of the device's logs and crash reports."""
    return _period("P", dev_eui, 0, LAST_TIME_MS)


def frame(dev_eui: str, time_ms: int, deduplication_id: str) -> Key:
    """Return the key of a raw frame."""
    return _timed("U", dev_eui, time_ms, deduplication_id)


def refused(dev_eui: str, time_ms: int, identity: str) -> Key:
    """Return the key of a frame or an entry that was refused."""
    return _timed("X", dev_eui, time_ms, identity)


def refusals(dev_eui: str, from_ms: int = 0, to_ms: int = LAST_TIME_MS) -> Span:
    """Return what was refused in a period."""
    return _period("X", dev_eui, from_ms, to_ms)


def event(dev_eui: str, time_ms: int, identity: str) -> Key:
    """Return the key of a join, a status or a message of the network server."""
    return _timed("E", dev_eui, time_ms, identity)


def events(dev_eui: str, from_ms: int = 0, to_ms: int = LAST_TIME_MS) -> Span:
    """Return the joins, statuses and messages of a period."""
    return _period("E", dev_eui, from_ms, to_ms)


def desired(dev_eui: str) -> Key:
    """Return the key of the desired configuration."""
    return Key(device(dev_eui), "CONFIG")


def document(dev_eui: str, hash_: int) -> Key:
    """Return the key of a configuration document that was desired once."""
    return Key(device(dev_eui), f"G#{hash_:08x}")


def order(dev_eui: str, order_id: str) -> Key:
    """Return the key of an order. Order ids sort by the time of their making."""
    return Key(device(dev_eui), f"O#{order_id}")


def orders(dev_eui: str) -> Span:
    """Return the orders of a device, the oldest first."""
    return Span(device(dev_eui), "O#", f"O#{_AFTER}")


def command_number(dev_eui: str, number: int) -> Key:
    """Return the key that tells which order has this command number."""
    return Key(device(dev_eui), f"N#{number:05d}")


def command_counter(dev_eui: str) -> Key:
    """Return the key of the device's count of commands."""
    return Key(device(dev_eui), "SEQ")


def open_order(order_id: str) -> Key:
    """Return the key of an order in the list of open ones."""
    return Key(ORDERS, order_id)


def open_orders() -> Span:
    """Return the list of open orders."""
    return Span(ORDERS, "0", _AFTER)


def api_key(key_id: str) -> Key:
    """Return the key of an API key."""
    return Key(API_KEYS, key_id)


def api_keys() -> Span:
    """Return all API keys."""
    return Span(API_KEYS, "0", _AFTER)
