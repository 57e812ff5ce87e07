"""The alarms that the cloud has not acknowledged: apart from the records, never given up, in storage at once.

An alarm number counts starts and ends. Its acknowledgement is one number (`alarms_through`), so there may
be no gaps but one, of what was erased: the state report tells the cloud of it. They lie in a ring of SLOTS
values, one an alarm, each written once when it is added; what is
acknowledged is one mark, in the head. Which conditions are active follows from both: the head has those as
of its mark, and each alarm in the ring starts or ends one. So a power cut at any byte leaves a number of
whole alarms, and the conditions that belong to them; what it cost, the detector finds in the next sample.

The ring's times never go back: they are the node's, plus the seconds that its clock is behind them (a board
without a battery for its clock begins at 0 again).
"""

import struct
from collections import namedtuple

from farwire_codecs.lpp_types import pack, type_of, unpack
from farwire_node.alarms.detector import Change
from farwire_node.records.eras import Eras
from farwire_node.storage import Storage

StoredAlarm = namedtuple(
    "StoredAlarm", ("number", "channel", "type_id", "condition", "active", "time_s", "raw")
)
"""As farwire_codecs.alarm.Alarm, with the sampling time on the node's clock instead of an age."""

HEAD_KEY = "alarms"
ERAS_KEY = "alarm_eras"
SLOT_KEY = "alarm"  # and the slot's number
ERASED_KEY = "alarms_erased"  # >I: `erased_below`
CAPACITY = 64  # two frames' worth; while it is full the detector holds changes back (Detector.examine)

SLOTS = CAPACITY + 1  # one more, for what tells how it is now while a full ring is erased

_HEAD = ">IIB"  # time, number that all are acknowledged through, slot of the one after it; then the active
_ACTIVE = ">BBB"  # channel, type, conditions
_ALARM = ">IIBBB"  # time, number, channel, type, condition | 0x80 active; then the value, if it has one
_ALARM_SIZE = 11


