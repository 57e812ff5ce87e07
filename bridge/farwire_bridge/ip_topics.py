"""MQTT topics of nodes without a radio: `{prefix}/{dev_eui}/up` and `{prefix}/{dev_eui}/down`."""

import re

from farwire_bridge.topics import EventTopic

_UP = re.compile(r".+/([0-9a-f]{16})/up")


def parse(topic: str, application_id: str) -> EventTopic | None:
    """Return an uplink's topic as that of ChirpStack's `up` event, None for any other topic."""
    match = _UP.fullmatch(topic)
    return EventTopic(application_id, match.group(1), "up") if match else None


def up(prefix: str, dev_eui: str) -> str:
    """Return where a device publishes; `+`: any device."""
    return f"{prefix}/{dev_eui}/up"


def down(prefix: str, dev_eui: str) -> str:
    """Return what a device subscribes to."""
    return f"{prefix}/{dev_eui}/down"
