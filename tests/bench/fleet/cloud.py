"""Bridge and cloud as the nodes see them: what they store, and when they acknowledge.

Beside the application of the twin's tests it reads batches that build on others (with the bridge's
`DeviceBases`), and acknowledges also unasked while there is a hole, as cloud/farwire_cloud/ingest does.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from chirpstack_api import integration

from farwire_bridge.bases import DeviceBases, Found
from farwire_codecs import acknowledgement, alarm, batch, ports
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.base import Base
from farwire_codecs.batch import Batch
from farwire_codecs.errors import CodecError, UnknownBaseError, UnknownSchemaError
from farwire_codecs.schema import Schema
from farwire_codecs.state_report import StateReport
from farwire_codecs.uplink import decode_uplink
from farwire_twin.network_server.outputs import PublishEvent

LIMIT = 51  # bytes of a downlink at EU868's slowest data rate
BASES_KEPT = 4_096  # records of a device

Enqueue = Callable[[str, str, integration.DownlinkCommand], None]


@dataclass(slots=True)
class Device:
    """What is known of one device."""

    records: dict[int, tuple[int, list[Any]]] = field(default_factory=dict)  # number: UTC ms, readings
    alarms: dict[int, Any] = field(default_factory=dict)
    schemas: dict[int, Schema] = field(default_factory=dict)
    bases: DeviceBases = field(default_factory=DeviceBases)
    through: int = 0  # every record up to it is stored, or will not come
    top: int = 0  # the highest number stored
    delays_ms: list[int] = field(default_factory=list)  # of each record, from sampling to its first arrival
    acknowledged: int = 0  # frames sent down

    def store(self, number: int, utc_ms: int, age_ms: int, readings: list[Any]) -> None:
        """Keep a record that is not there yet."""
        if number in self.records:
            return
        self.records[number] = utc_ms, readings
        self.delays_ms.append(age_ms)
        self.top = max(self.top, number)
        self.advance()

    def advance(self, oldest: int = 0) -> None:
        """Move `through` on; nothing before `oldest` will come any more."""
        self.through = max(self.through, oldest - 1)
        while self.through + 1 in self.records:
            self.through += 1

    def state(self, schema_wanted: bool, base_wanted: bool) -> bytes:
        """Return the acknowledgement."""
        room = min(8 * LIMIT, self.top - self.through)
        bitmap = bytearray(room // 8 + 1)
        for index in range(room):
            if self.through + 2 + index in self.records:
                bitmap[index // 8] |= 1 << index % 8
        alarms = 0
        while alarms + 1 in self.alarms:
            alarms += 1
        said = Acknowledgement(self.through, bytes(bitmap), alarms, schema_wanted, base_wanted)
        return acknowledgement.encode(said, LIMIT)

    def decode(self, payload: bytes) -> Batch:
        """Return a batch; raises CodecError."""
        matching = None
        used: Found | None = None

        def base_for(low: int, check: int) -> Base | None:
            nonlocal matching, used
            matching = matching or self.bases.matching(low, check)
            used = next(matching, None)
            return used.base if used is not None else None

        while True:
            try:
                found = batch.decode(payload, self.schemas.get, base_for)
            except UnknownBaseError:
                raise
            except CodecError:
                if matching is None:
                    raise
                continue  # a base of another model with the same check
            if used is None:
                return found
            if not self.bases.contradicts(found.records):
                self.bases.use(used)
                return found


class Cloud:
    """Every device's records and alarms."""

    def __init__(self, enqueue: Enqueue) -> None:
        self.devices: defaultdict[str, Device] = defaultdict(Device)
        self._enqueue = enqueue

    def on_event(self, event: PublishEvent) -> None:
        """Take what the network server tells."""
        if event.event != "up" or not event.message.data:
            return
        device = self.devices[event.dev_eui]
        up = event.message
        if up.f_port == ports.HISTORY:
            self._on_history(event, device)
            return
        message = decode_uplink(up.f_port, up.data, device.schemas.get)
        if isinstance(message, StateReport):
            device.advance(message.oldest_record)
        elif isinstance(message, list) and message and isinstance(message[0], alarm.Alarm):
            for each in message:
                device.alarms[each.number] = each
            self._acknowledge(event, device)

    def _on_history(self, event: PublishEvent, device: Device) -> None:
        try:
            found = device.decode(event.message.data)
        except UnknownSchemaError:
            self._acknowledge(event, device, schema_wanted=True)
            return
        except UnknownBaseError:
            device.bases.lose()
            self._acknowledge(event, device, base_wanted=True)
            return
        if not found.base:
            device.schemas[found.schema.schema_id] = found.schema
        device.bases.remember(found.schema, found.records, BASES_KEPT)
        heard_ms = event.message.time.ToMilliseconds()
        for record in found.records:
            readings = [
                [channel.channel, channel.type_id, list(value)]
                for channel, value in zip(found.schema.channels, record.values, strict=True)
                if value is not None
            ]
            device.store(record.number, heard_ms - record.age_ms, record.age_ms, readings)
        if found.acknowledgement_wanted or device.top > device.through:
            self._acknowledge(event, device)

    def _acknowledge(
        self, event: PublishEvent, device: Device, *, schema_wanted: bool = False, base_wanted: bool = False
    ) -> None:
        device.acknowledged += 1
        payload = device.state(schema_wanted, base_wanted)
        command = integration.DownlinkCommand(
            dev_eui=event.dev_eui, f_port=ports.ACKNOWLEDGEMENT, data=payload
        )
        self._enqueue(event.application_id, event.dev_eui, command)
