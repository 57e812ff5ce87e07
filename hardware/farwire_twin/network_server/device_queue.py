"""A device's downlink queue: first in, first out [chirpstack storage/device_queue.rs, downlink/data.rs]."""

from dataclasses import dataclass

from chirpstack_api import integration

from farwire_twin.network_server import events
from farwire_twin.network_server.errors import InvalidArgumentError
from farwire_twin.network_server.records import QueueItem
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State
from farwire_twin.network_server.timestamps import to_timestamp


@dataclass(frozen=True, slots=True)
class Next:
    """What the next downlink carries: the item, if any, and whether more wait behind it."""

    item: QueueItem | None
    more: bool


NOTHING = Next(None, more=False)


def enqueue(state: State, item: QueueItem) -> None:
    """Append an item; InvalidArgumentError for its FPort, ConstraintError for id or device."""
    if not 1 <= item.f_port <= 255:
        raise InvalidArgumentError.validation("FPort must be between 1 - 255")
    state.registry.add_queue_item(item)


def flush(state: State, dev_eui: str, *, keep_pending: bool = False) -> None:
    """Delete the queue; `keep_pending` spares what waits for its acknowledgement."""
    for item in state.registry.queue(dev_eui):
        if not (keep_pending and item.is_pending):
            state.registry.remove_queue_item(item.id)


def pending(state: State, dev_eui: str) -> QueueItem | None:
    """The confirmed item that waits for its acknowledgement."""
    return next((item for item in state.registry.queue(dev_eui) if item.is_pending), None)


def is_waiting(item: QueueItem, now_ms: int) -> bool:
    """Whether the item is pending and its class C time-out still runs (class A items have none)."""
    return item.is_pending and item.timeout_after_ms is not None and item.timeout_after_ms > now_ms


def fetch(state: State, owners: Owners, max_bytes: int, deduplication_id: str, now_ms: int) -> Next:
    """The next item that may be sent in `max_bytes`; those that never can are deleted, each with its event.

    A pending item blocks the queue while its time-out runs; afterwards, and for class A at once (the uplink
    that led here brought no acknowledgement), it is given up. `deduplication_id` is that uplink's, or "".
    """
    registry = state.registry
    while queue := registry.queue(owners.device.dev_eui):
        item = queue[0]
        if is_waiting(item, now_ms):
            return NOTHING
        if item.is_pending:
            registry.remove_queue_item(item.id)
            message = events.ack(owners, item, to_timestamp(now_ms), False, deduplication_id)
            state.publish(owners, "ack", message)
        elif item.expires_at_ms is not None and item.expires_at_ms < now_ms:
            registry.remove_queue_item(item.id)
            _log(state, owners, now_ms, integration.EXPIRED, "it has expired", queue_item_id=item.id)
        elif len(item.data) > max_bytes:
            registry.remove_queue_item(item.id)
            _log(
                state,
                owners,
                now_ms,
                integration.DOWNLINK_PAYLOAD_SIZE,
                "it exceeds the max. payload size",
                max_payload_size=max_bytes,
                item_size=len(item.data),
                queue_item_id=item.id,
            )
        else:
            return Next(item, more=len(queue) > 1)
    return NOTHING


def _log(state: State, owners: Owners, now_ms: int, code: int, why: str, **context: object) -> None:
    description = f"Device queue-item discarded because {why}"
    state.log(owners, now_ms, integration.ERROR, code, description, **context)
