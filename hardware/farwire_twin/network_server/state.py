"""What all parts of the core share: objects, settings, time to come, and what is to be said."""

import random
import uuid
from collections import Counter
from dataclasses import dataclass

from chirpstack_api import gw, integration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from farwire_node.aes import Crypto
from farwire_twin.network_server import events
from farwire_twin.network_server.outputs import DecisionPending, Output, PublishEvent, Refused, SendDownlink
from farwire_twin.network_server.region import ServerRegion
from farwire_twin.network_server.registry import Owners, Registry
from farwire_twin.network_server.settings import NetworkServerSettings
from farwire_twin.network_server.timers import Timers


@dataclass(frozen=True, slots=True)
class SentFrame:
    """A downlink that waits for its gateway's word (ChirpStack's internal.DownlinkFrame)."""

    frame: gw.DownlinkFrame
    dev_eui: str
    queue_item_id: str | None
    f_cnt_down: int
    sent_ms: int


class State:
    """The core's state; its parts are functions of (state, input, now_ms)."""

    def __init__(self, settings: NetworkServerSettings, crypto: Crypto, started_ms: int) -> None:
        self.settings = settings
        self.crypto = crypto
        self.region = ServerRegion(settings.region)
        self.random = random.Random(settings.seed)  # of what happens: DevAddrs, gateways
        # Ids must not come again in another run: whoever keeps them would take news for a repetition.
        self._ids = random.Random(None if settings.seed is None else f"{settings.seed}/{started_ms}")
        self.registry = Registry()
        self.timers = Timers()
        self.sent: dict[int, SentFrame] = {}  # by downlink_id
        self.counters: Counter[str] = Counter()
        self.outputs: list[Output] = []

    def new_uuid(self) -> str:
        """A random UUID (version 4)."""
        return str(uuid.UUID(int=self._ids.getrandbits(128), version=4))

    def publish(self, owners: Owners, event: str, message: Message) -> None:
        """Tell the application of `owners` about `event`."""
        self.counters[f"event {event}"] += 1
        application_id = owners.application.message.id
        self.outputs.append(PublishEvent(application_id, owners.device.dev_eui, event, message))

    def log(
        self,
        owners: Owners,
        time: int | Timestamp,
        level: int,
        code: int,
        description: str,
        **context: object,
    ) -> None:
        """Publish a log event of UTC ms or timestamp `time`; `context` in the words of ChirpStack."""
        self.counters[f"log {integration.LogCode.Name(code)}"] += 1
        self.publish(owners, "log", events.log(owners, time, level, code, description, context))

    def send(self, frame: gw.DownlinkFrame) -> None:
        """Hand a frame to its gateway."""
        self.counters["downlinks"] += 1
        self.outputs.append(SendDownlink(frame))

    def refuse(self, reason: str, **facts: object) -> None:
        """Count and report what is dropped."""
        self.counters[f"refused {reason}"] += 1
        self.outputs.append(Refused(reason, facts))

    def decision_pending(self, until_ms: int) -> None:
        """Say that the application has until `until_ms` to use this uplink's receive windows."""
        self.outputs.append(DecisionPending(until_ms))
