"""Erasure on command: what is held is given up for good, and the cloud is told of it.

A command's Erase is owed (commands.py) from the write that has its result until all of it is carried out,
before anything else is sampled or sent: a power cut leaves what was, or a start that carries it out first.
"""

from farwire_codecs import command
from farwire_node import node_events
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.control.commands import Commands
from farwire_node.records.store import RecordStore
from farwire_node.sending.agenda import Agenda

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def carry_out(
    commands: Commands,
    records: RecordStore,
    alarms: AlarmStore,
    agenda: Agenda,
    tell: "Callable[[tuple[object, ...]], None]",
    now_ms: int,
) -> None:
    """Erase what a command still owes, if anything."""
    what = commands.owed
    if not what:
        return
    if what & command.RECORDS:
        records.erase()
        agenda.channel = 0  # of the next record: all of them are to go
    if what & command.ALARMS:
        alarms.erase(now_ms)
        agenda.alarm_due_ms = None
        if alarms.held:
            agenda.alarmed(now_ms)
    if what & command.LOGS and agenda.pieces is not None:
        agenda.pieces.erase()
    commands.paid(what)
    tell(node_events.Erased(what))
    agenda.want_state(now_ms)
