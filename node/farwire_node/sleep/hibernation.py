"""A node that sleeps without its memory: what decides what it does next as bytes, and a node that goes on.

On top of storage and flash, where all is that must survive a power cut, `freeze` takes what else the objects
of a node hold: every attribute with a plain value (kept.py), of every object that can be reached from the
guard. What is left out is said here; a test compares a node that went on with the one that slept, object by
object. So an attribute that is added to some class later is kept without being named.

A node that goes on is built from storage like any other, writes nothing meanwhile, and then gets every one of
these values. It needs flash for its records; what a board could lose by sleeping it does not freeze at all.
"""

import struct

from farwire_codecs import base as bases
from farwire_codecs import schema_table
from farwire_codecs.configuration_document import crc32
from farwire_codecs.errors import CodecError
from farwire_codecs.schema import axes_of
from farwire_codecs.shape_learner import ShapeLearner
from farwire_node.aes import Crypto
from farwire_node.control.configuration import Configuration
from farwire_node.control.trial import Trial
from farwire_node.flash.entries import Before
from farwire_node.flash.reader import Reader
from farwire_node.flash.sectors import Sectors
from farwire_node.logs.log_ring import LogRing
from farwire_node.logs.reports import Reports
from farwire_node.lorawan.join_backoff import JoinBackoff
from farwire_node.lorawan.mac import Mac
from farwire_node.node import Node
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.records.record_ring import RecordRing
from farwire_node.sending.schema_memory import SchemaMemory
from farwire_node.sensors.sensor import Actuator, Sensor
from farwire_node.sleep import kept
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from farwire_node.survival.guard import Guard

BASE_KEY = "carried_base"  # the model of the base that batches build on
_PARTS = 6  # now_ms, stamp, identity, what is apart, which attributes are plain, their values
_MARK = b"\xfdz"  # tells the bytes from a breadcrumb (watchdog.py) and from what memory holds after power on

# What these hold is in storage, in flash or in the sensors, or no business of the next frame.
_LEFT = (
    Storage, Sensor, Actuator, Crypto, LogRing, Reports, bases.Base, RecordRing, Sectors, Reader, Before,
)  # fmt: skip
# Of these no more than the attributes named: the others are in storage, too. (Keys of a dictionary keep their
# names in a pack.)
_ONLY: "tuple[tuple[type, dict[str, int]], ...]" = (
    (Configuration, {"_done": 0, "_trial": 0, "_assembly": 0}),
    (Trial, {"_quarter_ends_ms": 0}),
    (SchemaMemory, {}),
)
# Attributes that are as they are made, of whatever class; and `counters`, of the MAC: since the last boot.
_MADE = {
    "_app_key": 0, "_axes": 0, "_bands": 0, "_columns": 0, "_first_ms": 0, "_key": 0, "_limits_ms": 0,
    "_longest_ms": 0, "_ordinary_ms": 0, "_receptions": 0, "_reporting_s": 0, "_units": 0, "app_s_key": 0,
    "counters": 0, "nwk_s_key": 0, "order": 0, "ranks": 0,
}  # fmt: skip


