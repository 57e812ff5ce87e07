"""MQTT topics of gateways and integration [chirpstack gateway/backend/mqtt.rs, integration/mqtt.rs]."""

import re

COMMAND = re.compile(r"application/([\w-]+)/device/(\w+)/command/(\w+)")
ALL_COMMANDS = "application/+/device/+/command/+"


def event(application_id: str, dev_eui: str, kind: str) -> str:
    """Where an integration event goes."""
    return f"application/{application_id}/device/{dev_eui}/event/{kind}"


def gateway_events(prefix: str) -> str:
    """The filter of all that gateways of a region say."""
    return _prefixed(prefix, "gateway/+/event/+")


def gateway_command(prefix: str, gateway_id: str, command: str) -> str:
    """Where a gateway listens."""
    return _prefixed(prefix, f"gateway/{gateway_id}/command/{command}")


def gateway_event(prefix: str, gateway_id: str, kind: str) -> str:
    """Where a gateway speaks: `kind` is up, stats, ack or mesh."""
    return _prefixed(prefix, f"gateway/{gateway_id}/event/{kind}")


def shared(share_name: str, topic_filter: str) -> str:
    """The filter as a shared subscription (MQTT 5 §4.8.2)."""
    return f"$share/{share_name}/{topic_filter}"


def parse_command(topic: str) -> tuple[str, str, str] | None:
    """(application id, DevEUI, command) as the topic has them; None when it is no command topic."""
    found = COMMAND.search(topic)
    return (found[1], found[2], found[3]) if found else None


def _prefixed(prefix: str, topic: str) -> str:
    return f"{prefix}/{topic}" if prefix else topic
