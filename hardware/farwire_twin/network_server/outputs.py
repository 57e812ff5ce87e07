"""What the core wants done; the shells do it, in this order."""

from dataclasses import dataclass, field

from chirpstack_api import gw
from google.protobuf.message import Message


@dataclass(frozen=True, slots=True)
class SendDownlink:
    """Hand this frame to its gateway."""

    frame: gw.DownlinkFrame


@dataclass(frozen=True, slots=True)
class PublishEvent:
    """Tell the application: `event` is up, join, ack, txack, status or log."""

    application_id: str
    dev_eui: str
    event: str
    message: Message  # of chirpstack_api.integration


@dataclass(frozen=True, slots=True)
class DecisionPending:
    """The downlink answering the uplink just published is decided at `until_ms`."""

    until_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Something was dropped and counted under `reason`; nothing else changed."""

    reason: str
    facts: dict[str, object] = field(default_factory=dict)


Output = SendDownlink | PublishEvent | DecisionPending | Refused
