"""A link, a cloud and sensors in memory, and the bench that runs one node between them on a made-up clock.

Frames are a port byte and the payload, unencrypted. The air loses frames by chance, seeded, both ways.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from farwire_codecs import acknowledgement, alarm, batch, command, ports, state_report
from farwire_codecs import base as base_codec
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.alarm import Alarm
from farwire_codecs.base import Base
from farwire_codecs.configuration import Setting
from farwire_codecs.errors import UnknownBaseError, UnknownSchemaError
from farwire_codecs.schema import Channel, Schema
from farwire_node import node_events
from farwire_node.errors import ActuatorError, SensorError
from farwire_node.flash.device import RamFlash
from farwire_node.link import (
    AIRTIME,
    BUSY,
    NOT_JOINED,
    TOO_LONG,
    Delivered,
    Joined,
    Link,
    Received,
    Refusal,
    Sending,
)
from farwire_node.node import Node
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.sensors.sensor import Actuator, Sensor
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import MemoryStorage

TEMPERATURE = Channel(1, 103)
HUMIDITY = Channel(2, 104)
VOLTAGE = Channel(3, 116)
ACCELERATION = Channel(4, 113)

HOUR_MS = 3_600_000
JOIN_MS = 6_000
RX1_MS = 1_000
WINDOWS_MS = 2_200  # from the end of a transmission to the end of the second receive window


class SteppingSensor(Sensor):
    """Values that wander by a step up or down; `broken` makes it fail, `value` of a channel can be set."""

    def __init__(self, *channels: Channel, warm_up_ms: int = 0, seed: int = 1) -> None:
        self.channels = channels
        self.warm_up_ms = warm_up_ms
        self.values = [[100] * (3 if channel.type_id == 113 else 1) for channel in channels]
        self.broken = False
        self.wander = True
        self.woken_ms: list[int] = []
        self.read_ms: list[int] = []
        self._dice = random.Random(seed)

    def wake(self, now_ms: int) -> None:
        self.woken_ms.append(now_ms)

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        self.read_ms.append(now_ms)
        if self.broken:
            raise SensorError("broken")
        if self.wander:
            for axes in self.values:
                for index in range(len(axes)):
                    axes[index] = max(0, min(255, axes[index] + self._dice.choice((-1, 0, 0, 1))))
        return tuple(tuple(axes) for axes in self.values)


class Lamp(Actuator):
    """Remembers what it was set to."""

    def __init__(self, channel: int = 20) -> None:
        self.channel = channel
        self.history: list[int] = []
        self.stuck = False

    def set(self, value_x100: int) -> None:
        if self.stuck:
            raise ActuatorError("stuck")
        self.history.append(value_x100)


@dataclass
class FakeLink(Link):
    """A link with a fixed payload size and an hourly airtime budget, a tenth of it in reserve."""

    size: int = 51
    budget_ms: int = 36_000
    joined_: bool = False
    sent: list[tuple[int, int, bytes, bool]] = field(default_factory=list)  # start ms, port, payload, urgent
    suspended_ms: list[int] = field(default_factory=list)
    joins: int = 0
    confirmed: list[bool] = field(default_factory=list)  # whether each frame asked the network for an answer
    answers_confirmed: bool = True
    classes: list[str] = field(default_factory=list)  # that the node asked for

    def set_class(self, device_class: str) -> None:
        self.classes.append(device_class)

    def __post_init__(self) -> None:
        self._events: list[tuple[object, ...]] = []
        self._outgoing: bytes | None = None
        self._joined_at_ms: int | None = None
        self._cycle = "idle"
        self._used: deque[tuple[int, int]] = deque()

    def join(self, now_ms: int) -> None:
        if self._joined_at_ms is None:
            self.joins += 1
            self._joined_at_ms = now_ms + JOIN_MS

    @property
    def joined(self) -> bool:
        return self.joined_

    @property
    def busy(self) -> bool:
        return self._cycle != "idle"

    def capacity(self, now_ms: int) -> int:
        return self.size

    def airtime_ms(self, size: int) -> int:
        return 300 + 18 * size

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        if size > self.size:
            return None
        if self.busy and not (urgent and self._cycle == "between"):
            return now_ms + 1_000
        limit_ms = self.budget_ms if urgent else self.budget_ms * 9 // 10
        used = deque(entry for entry in self._used if entry[0] > now_ms - HOUR_MS)
        at_ms = now_ms
        while used and sum(airtime for _, airtime in used) + self.airtime_ms(size) > limit_ms:
            at_ms = used.popleft()[0] + HOUR_MS + 1
        return at_ms

    def send(
        self, port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int
    ) -> Sending | Refusal:
        if not self.joined:
            return Refusal(NOT_JOINED, None)
        if len(payload) > self.size:
            return Refusal(TOO_LONG, None)
        if self.busy and not (urgent and self._cycle == "between"):
            return Refusal(BUSY, None)
        earliest_ms = self.earliest_ms(len(payload), now_ms, urgent)
        if earliest_ms != now_ms:
            return Refusal(AIRTIME, earliest_ms)
        airtime_ms = self.airtime_ms(len(payload))
        self._used.append((now_ms, airtime_ms))
        self.sent.append((now_ms, port, payload, urgent))
        self.confirmed.append(confirmed)
        self._outgoing = bytes((port,)) + payload
        self._cycle = "sending"
        return Sending(now_ms + airtime_ms)

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        if self._joined_at_ms is not None and now_ms >= self._joined_at_ms and not self.joined_:
            self.joined_ = True
            self._events.append(Joined(0x01020304))
        if self._outgoing is not None:
            frame, self._outgoing = self._outgoing, None
            return Transmit(frame, 868_100_000, 7, 125_000, 14, self.airtime_ms(len(frame) - 1))
        if self._cycle == "sent":
            self._cycle = "between"
            return Listen(868_100_000, 7, 125_000, now_ms + WINDOWS_MS)
        if not self.joined_ and self._joined_at_ms is not None:
            return Sleep(self._joined_at_ms)
        return Sleep(now_ms + HOUR_MS)

    def on_tx_done(self, now_ms: int) -> None:
        self._cycle = "sent"

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        self._events.append(Received(frame[0], frame[1:]))
        self._over()

    def on_listen_end(self, now_ms: int) -> None:
        self._over()

    def events(self) -> list[tuple[object, ...]]:
        events, self._events = self._events, []
        return events

    def suspend(self, now_ms: int) -> None:
        self.suspended_ms.append(now_ms)

    def _over(self) -> None:
        self._cycle = "idle"
        self._events.append(Delivered(self.answers_confirmed if self.confirmed[-1] else None))


ANOTHER_LIFE = (0, ("another life",))  # a record that the cloud had before the node's storage was lost


def is_empty(values: tuple[object, ...]) -> bool:
    """Return whether a record has no values: given up by the node, or of sensors that failed."""
    return all(value is None for value in values)


class FakeCloud:
    """Stores what arrives, by number; acknowledges when asked, after an alarm, or at a hole."""

    def __init__(self) -> None:
        self.records: dict[
            int, tuple[int, tuple[object, ...]]
        ] = {}  # number -> (ms on the node's clock, values)
        self.alarms: dict[int, tuple[int, Alarm]] = {}
        self.states: list[state_report.StateReport] = []
        self.answers: list[command.CommandAnswer] = []
        self.schemas: dict[int, Schema] = {}
        self.given_up_below = 1
        self.alarms_erased_below = 1
        self.forgotten_below = 1
        self.acknowledgement_limit = 51
        self.queue: list[tuple[int, bytes]] = []
        self.acknowledgements = 0
        self.requests = 0
        self.silent = False  # acknowledges nothing
        self.base: Base | None = None  # that the node's batches built on last
        self.carried = 0  # batches that built on one
        self._parts: dict[int, dict[int, object]] = {}  # number -> channel index -> value

    def hear(self, port: int, payload: bytes, heard_ms: int) -> None:
        wanted = schema_wanted = base_wanted = False
        if port == ports.HISTORY:
            try:
                message = batch.decode(payload, self.schemas.get, self._find_base)
            except UnknownSchemaError:
                schema_wanted = True
            except UnknownBaseError:
                base_wanted = True
            else:
                self.carried += bool(message.base)
                self.schemas[message.schema.schema_id] = message.schema
                wanted = message.acknowledgement_wanted
                self.requests += wanted
                for record in message.records:
                    values = self._whole(message, record)
                    if values is not None:
                        self._store(record.number, heard_ms - record.age_ms, values)
        elif port == ports.ALARM:
            wanted = True
            for item in alarm.decode(payload):
                self.alarms[item.number] = (heard_ms - item.age_ms, item)
        elif port == ports.STATE:
            report = state_report.decode(payload)
            self.states.append(report)
            self.given_up_below = max(self.given_up_below, report.oldest_record)
            self.alarms_erased_below = max(self.alarms_erased_below, report.oldest_alarm)
        elif port == ports.COMMAND_ANSWER:
            self.answers.append(command.decode_answer(payload))
        state = self.acknowledgement()
        if not self.silent and (wanted or schema_wanted or base_wanted or state.stored_above):
            self.queue = [item for item in self.queue if item[0] != ports.ACKNOWLEDGEMENT]
            state = state._replace(schema_wanted=schema_wanted, base_wanted=base_wanted)
            payload = acknowledgement.encode(state, self.acknowledgement_limit)
            self.queue.append((ports.ACKNOWLEDGEMENT, payload))

    def acknowledgement(self) -> Acknowledgement:
        through = 0
        while through + 1 in self.records or through + 1 < self.given_up_below:
            through += 1
        top = max(self.records, default=0)
        bitmap = bytearray((max(0, top - through - 1) + 7) // 8)
        for number in self.records:
            if number > through + 1:
                bitmap[(number - through - 2) // 8] |= 1 << (number - through - 2) % 8
        alarms_through = 0
        while alarms_through + 1 in self.alarms or alarms_through + 1 < self.alarms_erased_below:
            alarms_through += 1
        return Acknowledgement(through, bytes(bitmap), alarms_through, False, False)

    def forget(self) -> None:
        """Lose the base, as a bridge does that lost its disk."""
        self.base = None
        self.forgotten_below = max(self.records, default=0) + 1

    def _find_base(self, low: int, check: int) -> Base | None:
        for number in sorted(self.records, reverse=True):
            if number % 256 == low and number >= self.forgotten_below:
                for candidate in (self._moved_on(number), self._seed(number)):
                    if candidate is not None and candidate.check() == check:
                        self.base = candidate
                        return candidate
        return self.base if self.base is not None and self.base.check() == check else None

    def _seed(self, number: int) -> Base | None:
        newest = self.schemas[max(self.schemas)]
        return base_codec.seed(newest, number, self.records[number][1])

    def _moved_on(self, number: int) -> Base | None:
        if self.base is None or self.base.number > number:
            return None
        moved = base_codec.from_bytes(self.base.schema, self.base.number, self.base.to_bytes())
        for between in sorted(self.records):
            if moved.number < between <= number and not moved.advance(between, self.records[between][1]):
                return None
        return moved

    def _whole(self, message: batch.Batch, record: batch.AgedRecord) -> tuple[object, ...] | None:
        """Return a record's values once all its channels have come."""
        if message.only < 0:
            return record.values
        parts = self._parts.setdefault(record.number, {})
        parts[message.only] = record.values[message.only]
        channels = len(message.schema.channels)
        return tuple(parts[index] for index in range(channels)) if len(parts) == channels else None

    def _store(self, number: int, time_ms: int, values: tuple[object, ...]) -> None:
        known = self.records.setdefault(number, (time_ms, values))
        if known is ANOTHER_LIFE:
            return
        if is_empty(known[1]) != is_empty(
            values
        ):  # the node gave it up, or it came on another way before that
            if is_empty(known[1]):
                self.records[number] = (time_ms, values)
            return
        assert known[1] == values, f"record {number} came with two contents"
        assert abs(known[0] - time_ms) <= 125 + 2 * 18, f"record {number} came with two times"


