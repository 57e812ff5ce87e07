"""The edge to ChirpStack's gRPC API: DeviceService's queue calls, each answered by a Reply to a callback, and
devices' variables."""

import logging
from collections.abc import Callable
from typing import Any

import grpc
from chirpstack_api import api

from farwire_bridge.calls import (
    AskQueue,
    Call,
    Enqueue,
    Enqueued,
    EnqueueFailed,
    QueueItem,
    QueueSeen,
    QueueUnknown,
    Reply,
)
from farwire_bridge.counters import Counters
from farwire_bridge.settings import Settings

LOG = logging.getLogger("farwire.bridge")

PERMANENT = (
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.UNIMPLEMENTED,
)
"""Answers that another try would get again. Anything else may pass, or hide that the call was executed."""

LONGEST_RECONNECT_MS = 10_000
"""gRPC's own pause before it connects again; its default of two minutes would make downlinks wait."""


class DeviceQueue:
    """Calls to the queue of any device; never blocks. Callbacks come on gRPC's threads."""

    def __init__(self, settings: Settings, counters: Counters) -> None:
        self._timeout_s = settings.chirpstack_timeout_s
        self._metadata = (("authorization", f"Bearer {settings.chirpstack_token}"),)
        self._counters = counters
        self._channel = _channel(settings)
        self._service = api.DeviceServiceStub(self._channel)

    def call(self, call: Call, then: Callable[[Reply], None]) -> None:
        """Start a call; `then` gets its reply."""
        if isinstance(call, Enqueue):
            method: Any = self._service.Enqueue
            request = _enqueue_request(call)
        else:
            method = self._service.GetQueue
            request = api.GetDeviceQueueItemsRequest(dev_eui=call.dev_eui)
        try:
            future = method.future(request, timeout=self._timeout_s, metadata=self._metadata)
        except ValueError:
            return  # the channel is closed: the bridge is ending, and looks at the queue when it is back
        future.add_done_callback(lambda done: self._done(call, done, then))

    def close(self) -> None:
        """Cancel what is under way."""
        self._channel.close()

    def _done(self, call: Call, future: Any, then: Callable[[Reply], None]) -> None:
        if future.cancelled():
            return
        error = future.exception()
        if isinstance(call, Enqueue):
            self._counters.add("enqueue_failures" if error else "enqueued")
        if error:
            detail = f"{error.code().name}: {error.details()}"[:300]
            LOG.warning("network server call failed", extra={"dev_eui": call.dev_eui, "detail": detail})
            then(_failure(call, error.code() in PERMANENT, detail))
        else:
            then(_reply(call, future.result()))


class DeviceVariables:
    """Changes devices' variables, a call at a time, on a connection of its own beside the downlinks'."""

    def __init__(self, settings: Settings) -> None:
        self._timeout_s = settings.chirpstack_timeout_s
        self._metadata = (("authorization", f"Bearer {settings.chirpstack_token}"),)
        self._channel = _channel(settings)
        self._service = api.DeviceServiceStub(self._channel)

    def change(self, dev_eui: str, name: str, change: Callable[[str], str]) -> bool:
        """Set a variable to what `change` makes of it ("" where it is not set); return whether it differed.

        All else that the device has stays. Raises grpc.RpcError, and ValueError once it is closed.
        """
        request = api.GetDeviceRequest(dev_eui=dev_eui)
        device = self._service.Get(request, timeout=self._timeout_s, metadata=self._metadata).device
        old = device.variables.get(name, "")
        new = change(old)
        if new == old:
            return False
        device.variables[name] = new
        update = api.UpdateDeviceRequest(device=device)
        self._service.Update(update, timeout=self._timeout_s, metadata=self._metadata)
        return True

    def close(self) -> None:
        """Cancel what is under way."""
        self._channel.close()


def _reply(call: Call, response: Any) -> Reply:
    if isinstance(call, Enqueue):
        return Enqueued(call.dev_eui, call.token, response.id)
    items = tuple(
        QueueItem(item.id, item.f_port, item.data, item.confirmed, item.is_pending)
        for item in response.result
    )
    return QueueSeen(call.dev_eui, items)


def _failure(call: Call, permanent: bool, detail: str) -> Reply:
    if isinstance(call, AskQueue):
        return QueueUnknown(call.dev_eui, detail)
    return EnqueueFailed(call.dev_eui, call.token, permanent, detail)


def _enqueue_request(call: Enqueue) -> Any:
    item = api.DeviceQueueItem(
        dev_eui=call.dev_eui, confirmed=call.confirmed, f_port=call.f_port, data=call.payload
    )
    if call.expires_ms:
        item.expires_at.FromMilliseconds(call.expires_ms)
    return api.EnqueueDeviceQueueItemRequest(queue_item=item, flush_queue=call.flush)


def _channel(settings: Settings) -> grpc.Channel:
    options = [("grpc.max_reconnect_backoff_ms", LONGEST_RECONNECT_MS)]
    if not settings.chirpstack_tls:
        return grpc.insecure_channel(settings.chirpstack_address, options)
    authority = settings.chirpstack_ca.read_bytes() if settings.chirpstack_ca else None
    credentials = grpc.ssl_channel_credentials(root_certificates=authority)
    return grpc.secure_channel(settings.chirpstack_address, credentials, options)