def freeze(guard: "Guard", now_ms: int, stamp: int) -> "bytes | None":
    """Return a guard and its node as bytes, `now_ms` and `stamp` (any integer) with them.

    None while they cannot sleep without their memory: nothing that runs, a radio at work, class C, a sensor
    under power or one that remembers, outputs, records that are not in flash, a log on its way, a sector
    being thinned, sensors about to be exchanged, storage that fails. Log and base go into storage, if they
    changed.
    """
    node = guard.node
    if not isinstance(node, Node) or not _can_sleep(guard, node):
        return None
    if not guard._attempt(_store, node, guard._storage):
        return None
    attributes = _attributes(guard)
    parts = [now_ms, stamp, _identity(node, attributes), _apart(node)]
    plain = bytearray((len(attributes) + 7) // 8)  # a bit an attribute: whether its value is
    values = []
    for at, (thing, name) in enumerate(attributes):
        try:
            values.append(kept.packed(getattr(thing, name)))
        except TypeError:
            continue
        plain[at >> 3] |= 1 << (at & 7)
    parts.append(bytes(plain))
    body = _MARK + kept.joined([kept.packed(part) for part in parts] + [kept.joined(values)])
    return body + struct.pack("<I", crc32(body))


def opened(frozen: "bytes | None") -> "list[Any] | None":
    """Return what `freeze` packed, its first two items `now_ms` and `stamp`; None for any other bytes."""
    if not frozen or frozen[:2] != _MARK or struct.pack("<I", crc32(frozen[:-4])) != frozen[-4:]:
        return None
    try:
        found = kept.unpacked(frozen[2:-4])
    except CodecError:
        return None
    return found if isinstance(found, list) and len(found) == _PARTS else None


def thaw(guard: "Guard", found: "list[Any]", now_ms: int) -> bool:
    """Have a guard that was just made go on as the one that was frozen; `found` is what `opened` gave.

    False, and the guard is as it was, where that is of another program, configuration, device or session: the
    node starts from storage then.
    """
    storage = guard._storage
    storage.save = _save_nothing  # type: ignore[method-assign, assignment]
    try:
        fits = _fill(guard, found, now_ms)
    except Exception:  # noqa: BLE001 (the guard starts the node, and writes down what is wrong with it)
        fits = False
    del storage.save
    if not fits:
        guard.node = None
    return fits


def _fill(guard: "Guard", found: "list[Any]", now_ms: int) -> bool:
    _, _, identity, apart, plain, values = found
    node = guard._build(guard._reason)
    if not isinstance(node, Node):
        return False
    node._start(now_ms)
    guard.node = node
    _put_apart(node, guard._storage, apart)
    attributes = _attributes(guard)
    if _identity(node, attributes) != identity:
        return False
    left = iter(values)
    for at, (thing, name) in enumerate(attributes):
        if plain[at >> 3] >> (at & 7) & 1:
            setattr(thing, name, next(left))
    node.note = guard._note  # type: ignore[assignment]
    node.log.restore()
    return True


def _can_sleep(guard: "Guard", node: Node) -> bool:
    """Return whether all that the node holds is plain, or comes back from storage and flash."""
    mac = node._link
    if not node._started or guard._health.radio_owes or not isinstance(mac, Mac):
        return False
    if mac.busy or mac._standby.wanted or mac._standby.is_open or mac._events:
        return False
    shelf = node._records._shelf
    if not isinstance(shelf, FlashShelf) or shelf._log._compaction is not None:
        return False
    devices, pieces, base = node._devices, node._agenda.pieces, node._carry.base
    if devices.actuators or devices.change_ms is not None or (pieces is not None and pieces.pending):
        return False
    for slot in node._sensing.sampler._slots:
        if slot.sensor.remembers or slot.powered or slot.watch._wake_error is not None:
            return False
    return base is None or base.schema == node._schema.schema


def _store(node: Node, storage: Storage) -> None:
    """Have in storage what is too long for memory that a board retains: log and base have 2 KB each."""
    node.log.save()
    base = node._carry.base
    if base is not None and node._carry.stored != (base.number, base.schema.schema_id):
        storage.save(BASE_KEY, base.to_bytes())
        node._carry.stored = (base.number, base.schema.schema_id)


def _apart(node: Node) -> "list[Any]":
    """Return as plain values the objects that there may be or not be."""
    base, offered = node._carry.base, node._schema.offered
    return [
        None if base is None else base.number,
        None if offered is None else (offered.schema_id, schema_table.to_bytes(offered)),
        node._learning._learner is not None,
        node._link._joining._backoff is not None,  # type: ignore[attr-defined]
    ]


def _put_apart(node: Node, storage: Storage, apart: "list[Any]") -> None:
    """Make the objects that `_apart` told of; their other values come with everything else's."""
    number, offered, learns, joins = apart
    if number is not None:
        node._carry.base = bases.from_bytes(node._schema.schema, number, storage.load(BASE_KEY) or b"")
    memory, learning = node._schema, node._learning
    memory.offered = None if offered is None else schema_table.from_bytes(*offered)
    node._show_schema()
    learning._learner = ShapeLearner(axes_of(memory.schema), learning._column) if learns else None
    node._link._joining._backoff = JoinBackoff(0) if joins else None  # type: ignore[attr-defined]


def _identity(node: Node, attributes: "list[tuple[Any, str]]") -> "tuple[Any, ...]":
    """Return what must be the same for the values to fit: it names each attribute, too."""
    names = 0
    for _, name in attributes:
        names = crc32(name.encode(), names)
    return (node.identity, node._configuration.hash, node._link.joined, len(attributes), names)


def _attributes(root: "Any") -> "list[tuple[Any, str]]":
    """Return each object's attributes, the object with each, of all that can be reached from `root`."""
    found: list[tuple[Any, str]] = []
    _reach(root, found, set())
    return found


def _reach(thing: "Any", found: "list[tuple[Any, str]]", seen: "set[int]") -> None:
    if id(thing) in seen or callable(thing) or isinstance(thing, _LEFT):
        return
    seen.add(id(thing))
    names = sorted(thing.__dict__)
    for kind, only in _ONLY:
        if isinstance(thing, kind):
            names = sorted(only)
    for name in names:
        if name in _MADE:
            continue
        found.append((thing, name))
        value = getattr(thing, name)
        parts = value if isinstance(value, list) and value and hasattr(value[0], "__dict__") else (value,)
        for part in parts:
            if hasattr(part, "__dict__"):
                _reach(part, found, seen)


def _save_nothing(_key: str, _value: bytes) -> None:
    """Stand in for storage's `save` while a node is built that storage knows already."""
