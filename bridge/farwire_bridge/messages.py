"""What reaches the desk: events of the broker, orders and results of the cloud, replies about queues."""

from dataclasses import dataclass

from farwire_bridge.calls import Reply
from farwire_bridge.happenings import Happening
from farwire_contract.v1.orders_pb2 import Order
from farwire_contract.v1.telemetry_pb2 import Entry

CHIRPSTACK, MQTT, HTTPS = "chirpstack", "mqtt", "https"
"""Where messages come from: ChirpStack's events; nodes that speak MQTT, or HTTPS, themselves."""


@dataclass(frozen=True, slots=True)
class MqttMessage:
    """A message as the broker delivered it, or a node's request with the topic that it would have there."""

    topic: str
    payload: bytes
    mid: int  # packet id, to acknowledge it; 0: came with QoS 0
    connection: int  # which connection it came on: an acknowledgement is good on that one only
    source: str = CHIRPSTACK


@dataclass(frozen=True, slots=True)
class NewOrder:
    """The cloud handed out an order, perhaps again."""

    order: Order


@dataclass(frozen=True, slots=True)
class Delivered:
    """The cloud answered for entries."""

    ids: tuple[int, ...]  # of all of them
    refused: tuple[tuple[Entry, str], ...] = ()  # those that it will never store, and why


@dataclass(frozen=True, slots=True)
class QueueReply:
    """The network server replied to a call of the downlinks."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class Happened:
    """A downlink to a node without a radio met its fate."""

    happening: Happening


@dataclass(frozen=True, slots=True)
class Published:
    """The network server's device shows these rows of `unpublished_schemas`."""

    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A thread of the bridge ended by an error that it did not expect."""

    error: BaseException


Message = MqttMessage | NewOrder | Delivered | QueueReply | Happened | Published | Broken
