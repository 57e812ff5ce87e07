"""What a frame that never left undoes: its contents are due again, as soon as the law allows."""

from farwire_codecs import ports
from farwire_node.sending.agenda import Agenda

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.sending.scheduler import Send


def take_back(step: "Send", agenda: Agenda, now_ms: int) -> None:
    """Have the contents of a frame that the agenda counted as sent go again."""
    if step.port == ports.ALARM:
        agenda.alarms.mark_unsent([alarm.number for alarm in step.content])
        agenda.alarmed(now_ms)
    elif step.port == ports.COMMAND_ANSWER:
        agenda.answered(step.content)
    elif step.port == ports.STATE:
        agenda.want_state(now_ms)
    elif step.port == ports.LPP_DYNAMIC:
        agenda.live_due_ms = now_ms
    elif step.port == ports.HISTORY:
        agenda.records.mark_lost(step.content.first, step.content.count)
        agenda.lost(now_ms)
    elif agenda.pieces is not None:
        agenda.pieces.again(step.content)
