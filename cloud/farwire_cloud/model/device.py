"""What the service shows of a device: a view that joins whatever is known, in whatever order it comes.

`DeviceState` is a join-semilattice: `merge` is commutative, associative and idempotent, so repeats, late
batches and several copies of the service all end at the same view. Newest by the entries' own times; at
equal times the larger content wins, so that every copy picks the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Generic, TypeAlias, TypeVar

from farwire_cloud.model.deliveries import About, Heard, Joined, StateReport, Status
from farwire_cloud.model.numbers import EMPTY, NumberSet
from farwire_cloud.model.readings import Reading, Series

Content = TypeVar("Content")
Key = TypeVar("Key")

AlarmKey: TypeAlias = tuple[int, int]  # (channel, condition)

# A hole that the node gave up stays a gap for ever; what is older than this many gaps is not counted.
MOST_RANGES = 256
# Keeps the item under DynamoDB's 400 KB whatever a broken device invents; a node has at most 32 channels.
MOST_SERIES = 512
# The same for names; each has at most 200 characters, its value LONGEST_SHOWN.
MOST_NAMES = 128
LONGEST_SHOWN = 100  # characters of a text in the view; the whole of it is with the live values


@dataclass(frozen=True, slots=True)
class At(Generic[Content]):
    """A content and the time (UTC ms) that it is of; a newer one replaces it."""

    time_ms: int
    content: Content

    def newer(self, other: "At[Content]") -> "At[Content]":
        """Return the newer of the two."""
        return max(self, other, key=lambda at: (at.time_ms, repr(at.content)))


@dataclass(frozen=True, slots=True)
class LastValue:
    """The newest value of one line."""

    time_ms: int
    number: int  # of its record; 0: a live value
    raw: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LastNamed:
    """The newest value of one name."""

    time_ms: int
    unit: str
    value: float | str | bool


@dataclass(frozen=True, slots=True)
class AlarmState:
    """The newest start or end of one alarm."""

    number: int
    active: bool
    time_ms: int
    value: Reading | None


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Everything that is shown of one device without reading its records."""

    dev_eui: str
    about: At[About] | None = None
    heard: At[Heard] | None = None  # its payload left out
    report: At[StateReport] | None = None
    status: At[Status] | None = None
    joined: At[Joined] | None = None
    last_seen_ms: int = 0
    last: Mapping[Series, LastValue] = field(default_factory=dict)
    named: Mapping[str, LastNamed] = field(default_factory=dict)
    alarms: Mapping[AlarmKey, AlarmState] = field(default_factory=dict)
    records: NumberSet = EMPTY  # known to be stored
    alarm_numbers: NumberSet = EMPTY
    floor: int = 1  # every missing record below it is gone for ever
    alarm_floor: int = 1  # likewise, of alarms: they were erased
    conflicts: int = 0  # records that came with a number that another content already has

    @property
    def through(self) -> int:
        """Every record up to this one is stored, or will never come."""
        return self.records.through(self.floor)

    @property
    def alarms_through(self) -> int:
        """Every alarm up to this one is stored, or will never come."""
        return self.alarm_numbers.through(self.alarm_floor)

    @property
    def has_holes(self) -> bool:
        """Whether something is missing below what is stored."""
        return self.through < self.records.last or self.alarms_through < self.alarm_numbers.last

    @property
    def gone(self) -> int:
        """How many records the node gave up before they came."""
        below = self.floor - 1
        return sum(min(last, below) - first + 1 for first, last in self._gaps() if first <= below)

    @property
    def missing(self) -> int:
        """How many records are awaited: above the floor, below the newest stored one."""
        return sum(last - first + 1 for first, last in self.records.gaps(self.floor))

    def _gaps(self) -> list[tuple[int, int]]:
        gaps = list(self.records.gaps(1))
        if self.records.last + 1 < self.floor:
            gaps.append((self.records.last + 1, self.floor - 1))
        return gaps


def merge(one: DeviceState, other: DeviceState) -> DeviceState:
    """Return what both know together; `one` itself where the other adds nothing."""
    if one is other:
        return one
    floor = max(one.floor, other.floor)
    merged = DeviceState(
        one.dev_eui,
        about=_newest(one.about, other.about),
        heard=_newest(one.heard, other.heard),
        report=_newest(one.report, other.report),
        status=_newest(one.status, other.status),
        joined=_newest(one.joined, other.joined),
        last_seen_ms=max(one.last_seen_ms, other.last_seen_ms),
        last=_joined(one.last, other.last, lambda value: (value.time_ms, value.number, value.raw)),
        named=_joined(one.named, other.named, lambda value: (value.time_ms, repr(value))),
        alarms=_joined(one.alarms, other.alarms, _alarm_order),
        records=one.records | other.records,
        alarm_numbers=one.alarm_numbers | other.alarm_numbers,
        floor=floor,
        alarm_floor=max(one.alarm_floor, other.alarm_floor),
        conflicts=max(one.conflicts, other.conflicts),
    )
    return one if merged == one else merged


def kept(state: DeviceState) -> DeviceState:
    """Return what the store keeps: bounded, so that the item stays small; the rest is in the records."""
    last = state.last
    if len(last) > MOST_SERIES:
        newest = sorted(last.items(), key=lambda entry: (entry[1].time_ms, entry[0]))[-MOST_SERIES:]
        last = dict(newest)
    named = state.named
    if len(named) > MOST_NAMES:
        latest = sorted(named.items(), key=lambda entry: (entry[1].time_ms, entry[0]))[-MOST_NAMES:]
        named = dict(latest)
    return replace(
        state,
        last=last,
        named=named,
        records=state.records.bounded(state.through, MOST_RANGES),
        alarm_numbers=state.alarm_numbers.bounded(state.alarms_through, MOST_RANGES),
    )


def _alarm_order(alarm: AlarmState) -> tuple[object, ...]:
    return alarm.number, alarm.time_ms, alarm.active, repr(alarm.value)


def _newest(one: At[Content] | None, other: At[Content] | None) -> At[Content] | None:
    if one is None or other is None:
        return one or other
    return one.newer(other)


def _joined(
    one: Mapping[Key, Content], other: Mapping[Key, Content], order: Callable[[Content], tuple[object, ...]]
) -> Mapping[Key, Content]:
    if not other:
        return one
    result = dict(one)
    for key, content in other.items():
        have = result.get(key)
        if have is None or order(content) > order(have):
            result[key] = content
    return result
