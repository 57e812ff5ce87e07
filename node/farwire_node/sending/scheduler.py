"""What to send now, or when to look again: a pure function of the agenda, the link's answers and the time.

Order: alarms by rank (urgent; also while an ordinary cycle is in its receive windows, where the link can cut
it short; notices, those of the lowest rank, do neither), answers to commands, the state report, history, live
values, pieces of logs. While one of these waits for airtime nothing after it is sent, so nothing less
important can take the airtime. All but urgent alarms also keep the radio free for the next sample, after
which an alarm may have to go. What can wait, from the state report on, keeps within the fair use that is
configured.
"""

from collections import namedtuple

from farwire_codecs import alarm, command, log_piece, lpp, ports
from farwire_codecs.errors import CodecError
from farwire_codecs.model import ALL_CHANNELS
from farwire_node.alarms.alarm_store import StoredAlarm
from farwire_node.link import Link
from farwire_node.sending import history, shaping
from farwire_node.sending.agenda import Agenda, Batch
from farwire_node.sending.shaping import NOTICE

Send = namedtuple("Send", ("port", "payload", "urgent", "content"))
"""A frame to be sent now. `content`, by port: ALARM its StoredAlarms; COMMAND_ANSWER the answer; STATE None;
HISTORY a Batch; LPP_DYNAMIC None; LOG the LogPiece."""

Wake = namedtuple("Wake", ("at_ms",))
"""Nothing to send before `at_ms`; None: nothing at all, as things stand."""

UNSENDABLE_MS = 60_000  # until what does not fit the present data rate is tried again
_ROUNDS = 4  # of ages and data rate until they are taken to chase each other


def plan(agenda: Agenda, link: Link, now_ms: int) -> Send | Wake:
    """Return the next step over a joined link. Changes nothing: tell the agenda what was really sent."""
    later: list[int] = []
    clear_ms = agenda.clear_ms(link.airtime_ms(link.capacity(now_ms)) + link.windows_ms, now_ms)
    for due_ms, build in (
        (agenda.alarm_due_ms, _alarms),
        (now_ms if agenda.answers else None, _answer),
        (agenda.state_report_due_ms(), _state),
        (agenda.batch_due_ms(), _batch),
        (agenda.live_values_due_ms(), _live),
        (agenda.piece_due_ms(), _piece),
    ):
        if link.busy and not (build is _alarms and agenda.urgent_alarms(fresh=True)):
            break  # the end of the cycle is an event, and things are planned again then
        if due_ms is None:
            continue
        if due_ms > now_ms:
            later.append(due_ms)
            continue
        if clear_ms > now_ms and not (build is _alarms and agenda.urgent_alarms(fresh=False)):
            later.append(clear_ms)
            break
        send = build(agenda, link, now_ms)
        allowed_ms = None
        if isinstance(send, Send):
            allowed_ms = link.earliest_ms(len(send.payload), now_ms, send.urgent)
            if allowed_ms is not None and build is not _alarms and build is not _answer:
                airtime_ms = link.airtime_ms(len(send.payload))
                allowed_ms = max(allowed_ms, agenda.fair_use.earliest_ms(airtime_ms, now_ms))
            if allowed_ms is not None and allowed_ms <= now_ms:
                return send
        elif isinstance(send, Wake):
            allowed_ms = send.at_ms
        if allowed_ms is not None:
            later.append(allowed_ms)
            break
        later.append(now_ms + UNSENDABLE_MS)
    return Wake(min(later) if later else None)


# Each of these returns what it would send, None where nothing of it fits the present data rate.


def _alarms(agenda: Agenda, link: Link, now_ms: int) -> Send | None:
    """All alarms if they fit, else those never sent, else the least sent, of as high a rank as they have."""
    limit = min(link.capacity(now_ms), agenda.shaping.payload_limit)
    order = agenda.alarm_order()
    count = len(order)
    fresh = [stored for stored in order if not agenda.alarms.sends(stored.number)]
    while count:
        chosen = tuple(sorted(order[:count]))  # by number
        urgent = agenda.alarm_urgent and min([agenda.rank(stored) for stored in chosen]) < NOTICE
        payload, fitting = _encode_alarms(chosen, limit, link, urgent, now_ms)
        if fitting == count:
            return Send(ports.ALARM, payload, urgent, chosen)
        count = min(count - 1, max(1, fitting), len(fresh) or count)
    return None


