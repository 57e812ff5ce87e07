"""`command/down` of the MQTT integration [chirpstack/src integration/mod.rs, integration/mqtt.rs].

A wrong command gets no answer but the server's log, as there. The command's own id becomes the queue item's
primary key, so that a repeat is refused.
"""

import uuid

from chirpstack_api import integration

from farwire_twin.network_server import codec, device_queue
from farwire_twin.network_server.errors import NetworkServerError, RefusedError
from farwire_twin.network_server.identifiers import parse_eui64
from farwire_twin.network_server.records import QueueItem
from farwire_twin.network_server.state import State
from farwire_twin.network_server.timestamps import from_timestamp


def down(
    state: State, application_id: str, dev_eui: str, command: integration.DownlinkCommand, now_ms: int
) -> None:
    """Enqueue what the command asks for; RefusedError with the reason otherwise."""
    if dev_eui != command.dev_eui:
        raise RefusedError("command for another device", topic=dev_eui, payload=command.dev_eui)
    try:
        device = state.registry.device(parse_eui64(command.dev_eui))
        if device.message.application_id != str(uuid.UUID(application_id)):
            raise RefusedError(
                "command from another application", dev_eui=dev_eui, application_id=application_id
            )
        data = bytes(command.data)
        if command.HasField("object"):
            profile = state.registry.device_profile(device.message.device_profile_id)
            data = codec.encoded(profile.message.payload_codec_runtime)
        item = QueueItem(
            id=str(uuid.UUID(command.id)) if command.id else state.new_uuid(),
            dev_eui=device.dev_eui,
            created_at_ms=now_ms,
            f_port=command.f_port & 0xFF,  # ChirpStack casts to 8 bits, then checks
            confirmed=command.confirmed,
            data=data,
            expires_at_ms=from_timestamp(command.expires_at) if command.HasField("expires_at") else None,
        )
        device_queue.enqueue(state, item)
    except (NetworkServerError, ValueError) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError("command refused", dev_eui=dev_eui, error=str(error)) from error
    state.counters["commands"] += 1