class AlarmStore:
    """Alarms in the order of their numbers."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._alarms: list[StoredAlarm] = []
        self._sends: list[int] = []  # how often each of them was sent since the start
        self._through = 0  # the number before the first of them
        self._slot = 0  # of the first of them
        self._settled: dict[tuple[int, int], int] = {}  # (channel, type) -> conditions, as of `_through`
        self._behind_s = 0
        self._eras = Eras(storage, ERAS_KEY)
        self.erased_below = 0  # alarms below this one were, and the cloud does not know; 0: it does

    @property
    def next(self) -> int:
        """The number that the next alarm gets."""
        return self._through + len(self._alarms) + 1

    @property
    def room(self) -> int:
        """How many more can be held."""
        return max(0, CAPACITY - len(self._alarms))

    @property
    def held(self) -> "tuple[StoredAlarm, ...]":
        """The alarms not acknowledged, oldest first."""
        return tuple(self._alarms)

    @property
    def active(self) -> list[tuple[int, int, int]]:
        """The conditions as of the last alarm: (channel, type_id, bits), as Detector.restore takes them."""
        settled = self._settled.copy()
        for alarm in self._alarms:
            _apply(settled, alarm)
        return _listed(settled)

    @property
    def fresh(self) -> bool:
        """Whether there are some that were never sent since the start."""
        return 0 in self._sends

    def sends(self, number: int) -> int:
        """Return how often a held alarm was sent since the start."""
        return self._sends[number - self._through - 1]

    def add(self, changes: list[Change], time_s: int) -> list[StoredAlarm]:
        """Hold alarms for what the detector found (at most `room`), durably; return them."""
        added = []
        for change in changes:
            alarm = StoredAlarm(self.next, *(change[:4] + (time_s, change.raw)))
            self._alarms.append(alarm)
            self._sends.append(0)
            self._write(len(self._alarms) - 1)
            added.append(alarm)
        return added

    def mark_sent(self, numbers: "list[int]") -> None:
        """Note that these alarms were sent."""
        for number in numbers:
            self._sends[number - self._through - 1] += 1

    def mark_unsent(self, numbers: "list[int]") -> None:
        """Take back that these alarms were sent once, as far as they are held."""
        for number in numbers:
            if 0 < number - self._through <= len(self._sends):
                self._sends[number - self._through - 1] = max(0, self.sends(number) - 1)

    def acknowledge(self, through: int, now_ms: int) -> int:
        """Release the alarms up to `through`; return how many."""
        if 0 < self.erased_below <= through + 1:
            self._note_erased(0)
        return self._release(through, now_ms)

    def _release(self, through: int, now_ms: int) -> int:
        count = max(0, min(through - self._through, len(self._alarms)))
        if count:
            for alarm in self._alarms[:count]:
                _apply(self._settled, alarm)
            self._alarms = self._alarms[count:]
            self._sends = self._sends[count:]
            self._through += count
            self._slot = (self._slot + count) % SLOTS if self._alarms else 0
            self._write_head(now_ms)
        return count

    def erase(self, now_ms: int) -> None:
        """Give up every alarm held. For each condition that they told of, one more tells how it is now.

        So no alarm that is active vanishes untold, nor does the end of one that was told. It has no value,
        and the time of the erasure.
        """
        following = self.next
        if self._alarms:
            self._note_erased(following)
        while self._through + 1 < following:
            oldest = self._alarms[0]
            if oldest[1:4] not in [alarm[1:4] for alarm in self._alarms[1:]]:
                self.add([Change(*(oldest[1:5] + (None,)))], now_ms // 1000)
            self._release(oldest.number, now_ms)
        for slot in range(SLOTS):
            key = SLOT_KEY + str(slot)
            if (slot - self._slot) % SLOTS >= len(self._alarms) and self.storage.load(key):
                self.storage.save(key, b"")

    def is_foreign(self, through: int) -> bool:
        """Return whether that alarm number was never given here: this node's storage was lost."""
        return through >= self.next

    def continue_above(self, through: int, now_ms: int) -> None:
        """Number what is held anew, above the alarms that the cloud has from another life of this node."""
        self._eras.renumber(through - self._through)
        self._through = through
        if self.erased_below:
            self._note_erased(0)
        self._number()
        for index in range(len(self._alarms)):  # the oldest first: `restore` counts on from it
            self._write(index)
        self._write_head(now_ms)

    def save(self, now_ms: int) -> None:
        """Write down the present time: the alarms are in storage already."""
        if self._alarms:
            self._write_head(now_ms)

    def restore(self, now_ms: int) -> None:
        """Hold again what is in storage, as never sent.

        When the clock went back since, times are moved as if the power had been off for no time.
        """
        head = self.storage.load(HEAD_KEY)
        newest_s = through = 0
        if head:
            newest_s, through, self._slot = struct.unpack_from(_HEAD, head, 0)
            for at in range(struct.calcsize(_HEAD), len(head), struct.calcsize(_ACTIVE)):
                channel, type_id, conditions = struct.unpack_from(_ACTIVE, head, at)
                self._settled[(channel, type_id)] = conditions
        self._through = through
        erased = self.storage.load(ERASED_KEY)
        self.erased_below = struct.unpack(">I", erased)[0] if erased else 0
        while len(self._alarms) < SLOTS:
            image = self.storage.load(self._key(len(self._alarms)))
            if not image:
                break
            time_s, number, channel, type_id, shape = struct.unpack_from(_ALARM, image, 0)
            if number <= through:  # of an earlier round
                break
            raw = unpack(type_of(type_id), image, _ALARM_SIZE) if len(image) > _ALARM_SIZE else None
            self._alarms.append(
                StoredAlarm(number, channel, type_id, shape & 0x7F, shape > 0x7F, time_s, raw)
            )
            newest_s = max(newest_s, time_s)
        self._behind_s = max(0, newest_s - now_ms // 1000)
        if self._alarms:  # the power may have been cut while they were numbered anew
            self._through = self._alarms[0].number - 1
        self._number(self._behind_s)
        self._eras.begin(self._through + 1, self.next)

    def know(self, offset_ms: int) -> None:
        """Take the network's clock less the node's: alarms of earlier lives get older by the power cuts."""
        told = self._eras.known
        self._eras.know(offset_ms - 1000 * self._behind_s, self._through + 1)
        if not told:
            later_s = self._eras.later_s
            self._alarms = [
                StoredAlarm(*(alarm[:5] + (alarm.time_s + later_s(alarm.number), alarm.raw)))
                for alarm in self._alarms
            ]

    def _number(self, sooner_s: int = 0) -> None:
        """Number them from `_through` on, as never sent."""
        self._alarms = [
            StoredAlarm(self._through + 1 + index, *(alarm[1:5] + (alarm.time_s - sooner_s, alarm.raw)))
            for index, alarm in enumerate(self._alarms)
        ]
        self._sends = [0] * len(self._alarms)

    def _key(self, index: int) -> str:
        return SLOT_KEY + str((self._slot + index) % SLOTS)

    def _note_erased(self, below: int) -> None:
        self.erased_below = below
        self.storage.save(ERASED_KEY, struct.pack(">I", below) if below else b"")

    def _write(self, index: int) -> None:
        alarm = self._alarms[index]
        shape = alarm.condition | (0x80 if alarm.active else 0)
        time_s = alarm.time_s - self._eras.later_s(alarm.number) + self._behind_s
        image = struct.pack(_ALARM, time_s, alarm.number, alarm.channel, alarm.type_id, shape)
        if alarm.raw is not None:
            image += pack(type_of(alarm.type_id), alarm.raw)
        self.storage.save(self._key(index), image)

    def _write_head(self, now_ms: int) -> None:
        time_s = now_ms // 1000 + self._behind_s
        head = struct.pack(_HEAD, time_s, self._through, self._slot)
        for entry in _listed(self._settled):
            head += struct.pack(_ACTIVE, *entry)
        self.storage.save(HEAD_KEY, head)


def _apply(conditions: "dict[tuple[int, int], int]", alarm: StoredAlarm) -> None:
    """Start or end an alarm's condition."""
    key = (alarm.channel, alarm.type_id)
    bits = conditions.get(key, 0) & ~(1 << alarm.condition)
    conditions[key] = bits | alarm.active << alarm.condition


def _listed(conditions: "dict[tuple[int, int], int]") -> "list[tuple[int, int, int]]":
    return sorted([key + (bits,) for key, bits in conditions.items() if bits])
