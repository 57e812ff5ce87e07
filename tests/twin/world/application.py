"""An application for tests: stores what the nodes send, and acknowledges."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chirpstack_api import integration

from farwire_codecs import acknowledgement, alarm, ports
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.batch import Batch
from farwire_codecs.schema import Schema
from farwire_codecs.state_report import StateReport
from farwire_codecs.uplink import decode_uplink
from farwire_twin.network_server.outputs import PublishEvent

Enqueue = Callable[[str, str, integration.DownlinkCommand], None]

LIMIT = 51


@dataclass(slots=True)
class Stored:
    """What the application has of one device."""

    records: dict[int, tuple[int, list[Any]]] = field(default_factory=dict)  # number: UTC ms, readings
    alarms: dict[int, Any] = field(default_factory=dict)
    schemas: dict[int, Schema] = field(default_factory=dict)
    oldest: int = 1
    twice: int = 0  # records that came again

    def through(self) -> int:
        number = self.oldest - 1
        while number + 1 in self.records:
            number += 1
        return number

    def acknowledgement(self, schema_wanted: bool) -> bytes:
        through = self.through()
        above = [number for number in self.records if number > through + 1]
        bitmap = bytearray((max(above, default=through) - through + 6) // 8)
        for number in above:
            index = number - through - 2
            bitmap[index // 8] |= 1 << index % 8
        alarms = 0
        while alarms + 1 in self.alarms:
            alarms += 1
        return acknowledgement.encode(
            Acknowledgement(through, bytes(bitmap), alarms, schema_wanted, False), LIMIT
        )


class Application:
    """Every device's records and alarms, and the events of all kinds that came."""

    def __init__(self, enqueue: Enqueue) -> None:
        self.events: list[tuple[str, str]] = []  # kind, DevEUI
        self.devices: defaultdict[str, Stored] = defaultdict(Stored)
        self.late_ms = 0  # after an event, until the application answers
        self._enqueue = enqueue

    def on_event(self, event: PublishEvent) -> None:
        self.events.append((event.event, event.dev_eui))
        if event.event == "up" and event.message.data:
            self._on_uplink(event)

    def _on_uplink(self, event: PublishEvent) -> None:
        up, stored = event.message, self.devices[event.dev_eui]
        heard_ms = up.time.ToMilliseconds()
        if up.f_port == ports.HISTORY and _unknown_schema(up.data, stored):
            self._acknowledge(event, stored, schema_wanted=True)
            return
        message = decode_uplink(up.f_port, up.data, stored.schemas.get)
        wanted = False
        if isinstance(message, Batch):
            stored.schemas[message.schema.schema_id] = message.schema
            for record in message.records:
                readings = [
                    [channel.channel, channel.type_id, list(value)]
                    for channel, value in zip(message.schema.channels, record.values, strict=True)
                    if value is not None
                ]
                stored.twice += record.number in stored.records
                stored.records.setdefault(record.number, (heard_ms - record.age_ms, readings))
            wanted = message.acknowledgement_wanted
        elif isinstance(message, StateReport):
            stored.oldest = max(stored.oldest, message.oldest_record)
        elif isinstance(message, list) and message and isinstance(message[0], alarm.Alarm):
            for each in message:
                stored.alarms[each.number] = each
            wanted = True
        if wanted:
            self._acknowledge(event, stored, schema_wanted=False)

    def _acknowledge(self, event: PublishEvent, stored: Stored, *, schema_wanted: bool) -> None:
        command = integration.DownlinkCommand(
            dev_eui=event.dev_eui, f_port=ports.ACKNOWLEDGEMENT, data=stored.acknowledgement(schema_wanted)
        )
        self._enqueue(event.application_id, event.dev_eui, command)


def _unknown_schema(payload: bytes, stored: Stored) -> bool:
    from farwire_codecs.errors import UnknownSchemaError

    try:
        decode_uplink(ports.HISTORY, payload, stored.schemas.get)
    except UnknownSchemaError:
        return True
    return False