class Bench:
    """One node on a made-up clock; `late` delays every downlink to the next uplink."""

    def __init__(
        self,
        *sensors: Sensor,
        actuators: tuple[Actuator, ...] = (),
        settings: tuple[Setting, ...] = (),
        loss_up: float = 0,
        loss_down: float = 0,
        late: bool = False,
        size: int = 51,
        capacity: int = 256,
        seed: int = 1,
        joined: bool = False,
        storage: MemoryStorage | None = None,
        flash: RamFlash | None = None,
    ) -> None:
        self.sensors = sensors or (SteppingSensor(TEMPERATURE, HUMIDITY),)
        self.actuators = actuators
        self.settings = settings
        self.capacity = capacity
        self.loss_up, self.loss_down, self.late = loss_up, loss_down, late
        self.storage = storage or MemoryStorage()
        self.flash = flash
        self.cloud = FakeCloud()
        self.link = FakeLink(size=size, joined_=joined)
        self.dice = random.Random(seed)
        self.now_ms = 0
        self.sampled: dict[int, tuple[int, tuple[object, ...]]] = {}
        self.raised: list[node_events.AlarmRaised] = []
        self.told: list[tuple[object, ...]] = []
        self.downlinks = 0
        self._due: list[tuple[int, Callable[[], None]]] = []
        self.node = self._new_node()

    def _new_node(self) -> Node:
        flash = self.flash
        return Node(
            0x70B3D57ED0000001,
            self.sensors,
            self.actuators,
            self.link,
            self.storage,
            self.dice.randrange,
            factory=self.settings,
            capacity=self.capacity,
            shelf_of=None if flash is None else lambda schema: FlashShelf(schema, 16, flash),
        )

    def restart(self, saved: bool) -> None:
        """Lose power, after `suspend` or without warning; the link's session survives."""
        if saved:
            self.node.suspend(self.now_ms)
        joined, size = self.link.joined_, self.link.size
        sent = self.link.sent
        self.link = FakeLink(size=size, joined_=joined, sent=sent)
        self._due = []
        self.node = self._new_node()

    def run(self, for_s: float) -> None:
        """Let the node live for so long."""
        end_ms = self.now_ms + round(for_s * 1000)
        while True:
            sleep_ms = self._poll()
            next_ms = min([sleep_ms, end_ms, *(at_ms for at_ms, _ in self._due)])
            self.now_ms = max(self.now_ms, next_ms)
            if self.now_ms >= end_ms:
                return
            ready = [entry for entry in self._due if entry[0] <= self.now_ms]
            self._due = [entry for entry in self._due if entry[0] > self.now_ms]
            for _, report in ready:
                report()

    def run_until_all_is_acknowledged(self, within_s: float) -> float:
        """Let the node live until nothing is pending; return how many seconds that took."""
        start_ms = self.now_ms
        while self.node.pending():
            assert self.now_ms - start_ms < within_s * 1000, f"{self.node.pending()} still pending"
            self.run(5)
        return (self.now_ms - start_ms) / 1000

    def events(self, kind: type) -> list[tuple[object, ...]]:
        return [event for event in self.told if isinstance(event, kind)]

    def _poll(self) -> int:
        for _ in range(20):
            step = self.node.poll(self.now_ms)
            self._note_events()
            if isinstance(step, Sleep):
                return max(step.until_ms, self.now_ms + 1)
            if isinstance(step, Transmit):
                end_ms = self.now_ms + step.airtime_ms
                self._due.append((end_ms, lambda frame=step.frame: self._transmitted(frame)))
            else:
                self._listen(step)
        raise AssertionError("the node never sleeps")

    def _transmitted(self, frame: bytes) -> None:
        self.node.on_tx_done(self.now_ms)
        self._answer: tuple[int, bytes] | None = None
        if self.dice.random() < self.loss_up:
            return
        queued = list(self.cloud.queue)
        self.cloud.hear(frame[0], frame[1:], self.now_ms)
        # What waits already goes first, also where the cloud has something newer to say by now.
        candidates = queued if self.late else self.cloud.queue
        if candidates:
            chosen = candidates[0]
            if chosen in self.cloud.queue:
                self.cloud.queue.remove(chosen)
            self.downlinks += 1
            if chosen[0] == ports.ACKNOWLEDGEMENT:
                self.cloud.acknowledgements += 1
            if self.dice.random() >= self.loss_down:
                self._answer = chosen

    def _listen(self, step: Listen) -> None:
        if self._answer is None:
            self._due.append((step.until_ms, lambda: self.node.on_listen_end(self.now_ms)))
        else:
            port, payload = self._answer
            frame = bytes((port,)) + payload
            at_ms = self.now_ms + RX1_MS + 100
            self._due.append((at_ms, lambda: self.node.on_frame(frame, -80, 7, self.now_ms)))

    def _note_events(self) -> None:
        for event in self.node.events():
            self.told.append(event)
            if isinstance(event, node_events.Sampled):
                number, time_s, values = event.record
                assert number not in self.sampled, f"record number {number} was given twice"
                self.sampled[number] = (1000 * time_s, values)
            elif isinstance(event, node_events.AlarmRaised):
                assert event.alarm.number not in [a.alarm.number for a in self.raised]
                self.raised.append(event)


def assert_stored_exactly(bench: Bench) -> None:
    """Every record sampled is in the cloud, its time right to the eighth of a second; no other is.

    A byte of airtime is forgiven, where two lengths of a frame lead to each other (history.py).
    """
    assert set(bench.cloud.records) == set(bench.sampled)
    for number, (time_ms, values) in bench.sampled.items():
        stored_ms, stored_values = bench.cloud.records[number]
        assert stored_values == values
        assert abs(stored_ms - time_ms) <= 63 + 18
