"""The alarms that the cloud has not acknowledged: apart from the records, never given up, in storage at once.

An alarm number counts starts and ends. Its acknowledgement is one number (`alarms_through`), so there may
be no gaps: alarms, their numbers and the detector's conditions are written together before the first frame
leaves, and a restart goes on exactly there.
"""

import struct
from collections import namedtuple

from farwire_node.detector import Change
from farwire_node.storage import Storage

StoredAlarm = namedtuple(
    "StoredAlarm", ("number", "channel", "type_id", "condition", "active", "time_s", "raw")
)
"""As farwire_codecs.alarm.Alarm, with the sampling time on the node's clock instead of an age."""

ALARMS_KEY = "alarms"
CAPACITY = 64  # two frames' worth; while it is full the detector holds changes back (Detector.examine)

_HEAD = ">qIBB"  # ms of writing, next number, count of alarms, count of active channels
_ACTIVE = ">BBB"  # channel, type, conditions
_ALARM = ">IBBBiB"  # number, channel, type, condition | 0x80 active, time, axes; then 8 bytes an axis


class AlarmStore:
    """Alarms in the order of their numbers."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._alarms: list[StoredAlarm] = []
        self._active: list[tuple[int, int, int]] = []
        self.next = 1  # the number that the next alarm gets
        self.unsent = 1  # alarms from this number on were never sent

    @property
    def room(self) -> int:
        """How many more can be held."""
        return CAPACITY - len(self._alarms)

    @property
    def held(self) -> "tuple[StoredAlarm, ...]":
        """The alarms not acknowledged, oldest first."""
        return tuple(self._alarms)

    @property
    def active(self) -> list[tuple[int, int, int]]:
        """The detector's active conditions as of the last alarm (Detector.restore takes them)."""
        return self._active

    def add(
        self, changes: list[Change], time_s: int, active: list[tuple[int, int, int]], now_ms: int
    ) -> list[StoredAlarm]:
        """Hold alarms for what the detector found (at most `room`), durably; return them."""
        added = []
        for change in changes:
            alarm = StoredAlarm(
                self.next,
                change.channel,
                change.type_id,
                change.condition,
                change.active,
                time_s,
                change.raw,
            )
            self.next += 1
            added.append(alarm)
        self._alarms.extend(added)
        self._active = active
        self.save(now_ms)
        return added

    def mark_sent(self, number: int) -> None:
        """Note that every alarm up to `number` was sent at least once."""
        self.unsent = max(self.unsent, number + 1)

    def acknowledge(self, through: int, now_ms: int) -> int:
        """Release the alarms up to `through`; return how many."""
        before = len(self._alarms)
        self._alarms = [alarm for alarm in self._alarms if alarm.number > through]
        if len(self._alarms) < before:  # a restart need not send them again
            self.save(now_ms)
        return before - len(self._alarms)

    def is_foreign(self, through: int) -> bool:
        """Return whether that alarm number was never given here: this node's storage was lost."""
        return through >= self.next

    def continue_above(self, through: int, now_ms: int) -> None:
        """Number what is held anew, above the alarms that the cloud has from another life of this node."""
        self._alarms = [
            StoredAlarm(through + 1 + index, *alarm[1:]) for index, alarm in enumerate(self._alarms)
        ]
        self.unsent = through + 1
        self.next = self.unsent + len(self._alarms)
        self.save(now_ms)

    def save(self, now_ms: int) -> None:
        """Write everything to storage."""
        out = bytearray(struct.pack(_HEAD, now_ms, self.next, len(self._alarms), len(self._active)))
        for channel, type_id, conditions in self._active:
            out.extend(struct.pack(_ACTIVE, channel, type_id, conditions))
        for alarm in self._alarms:
            raw = () if alarm.raw is None else alarm.raw
            out.extend(
                struct.pack(
                    _ALARM,
                    alarm.number,
                    alarm.channel,
                    alarm.type_id,
                    alarm.condition | (0x80 if alarm.active else 0),
                    alarm.time_s,
                    len(raw),
                )
            )
            for value in raw:
                out.extend(struct.pack(">q", value))
        self._storage.save(ALARMS_KEY, bytes(out))

    def restore(self, now_ms: int) -> None:
        """Hold again what was written last, as unsent; times are moved as in RecordStore.restore."""
        image = self._storage.load(ALARMS_KEY)
        if not image:
            return
        saved_ms, self.next, alarms, active = struct.unpack_from(_HEAD, image, 0)
        later_s = min(0, (now_ms - saved_ms) // 1000)
        at = struct.calcsize(_HEAD)
        for _ in range(active):
            self._active.append(struct.unpack_from(_ACTIVE, image, at))
            at += struct.calcsize(_ACTIVE)
        for _ in range(alarms):
            number, channel, type_id, shape, time_s, axes = struct.unpack_from(_ALARM, image, at)
            at += struct.calcsize(_ALARM)
            raw = struct.unpack_from(f">{axes}q", image, at) if axes else None
            at += 8 * axes
            self._alarms.append(
                StoredAlarm(number, channel, type_id, shape & 0x7F, shape > 0x7F, time_s + later_s, raw)
            )
        self.unsent = self._alarms[0].number if self._alarms else self.next
