"""What an acknowledgement does to everything that waited for it: records, alarms, schema, base, agenda."""

from farwire_codecs.acknowledgement import Acknowledgement
from farwire_node import node_events
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.records.store import RecordStore, Release
from farwire_node.sending.agenda import Agenda
from farwire_node.sending.carry import Carry
from farwire_node.sending.schema_memory import SchemaMemory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class Acknowledging:
    """Takes acknowledgements; `tell` gets node_events."""

    def __init__(
        self,
        records: RecordStore,
        alarms: AlarmStore,
        schema: SchemaMemory,
        carry: Carry,
        agenda: Agenda,
        tell: "Callable[[tuple[object, ...]], None]",
    ) -> None:
        self._records = records
        self._alarms = alarms
        self._schema = schema
        self._carry = carry
        self._agenda = agenda
        self._tell = tell
        self._through = 0  # the highest that the cloud acknowledged

    def take(self, stored: Acknowledgement, now_ms: int) -> None:
        """Release records and alarms. The agenda is to be shown the schema and the base afterwards."""
        agenda = self._agenda
        release = Release(0, 0)
        if self._records.is_foreign(stored):
            self._records.continue_above(stored)
            self._tell(node_events.Renumbered(self._records.first))
            agenda.renumbered(now_ms)
        else:
            release = self._records.acknowledge(stored, agenda.on_its_way)
            if release.count:
                self._tell(node_events.Released(stored.through, release.count))
            if self._through <= stored.through < self._records.first - 1:
                agenda.want_gap_reported(now_ms)
            self._through = max(self._through, stored.through)
        agenda.acknowledged(release, stored.schema_wanted, now_ms)
        self._schema.confirm(agenda.schema_confirmed)
        if agenda.offer_taken:
            agenda.offer_taken = False
            self._schema.adopt()
        if stored.base_wanted:
            self._carry.drop(self._records)
        elif agenda.schema_confirmed:
            self._carry.acknowledged(stored.through, self._schema.schema, self._records)
        if self._alarms.is_foreign(stored.alarms_through):
            self._alarms.continue_above(stored.alarms_through, now_ms)
            agenda.alarmed(now_ms)
        elif self._alarms.acknowledge(stored.alarms_through, now_ms):
            agenda.alarms_acknowledged(now_ms)
        if self._alarms.erased_below > stored.alarms_through + 1:
            agenda.want_gap_reported(now_ms)
