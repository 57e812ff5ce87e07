"""ChirpStack's MQTT event topics: `application/{application_id}/device/{dev_eui}/event/{event}`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_EVENT_TOPIC = re.compile(r"application/([^/]+)/device/([0-9a-f]{16})/event/([a-z]+)")


@dataclass(frozen=True, slots=True)
class EventTopic:
    """Where an event came from and what it claims to be."""

    application_id: str
    dev_eui: str  # 16 lower-case hex digits
    event: str  # "up", "join", ...


def parse(topic: str) -> EventTopic | None:
    """Return the parts of an event topic, None for any other topic."""
    match = _EVENT_TOPIC.fullmatch(topic)
    return EventTopic(*match.groups()) if match else None


def filters(applications: Sequence[str], shared_group: str) -> list[str]:
    """Return what to subscribe to: all applications if none is named; shared within a group, if named."""
    share = f"$share/{shared_group}/" if shared_group else ""
    return [f"{share}application/{name}/device/+/event/+" for name in applications or ("+",)]
