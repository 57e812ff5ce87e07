"""Acknowledgement frames to the nodes: at most one of a device in the network server's queue. Pure.

The cloud says what it has stored and whether the node wants to know; the frame goes into the queue at once,
because the node listens only for a moment after its uplink. While one is still unsent, the newest state is
remembered and follows when that one is gone, if it says something else. Nothing here is persistent: after a
restart the queue is looked at before the first frame, and a node that missed one asks again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from farwire_bridge.calls import (
    AskQueue,
    Call,
    Enqueue,
    Enqueued,
    EnqueueFailed,
    QueueSeen,
    QueueUnknown,
    Reply,
)
from farwire_bridge.happenings import Confirmed, Discarded, Happening, Heard, Rejoined, Transmitted
from farwire_bridge.payload_limits import SMALLEST
from farwire_bridge.slot import Slot
from farwire_codecs import acknowledgement as codec
from farwire_codecs import ports
from farwire_contract.v1.telemetry_pb2 import Acknowledgement

NOTHING_STORED = codec.Acknowledgement(0, b"", 0, False, False)


@dataclass(frozen=True, slots=True)
class Stored:
    """The cloud's word on a device."""

    dev_eui: str
    state: Acknowledgement


@dataclass(frozen=True, slots=True)
class Flushed:
    """We had the device's queue emptied."""

    dev_eui: str


AcknowledgementInput = Happening | Reply | Stored | Flushed


class Acknowledgements:
    """All devices' acknowledgements; `tokens` gives numbers for calls."""

    def __init__(self, tokens: Iterator[int]) -> None:
        self._tokens = tokens
        self._devices: dict[str, _Device] = {}

    def handle(self, event: AcknowledgementInput) -> list[Call]:
        """Return what to ask of the network server."""
        device = self._devices.get(event.dev_eui)
        if device is None:
            device = self._devices[event.dev_eui] = _Device(event.dev_eui, self._tokens)
        return device.handle(event)


class _Device:
    def __init__(self, dev_eui: str, tokens: Iterator[int]) -> None:
        self._dev_eui = dev_eui
        self._tokens = tokens
        self._limit = SMALLEST
        self._newest = NOTHING_STORED
        self._wanted = False  # a frame is to be enqueued as soon as none is in the queue
        self._slot: Slot | None = None
        self._queue_known = False  # whether the slot tells what is in the queue
        self._asking = False
        self._early: set[str] = set()  # items transmitted while a reply was to come: perhaps it was ours
        self._handlers: dict[type, Callable[..., None]] = {
            Stored: self._on_stored,
            Heard: self._on_heard,
            Rejoined: self._on_rejoined,
            Transmitted: self._on_gone,
            Confirmed: self._on_gone,
            Discarded: self._on_gone,
            Flushed: self._on_flushed,
            Enqueued: self._on_enqueued,
            EnqueueFailed: self._on_enqueue_failed,
            QueueSeen: self._on_queue_seen,
            QueueUnknown: self._on_queue_unknown,
        }

    def handle(self, event: AcknowledgementInput) -> list[Call]:
        self._handlers[type(event)](event)
        return self._calls()

    def _calls(self) -> list[Call]:
        slot = self._slot
        if not self._wanted or self._asking or (slot and slot.in_flight):
            return []
        if not self._queue_known or (slot and slot.doubtful):
            self._asking = True
            return [AskQueue(self._dev_eui)]
        if slot:
            return []
        self._slot = Slot(ports.ACKNOWLEDGEMENT, self._frame(), next(self._tokens))
        self._wanted = False
        self._newest = self._newest._replace(schema_wanted=False, base_wanted=False)
        return [Enqueue(self._dev_eui, self._slot.token, self._slot.f_port, self._slot.payload)]

    def _frame(self) -> bytes:
        return codec.encode(self._newest, self._limit)

    def _on_stored(self, event: Stored) -> None:
        state = event.state
        schema_wanted, base_wanted = self._newest.schema_wanted, self._newest.base_wanted
        self._newest = codec.Acknowledgement(
            state.through, state.stored_above, state.alarms_through, schema_wanted, base_wanted
        )
        self._wanted = state.wanted or schema_wanted or base_wanted

    def _on_heard(self, event: Heard) -> None:
        self._limit = event.payload_limit
        if self._slot:
            self._slot = self._slot.heard()
        if event.schema_missing:
            self._newest = self._newest._replace(schema_wanted=True)
            self._wanted = True
        if event.base_missing:
            self._newest = self._newest._replace(base_wanted=True)
            self._wanted = True

    def _on_rejoined(self, _: Rejoined) -> None:
        self._queue_known = False

    def _on_flushed(self, _: Flushed) -> None:
        self._queue_known = False

    def _on_gone(self, event: Transmitted | Confirmed | Discarded) -> None:
        if self._slot is None:
            return
        if self._slot.item_id == event.item_id:
            self._free()
        elif self._slot.in_flight:
            self._early.add(event.item_id)

    def _free(self) -> None:
        """Note that our item left the queue; what it said need not be said again."""
        if self._slot and self._slot.payload == self._frame():
            self._wanted = False
        self._slot = None

    def _on_enqueued(self, event: Enqueued) -> None:
        if self._slot and self._slot.token == event.token:
            self._slot = replace(self._slot, item_id=event.item_id, unsure=False)
            if event.item_id in self._early:
                self._free()
        self._early.clear()

    def _on_enqueue_failed(self, event: EnqueueFailed) -> None:
        if self._slot and self._slot.token == event.token:
            self._slot = None if event.permanent else replace(self._slot, unsure=True)
        self._wanted = False  # the node asks again
        self._early.clear()

    def _on_queue_seen(self, event: QueueSeen) -> None:
        self._asking = False
        self._queue_known = True
        ours = next((item for item in event.items if item.f_port == ports.ACKNOWLEDGEMENT), None)
        self._slot = Slot(ours.f_port, ours.payload).found(ours) if ours else None

    def _on_queue_unknown(self, _: QueueUnknown) -> None:
        self._asking = False
        self._wanted = False  # the node asks again
