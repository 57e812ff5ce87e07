"""A network server in memory: ChirpStack's device API over gRPC, its events over MQTT, and nodes that talk.

It follows chirpstack src/downlink/data.rs: first in, first out; unconfirmed items leave with their txack;
a confirmed one stays pending, blocks, and is decided by the device's next uplink; what is expired or too
large is thrown away with a log event; a join may flush the queue.
"""

import threading
import time
import uuid
from collections import defaultdict
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
from chirpstack_api import api
from google.protobuf.empty_pb2 import Empty
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from tests.bridge import events_made

TOKEN = "a token of the test"


@dataclass(slots=True)
class Item:
    """One downlink in a device's queue."""

    item_id: str
    f_port: int
    payload: bytes
    confirmed: bool
    expires_ms: int
    pending: bool = False


@dataclass(slots=True)
class Downlink:
    """What a gateway sent to a node."""

    f_port: int
    payload: bytes


@dataclass(slots=True)
class Link:
    """The network server's side of one device."""

    queue: list[Item] = field(default_factory=list)
    f_cnt_up: int = -1
    f_cnt_down: int = 0


class FakeChirpStack(api.DeviceServiceServicer):  # type: ignore[misc]
    """`broker_port` None: only the API. `window_s`: how long an application may take to answer an uplink."""

    def __init__(self, broker_port: int | None, encoding: str = "json", port: int = 0) -> None:
        self.encoding = encoding
        self.window_s = 0.3
        self.links: dict[str, Link] = defaultdict(Link)
        self.enqueued: list[tuple[str, int, bytes]] = []  # every Enqueue that was executed
        self.enqueue_times_s: list[float] = []
        self.looks = 0  # GetQueue calls that were answered
        self.lose_replies = 0  # of so many Enqueue calls the reply is lost after the execution
        self.refuse: grpc.StatusCode | None = None
        self.refuse_enqueue: grpc.StatusCode | None = None
        self.refuse_update: grpc.StatusCode | None = None
        self.devices: dict[str, Any] = {}  # api.Device by DevEUI
        self.updates = 0  # that were executed
        self.max_payload = 51
        self.lost_kinds: set[str] = set()  # events that are never published
        self._lock = threading.RLock()
        self._mqtt = self._connect(broker_port) if broker_port else None
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        api.add_DeviceServiceServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.stop(grace=None).wait()
        if self._mqtt:
            self._mqtt.disconnect()
            self._mqtt.loop_stop()

    # The radio's side.

    def uplink(
        self, dev_eui: str, f_port: int, payload: bytes, ack: bool = False, **facts: Any
    ) -> Downlink | None:
        """Publish a node's uplink, wait the window, and return the downlink that answers it."""
        link = self.links[dev_eui]
        link.f_cnt_up += 1
        facts.setdefault("time_ms", time.time_ns() // 1_000_000)
        self.publish("up", events_made.up(dev_eui, f_port, payload, f_cnt=link.f_cnt_up, **facts))
        with self._lock:
            if link.queue and link.queue[0].pending:
                item = link.queue.pop(0)
                self.publish("ack", events_made.ack(dev_eui, item.item_id, ack, link.f_cnt_down))
        time.sleep(self.window_s)
        return self.transmit(dev_eui)

    def transmit(self, dev_eui: str, gateway_ok: bool = True) -> Downlink | None:
        """Take the next item for transmission, as at each downlink opportunity."""
        with self._lock:
            link = self.links[dev_eui]
            while link.queue:
                item = link.queue[0]
                if item.pending:
                    return None
                if item.expires_ms and item.expires_ms < time.time_ns() // 1_000_000:
                    self._discard(dev_eui, "EXPIRED")
                elif len(item.payload) > self.max_payload:
                    self._discard(dev_eui, "DOWNLINK_PAYLOAD_SIZE", max_payload_size=str(self.max_payload))
                elif not gateway_ok:
                    self.publish("log", events_made.log(dev_eui, "DOWNLINK_GATEWAY", "TOO_LATE", {}))
                    return None
                else:
                    return self._send(dev_eui, link, item)
            return None

    def join(self, dev_eui: str, flush: bool = True) -> None:
        """Publish that a device joined."""
        with self._lock:
            self.links[dev_eui].f_cnt_up = -1
            if flush:
                self.links[dev_eui].queue.clear()
        self.publish("join", events_made.join(dev_eui))

    def publish(self, kind: str, event: Any) -> None:
        """Publish an event, as JSON or protobuf, and wait until the broker has it."""
        if self._mqtt is None or kind in self.lost_kinds:
            return
        topic = events_made.topic(event.device_info.dev_eui, kind)
        payload = events_made.to_json(event) if self.encoding == "json" else event.SerializeToString()
        self.publish_raw(topic, payload)

    def publish_raw(self, topic: str, payload: bytes) -> None:
        """Publish any bytes."""
        assert self._mqtt is not None
        self._mqtt.publish(topic, payload, qos=1).wait_for_publish(timeout=10)

    def _send(self, dev_eui: str, link: Link, item: Item) -> Downlink:
        if item.confirmed:
            item.pending = True
        else:
            link.queue.pop(0)
        self.publish("txack", events_made.txack(dev_eui, item.item_id, link.f_cnt_down))
        link.f_cnt_down += not item.confirmed
        return Downlink(item.f_port, item.payload)

    def _discard(self, dev_eui: str, code: str, **context: str) -> None:
        item = self.links[dev_eui].queue.pop(0)
        context = {"queue_item_id": item.item_id, **context}
        self.publish("log", events_made.log(dev_eui, code, "Device queue-item discarded", context))

    def _connect(self, port: int) -> paho.Client:
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"network-server-{uuid.uuid4().hex[:8]}",
            protocol=MQTTProtocolVersion.MQTTv5,
        )
        client.reconnect_delay_set(1, 1)
        client.connect("127.0.0.1", port)
        client.loop_start()
        return client

    # The API's side.

    def Enqueue(self, request: Any, context: Any) -> Any:
        self._authorize(context)
        if self.refuse_enqueue is not None:
            context.abort(self.refuse_enqueue, "refused by the test")
        given = request.queue_item
        item = Item(
            str(uuid.uuid4()),
            given.f_port,
            given.data,
            given.confirmed,
            given.expires_at.ToMilliseconds() if given.HasField("expires_at") else 0,
        )
        with self._lock:
            if request.flush_queue:
                queue = self.links[given.dev_eui].queue
                queue[:] = [other for other in queue if other.pending]
            self.links[given.dev_eui].queue.append(item)
            self.enqueued.append((given.dev_eui, given.f_port, given.data))
            self.enqueue_times_s.append(time.monotonic())
            if self.lose_replies:
                self.lose_replies -= 1
                context.abort(grpc.StatusCode.UNAVAILABLE, "the reply was lost")
        return api.EnqueueDeviceQueueItemResponse(id=item.item_id)

    def GetQueue(self, request: Any, context: Any) -> Any:
        self._authorize(context)
        with self._lock:
            self.looks += 1
            queue = self.links[request.dev_eui].queue
            response = api.GetDeviceQueueItemsResponse(total_count=len(queue))
            for item in queue:
                response.result.add(
                    id=item.item_id,
                    dev_eui=request.dev_eui,
                    f_port=item.f_port,
                    data=item.payload,
                    confirmed=item.confirmed,
                    is_pending=item.pending,
                )
        return response

    def FlushQueue(self, request: Any, context: Any) -> Empty:
        self._authorize(context)
        with self._lock:
            self.links[request.dev_eui].queue.clear()
        return Empty()

    def Get(self, request: Any, context: Any) -> Any:
        self._authorize(context)
        with self._lock:
            if request.dev_eui not in self.devices:
                context.abort(grpc.StatusCode.NOT_FOUND, f"Object does not exist (id: {request.dev_eui})")
            return api.GetDeviceResponse(device=self.devices[request.dev_eui])

    def Update(self, request: Any, context: Any) -> Empty:
        self._authorize(context)
        if self.refuse_update is not None:
            context.abort(self.refuse_update, "refused by the test")
        with self._lock:
            self.devices[request.device.dev_eui] = request.device
            self.updates += 1
        return Empty()

    def _authorize(self, context: Any) -> None:
        if self.refuse is not None:
            context.abort(self.refuse, "refused by the test")
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {TOKEN}":
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "no valid token")
