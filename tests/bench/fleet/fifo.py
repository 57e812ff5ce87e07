"""The same node with a plain first-in-first-out queue: what there is to say goes in the order of arrival.

No airtime is held in reserve, nothing overtakes, and nothing cuts the receive windows short. Frames are built
as the node's own planner builds them.
"""

from farwire_node.link import Link
from farwire_node.node import Node
from farwire_node.sending import scheduler
from farwire_node.sending.agenda import FRAME_GAP_MS, JITTER_MS, Agenda
from farwire_node.sending.scheduler import Send, Wake
from farwire_node.sending.sending import Sending
from farwire_node.sending.shaping import ANY_LENGTH, Capped

_ABOUT_TO_GO_MS = FRAME_GAP_MS + 2 * JITTER_MS  # a batch that is due so soon is in the queue


def plan(agenda: Agenda, link: Link, now_ms: int) -> Send | Wake:
    """Return what came first, if it may be sent now; a joined link, as scheduler.plan."""
    queue = []
    if agenda.alarm_due_ms is not None:
        arrived_ms = agenda.alarm_due_ms
        if agenda.fresh_alarms:
            arrived_ms = next(
                1000 * held.time_s for held in agenda.alarms.held if not agenda.alarms.sends(held.number)
            )
        queue.append((arrived_ms, agenda.alarm_due_ms, scheduler._alarms))
    due_ms = agenda.batch_due_ms()
    if due_ms is not None and due_ms <= now_ms + _ABOUT_TO_GO_MS:
        oldest = agenda.records.first_unsent()
        arrived_ms = due_ms if oldest is None else 1000 * agenda.records.record(oldest).time_s
        queue.append((arrived_ms, due_ms, scheduler._batch))
    elif due_ms is not None:
        queue.append((due_ms, due_ms, scheduler._batch))
    state_ms = agenda.state_report_due_ms()
    queue.append((state_ms, state_ms, scheduler._state))
    if link.busy:
        return Wake(None)
    _, due_ms, build = min(queue, key=lambda entry: entry[0])
    if due_ms > now_ms:
        return Wake(due_ms)
    send = build(agenda, Capped(link, ANY_LENGTH), now_ms)  # whose urgent frames are like others
    if isinstance(send, Wake):
        return send
    if send is None:
        return Wake(now_ms + scheduler.UNSENDABLE_MS)
    send = send._replace(urgent=False)
    allowed_ms = link.earliest_ms(len(send.payload), now_ms, False)
    if allowed_ms is not None and allowed_ms <= now_ms:
        return send
    return Wake(now_ms + scheduler.UNSENDABLE_MS if allowed_ms is None else allowed_ms)


class FifoSending(Sending):
    """Sends by the plan above."""

    plan = staticmethod(plan)


class FifoNode(Node):
    """Give its link `reserve_percent=0`."""

    def _start(self, now_ms: int) -> None:
        super()._start(now_ms)
        self._sending = FifoSending(self._agenda, self._link, self._sensing, self._time, self._tell, now_ms)