def _encode_alarms(
    chosen: "tuple[StoredAlarm, ...]", limit: int, link: Link, urgent: bool, now_ms: int
) -> tuple[bytes, int]:
    """Return (frame, count) with ages as of the end of its own transmission.

    A shorter urgent frame may take longer, at a lower data rate. Where ages and data rate chase each other
    an alarm fewer ends that; one alone goes with an age that is off by what the data rates differ by.
    """
    size, payload, count, end_ms, rounds = limit, b"", 0, 0, 0
    while True:
        airtime_ms = link.urgent_airtime_ms(size, now_ms) if urgent else link.airtime_ms(size)
        if now_ms + airtime_ms == end_ms or (count == 1 and rounds > _ROUNDS):
            return payload, count
        if rounds > _ROUNDS:
            chosen, rounds = chosen[:-1], 0
        end_ms = now_ms + airtime_ms
        aged = [alarm.Alarm(*stored[:5], end_ms - 1000 * stored.time_s, stored.raw) for stored in chosen]
        payload, count = alarm.encode(aged, limit)
        if not count:
            return payload, count
        chosen = chosen[:count]  # a shorter frame with smaller ages could have room for one more: not again
        size, rounds = len(payload), rounds + 1


def _answer(agenda: Agenda, _link: Link, _now_ms: int) -> Send:
    answer = agenda.answers[0]
    return Send(ports.COMMAND_ANSWER, command.encode_answer(answer), False, answer)


def _state(agenda: Agenda, link: Link, now_ms: int) -> Send | None:
    payload = agenda.report(now_ms)
    return Send(ports.STATE, payload, False, None) if len(payload) <= link.capacity(now_ms) else None


def _batch(agenda: Agenda, link: Link, now_ms: int) -> Send | Wake | None:
    shape = agenda.shaping
    link = shaping.Capped(link, shape.payload_limit)
    size = min(agenda.batch_size, link.capacity(now_ms))
    allowed_ms = link.earliest_ms(size, now_ms, False)
    if allowed_ms is None or allowed_ms > now_ms:  # no need to build it then
        return None if allowed_ms is None else Wake(allowed_ms)
    allowed_ms = agenda.fair_use.earliest_ms(link.airtime_ms(size), now_ms)
    if allowed_ms > now_ms:
        return Wake(allowed_ms)
    after = agenda.on_its_way[0] + agenda.on_its_way[1]
    run = history.choose(agenda.records, shape.records_per_frame, agenda.repeats.depth, after)
    if run is None:
        return None
    terms = _terms(agenda, now_ms)
    # What the cloud does not know the schema of it can read only whole.
    parted = (
        shape.layout == shaping.ONE_CHANNEL and agenda.schema_confirmed and len(terms[-1].schema.channels) > 1
    )
    for choice in terms if not parted else ():
        frame = history.build(agenda.records, run, link, choice, agenda.likely, now_ms)
        if frame is not None:
            return _history(frame, choice, ALL_CHANNELS)
    if not link.capacity(now_ms) or shape.layout == shaping.ALL_CHANNELS:
        return None
    channel, most = agenda.next_channel, agenda.channel_records
    frame = history.build_part(agenda.records, run, link, terms[-1], channel, most, now_ms)
    return None if frame is None else _history(frame, terms[-1], channel)


def _history(frame: history.Frame, terms: history.Terms, channel: int) -> Send:
    content = Batch(frame.first, frame.count, terms.wanted, terms.schema, terms.inline_schema, channel)
    return Send(ports.HISTORY, frame.payload, False, content)


def _live(agenda: Agenda, link: Link, now_ms: int) -> Send | None:
    """The newest values as Cayenne LPP: as many channels as fit, the first ones first."""
    limit = min(link.capacity(now_ms), agenda.shaping.payload_limit)
    payload = b""
    for item in agenda.newest:
        try:
            more = lpp.encode_dynamic((item,))
        except CodecError:  # a type that FPort 1 has no number for
            continue
        if len(payload) + len(more) > limit:
            break
        payload += more
    return Send(ports.LPP_DYNAMIC, payload, False, None) if payload else None


def _piece(agenda: Agenda, link: Link, now_ms: int) -> Send | None:
    limit = min(link.capacity(now_ms), agenda.shaping.payload_limit)
    piece = agenda.pieces.piece(limit) if agenda.pieces is not None else None
    return None if piece is None else Send(ports.LOG, log_piece.encode(piece), False, piece)


def _terms(agenda: Agenda, now_ms: int) -> "list[history.Terms]":
    """Return how the batch may be encoded, the best first: a later one is for where it does not fit."""
    asked = agenda.wants_acknowledgement(now_ms)
    usual = history.Terms(agenda.schema, False, asked, agenda.base if agenda.schema_confirmed else None)
    if not agenda.schema_confirmed:
        return [history.Terms(agenda.schema, True, asked, None), usual]
    if agenda.offered is not None and asked:
        return [history.Terms(agenda.offered, True, asked, None), usual]
    return [usual]
