"""DeviceService: the downlink queue [chirpstack api/device.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server import codec, device_queue
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import InvalidArgumentError, NotSupportedError
from farwire_twin.network_server.identifiers import parse_eui64
from farwire_twin.network_server.records import QueueItem
from farwire_twin.network_server.timestamps import from_timestamp, to_timestamp


def enqueue(
    core: NetworkCore, request: api.EnqueueDeviceQueueItemRequest, now_ms: int
) -> api.EnqueueDeviceQueueItemResponse:
    """Append an item under an id of the server's own; `flush_queue` first deletes all that is not pending."""
    if not request.HasField("queue_item"):
        raise InvalidArgumentError("queue_item is missing")
    asked = request.queue_item
    if asked.is_encrypted:
        raise NotSupportedError("encrypted queue items")
    state = core.state
    dev_eui = parse_eui64(asked.dev_eui)
    data = bytes(asked.data)
    if asked.HasField("object"):
        device = state.registry.device(dev_eui)
        profile = state.registry.device_profile(device.message.device_profile_id)
        data = codec.encoded(profile.message.payload_codec_runtime)
    item = QueueItem(
        id=state.new_uuid(),
        dev_eui=dev_eui,
        created_at_ms=now_ms,
        f_port=asked.f_port & 0xFF,  # ChirpStack casts to 8 bits, then checks
        confirmed=asked.confirmed,
        data=data,
        expires_at_ms=from_timestamp(asked.expires_at) if asked.HasField("expires_at") else None,
    )
    if request.flush_queue:
        device_queue.flush(state, dev_eui, keep_pending=True)
    device_queue.enqueue(state, item)
    return api.EnqueueDeviceQueueItemResponse(id=item.id)


def flush_queue(core: NetworkCore, request: api.FlushDeviceQueueRequest, _now_ms: int) -> Empty:
    """Delete all items, pending ones too."""
    device_queue.flush(core.state, parse_eui64(request.dev_eui))
    return Empty()


def get_queue(
    core: NetworkCore, request: api.GetDeviceQueueItemsRequest, _now_ms: int
) -> api.GetDeviceQueueItemsResponse:
    """All items, oldest first."""
    items = core.state.registry.queue(parse_eui64(request.dev_eui))
    response = api.GetDeviceQueueItemsResponse(total_count=len(items))
    for item in items:
        shown = response.result.add(
            id=item.id,
            dev_eui=item.dev_eui,
            confirmed=item.confirmed,
            f_port=item.f_port,
            data=item.data,
            is_pending=item.is_pending,
            f_cnt_down=item.f_cnt_down or 0,
        )
        if item.expires_at_ms is not None:
            shown.expires_at.CopyFrom(to_timestamp(item.expires_at_ms))
    return response


def get_next_f_cnt_down(
    core: NetworkCore, request: api.GetDeviceNextFCntDownRequest, _now_ms: int
) -> api.GetDeviceNextFCntDownResponse:
    """The counter that the next queue item will get."""
    device = core.state.registry.device(parse_eui64(request.dev_eui))
    session_next = device.session.f_cnt_down if device.session is not None else 0
    queued = max((item.f_cnt_down or 0 for item in core.state.registry.queue(device.dev_eui)), default=0)
    return api.GetDeviceNextFCntDownResponse(f_cnt_down=max(session_next, queued + 1))


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Enqueue": enqueue,
    "FlushQueue": flush_queue,
    "GetQueue": get_queue,
    "GetNextFCntDown": get_next_f_cnt_down,
}
