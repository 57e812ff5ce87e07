"""What goes first, what waits, and when the node looks again."""

import random
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import alarm, ports
from farwire_codecs.alarm import HIGH, LOW, OUT_OF_NORMAL
from farwire_codecs.command import DONE, CommandAnswer
from farwire_node.alarms.alarm_store import AlarmStore
from farwire_node.alarms.detector import Change
from farwire_node.link import Sending
from farwire_node.records.store import RecordStore, Release
from farwire_node.sending import scheduler
from farwire_node.sending.agenda import FRAME_GAP_MS, JITTER_MS, URGENT_ATTEMPTS, Agenda
from farwire_node.sending.scheduler import UNSENDABLE_MS, Send, Wake
from farwire_node.sending.shaping import NOTICE
from farwire_node.storage import MemoryStorage
from tests.node.program.dice import smallest
from tests.node.program.fakes import FakeLink
from tests.node.records.test_store import NOTHING, SCHEMA, acknowledgement

NOW_MS = 10_000_000
START = Change(1, 103, HIGH, True, (900,))
REPORTING_S = 600
STATE_S = 3600


@dataclass
class Desk:
    """An agenda with a link, and what happens when a planned frame is really sent."""

    agenda: Agenda
    link: FakeLink
    now_ms: int = NOW_MS
    dice: random.Random = field(default_factory=lambda: random.Random(1))

    def plan(self) -> Send | Wake:
        return scheduler.plan(self.agenda, self.link, self.now_ms)

    def send(self) -> Send:
        """Plan, send, and let the cycle go by."""
        step = self.plan()
        assert isinstance(step, Send), step
        outcome = self.link.send(step.port, step.payload, False, step.urgent, self.now_ms)
        assert isinstance(outcome, Sending), outcome
        if step.port == ports.ALARM:
            self.agenda.sent_alarms(step.content, outcome.tx_end_ms)
        elif step.port == ports.COMMAND_ANSWER:
            self.agenda.sent_answer(step.content, outcome.tx_end_ms)
        elif step.port == ports.STATE:
            self.agenda.sent_state(outcome.tx_end_ms)
        else:
            self.agenda.sent_batch(step.content, len(step.payload), self.link.size, outcome.tx_end_ms)
        self.link.poll(self.now_ms)
        self.now_ms = outcome.tx_end_ms
        self.link.on_tx_done(self.now_ms)
        self.link.poll(self.now_ms)
        self.now_ms += 2_200
        self.link.on_listen_end(self.now_ms)
        return step

    def sample(self, count: int) -> None:
        """Add records whose values compress badly: some 15 fill a frame."""
        for _ in range(count):
            values = ((self.dice.randrange(-3000, 3000),), (self.dice.randrange(256),))
            self.agenda.records.add(9000 + self.agenda.records.next, values)
            self.agenda.sampled(self.link.size, self.now_ms)

    def alarms(self, count: int = 1) -> None:
        self.agenda.alarms.add([START] * count, 9_990)
        self.agenda.alarmed(self.now_ms)

    def acknowledge(self, through: int, *above: int) -> Release:
        release = self.agenda.records.acknowledge(acknowledgement(through, *above), self.agenda.on_its_way)
        self.agenda.acknowledged(release, False, self.now_ms)
        return release

    def wake(self) -> int:
        """Go to when the planner wants to look again; return how many ms that took."""
        step = self.plan()
        assert isinstance(step, Wake), step
        assert step.at_ms is not None
        assert step.at_ms > self.now_ms
        took_ms = step.at_ms - self.now_ms
        self.now_ms = step.at_ms
        return int(took_ms)


@pytest.fixture
def desk() -> Desk:
    return new_desk()


def new_desk() -> Desk:
    """Joined, the state reported, nothing sampled yet, no jitter."""
    storage = MemoryStorage()
    agenda = Agenda(
        RecordStore(SCHEMA, 128, storage), AlarmStore(storage), lambda _: bytes(20), smallest, NOW_MS
    )
    agenda.reporting_interval_s = REPORTING_S
    agenda.state_interval_s = STATE_S
    made = Desk(agenda, FakeLink(joined_=True))
    assert made.send().port == ports.STATE
    made.now_ms += FRAME_GAP_MS
    return made


def test_alarms_go_before_answers_and_answers_before_state_and_state_before_history(desk: Desk) -> None:
    desk.sample(3)
    desk.agenda.want_state(desk.now_ms)
    desk.agenda.answered(CommandAnswer(5, DONE))
    desk.alarms()

    order = [desk.send().port, desk.send().port]
    desk.agenda.alarms.acknowledge(1, desk.now_ms)
    desk.agenda.alarms_acknowledged(desk.now_ms)
    for _ in range(2):
        desk.now_ms += FRAME_GAP_MS
        order.append(desk.send().port)

    assert order == [ports.ALARM, ports.COMMAND_ANSWER, ports.STATE, ports.HISTORY]


def test_a_plan_changes_nothing(desk: Desk) -> None:
    desk.sample(3)

    assert desk.plan() == desk.plan()


def test_an_answer_does_not_wait_for_the_gap_between_ordinary_frames(desk: Desk) -> None:
    desk.sample(3)
    desk.send()
    desk.agenda.answered(CommandAnswer(5, DONE))

    assert desk.send().content == CommandAnswer(5, DONE)


def test_an_answer_to_the_same_command_is_sent_once(desk: Desk) -> None:
    desk.agenda.answered(CommandAnswer(5, DONE))
    desk.agenda.answered(CommandAnswer(5, DONE))

    desk.send()

    assert desk.agenda.answers == []


def test_the_first_record_is_reported_soon(desk: Desk) -> None:
    desk.sample(1)

    assert desk.send().port == ports.HISTORY


def test_later_records_wait_for_the_reporting_interval(desk: Desk) -> None:
    desk.sample(1)
    sent_ms = desk.now_ms
    desk.send()
    desk.sample(1)

    desk.wake()

    assert REPORTING_S * 1000 <= desk.now_ms - sent_ms <= REPORTING_S * 1000 + JITTER_MS + 2_000
    content = desk.send().content
    assert (content.first, content.count) == (2, 1)


def test_records_that_fill_a_frame_do_not_wait(desk: Desk) -> None:
    desk.sample(1)
    desk.send()

    desk.sample(80)
    desk.now_ms += FRAME_GAP_MS

    assert desk.send().port == ports.HISTORY


def test_an_acknowledgement_may_be_older_than_the_last_frame(desk: Desk) -> None:
    desk.agenda.repeats.depth = 5
    desk.sample(5)
    desk.send()
    desk.now_ms += REPORTING_S * 1000
    desk.sample(1)
    desk.send()
    desk.acknowledge(1, 3)

    desk.now_ms += FRAME_GAP_MS

    assert desk.plan() == desk.plan()
    assert isinstance(desk.plan(), Wake)  # all that is missing was in that frame


def test_records_reported_missing_do_not_wait(desk: Desk) -> None:
    desk.sample(5)
    desk.send()
    desk.now_ms += REPORTING_S * 1000
    desk.sample(1)
    desk.send()
    desk.acknowledge(1, 3)

    desk.now_ms += FRAME_GAP_MS

    content = desk.send().content
    assert (content.first, content.count) == (2, 1)


def test_a_batch_repeats_the_records_of_as_many_frames_as_the_holes_call_for(desk: Desk) -> None:
    desk.agenda.repeats.depth = 2
    desk.agenda.schema_confirmed = True
    desk.sample(4)
    desk.send()
    desk.now_ms += REPORTING_S * 1000 + JITTER_MS
    desk.sample(1)

    content = desk.send().content
    assert (content.first, content.count) == (3, 3)


def test_each_missing_record_goes_again_once_an_acknowledgement(desk: Desk) -> None:
    desk.sample(60)
    while desk.agenda.records.first_unsent() is not None:
        desk.send()
        desk.now_ms += REPORTING_S * 1000
    desk.acknowledge(1, 10)

    desk.now_ms += FRAME_GAP_MS
    step = desk.send()
    desk.now_ms += FRAME_GAP_MS
    if step.port == ports.STATE:  # so many frames may have taken an hour
        step = desk.send()
        desk.now_ms += FRAME_GAP_MS

    assert (step.content.first, step.content.count) == (2, 8)
    assert desk.wake() > 60_000


def test_two_ordinary_frames_keep_their_distance(desk: Desk) -> None:
    desk.sample(100)
    desk.send()
    end_ms = desk.now_ms - 2_200

    desk.wake()

    assert desk.now_ms == end_ms + FRAME_GAP_MS


def test_nothing_ordinary_is_planned_during_a_cycle(desk: Desk) -> None:
    desk.sample(3)
    step = desk.plan()
    assert isinstance(step, Send)
    desk.link.send(step.port, step.payload, False, False, desk.now_ms)

    assert desk.plan() == Wake(None)


def test_an_alarm_cuts_the_receive_windows_of_an_ordinary_frame_short(desk: Desk) -> None:
    desk.sample(3)
    step = desk.plan()
    assert isinstance(step, Send)
    desk.link.send(step.port, step.payload, False, False, desk.now_ms)
    desk.link.poll(desk.now_ms)
    desk.now_ms += 2_000
    desk.link.on_tx_done(desk.now_ms)
    desk.link.poll(desk.now_ms)

    desk.alarms()

    step = desk.plan()
    assert isinstance(step, Send)
    assert step.port == ports.ALARM
    assert step.urgent


def test_an_alarm_that_was_sent_already_does_not_cut_a_cycle_short(desk: Desk) -> None:
    desk.alarms()
    desk.send()
    desk.sample(1)
    desk.now_ms += FRAME_GAP_MS
    step = desk.plan()
    assert isinstance(step, Send)
    assert step.port == ports.HISTORY
    desk.link.send(step.port, step.payload, False, False, desk.now_ms)
    desk.now_ms += 60_000

    assert desk.plan() == Wake(None)


def test_an_alarm_uses_the_airtime_in_reserve(desk: Desk) -> None:
    desk.link.budget_ms = 3_000
    desk.sample(100)
    for _ in range(10):
        if isinstance(desk.plan(), Send):
            desk.send()
            desk.now_ms += FRAME_GAP_MS
    assert isinstance(desk.plan(), Wake)
    desk.link.budget_ms = 4_000

    desk.alarms()

    assert desk.send().port == ports.ALARM


def test_the_radio_is_left_free_for_a_sample_that_comes_before_the_cycle_would_be_over(desk: Desk) -> None:
    desk.sample(1)
    desk.agenda.sample_gap_ms = 60_000
    desk.agenda.next_sample_ms = desk.now_ms + 1_000

    assert desk.plan() == Wake(desk.now_ms + 1_000)

    desk.now_ms += 1_000
    desk.agenda.next_sample_ms = desk.now_ms + 60_000
    assert desk.send().port == ports.HISTORY


def test_an_alarm_does_not_wait_for_a_sample(desk: Desk) -> None:
    desk.alarms()
    desk.agenda.sample_gap_ms = 60_000
    desk.agenda.next_sample_ms = desk.now_ms + 1_000

    assert desk.send().port == ports.ALARM


def test_a_frame_does_not_wait_for_samples_that_come_all_the_time(desk: Desk) -> None:
    desk.sample(1)
    desk.agenda.sample_gap_ms = 5_000
    desk.agenda.next_sample_ms = desk.now_ms + 1_000

    assert desk.send().port == ports.HISTORY


def test_while_an_alarm_waits_for_airtime_nothing_else_takes_it(desk: Desk) -> None:
    desk.link.budget_ms = 100
    desk.sample(100)
    desk.agenda.answered(CommandAnswer(5, DONE))
    desk.alarms()

    step = desk.plan()

    assert isinstance(step, Wake)
    assert step.at_ms is not None
    assert step.at_ms > desk.now_ms


def test_an_alarm_goes_again_after_growing_pauses_until_it_is_acknowledged(desk: Desk) -> None:
    desk.alarms()
    pauses = []
    urgent = []
    for _ in range(6):
        step = desk.send()
        urgent.append(step.urgent)
        pauses.append(desk.wake() + 2_200)

    assert [round(pause / 7_500) for pause in pauses] == [1, 2, 4, 8, 16, 32]
    assert urgent == [True] * URGENT_ATTEMPTS + [False] * (6 - URGENT_ATTEMPTS)
    desk.agenda.alarms.acknowledge(1, desk.now_ms)
    desk.agenda.alarms_acknowledged(desk.now_ms)
    assert isinstance(desk.plan(), Wake)


def test_a_new_alarm_takes_the_earlier_ones_along(desk: Desk) -> None:
    desk.alarms()
    desk.send()
    desk.alarms()

    assert [stored.number for stored in desk.send().content] == [1, 2]


def test_of_more_alarms_than_fit_those_never_sent_go_first(desk: Desk) -> None:
    desk.alarms(20)
    first = desk.send()
    second = desk.send()
    desk.alarms(1)

    third = desk.send()

    numbers = [stored.number for stored in first.content + second.content]
    assert len(first.content) >= 3
    assert numbers == list(range(1, len(numbers) + 1))
    assert third.content[0].number == len(numbers) + 1


def test_the_ages_of_alarms_are_as_of_the_end_of_their_frame(desk: Desk) -> None:
    desk.alarms(2)

    step = desk.send()

    end_ms = desk.now_ms - 2_200
    assert [abs(end_ms - item.age_ms - 9_990_000) <= 63 for item in alarm.decode(step.payload)] == [
        True,
        True,
    ]


def test_the_state_goes_again_after_its_interval(desk: Desk) -> None:
    desk.wake()

    assert desk.now_ms - NOW_MS >= STATE_S * 1000
    assert desk.send().port == ports.STATE


def test_what_does_not_fit_is_tried_again_later_and_holds_nothing_else_up(desk: Desk) -> None:
    desk.link.size = 18
    desk.agenda.want_state(desk.now_ms)
    desk.sample(1)

    step = desk.send()
    desk.now_ms += FRAME_GAP_MS

    assert step.port == ports.HISTORY
    assert desk.wake() <= UNSENDABLE_MS


def test_the_schema_goes_along_until_a_record_sent_with_it_is_acknowledged(desk: Desk) -> None:
    desk.sample(1)
    assert desk.send().content.inline_schema
    desk.now_ms += REPORTING_S * 1000
    desk.sample(1)
    assert desk.send().content.inline_schema

    desk.acknowledge(2)

    desk.now_ms += REPORTING_S * 1000
    desk.sample(1)
    assert not desk.send().content.inline_schema


def test_the_schema_goes_along_again_when_the_cloud_wants_it(desk: Desk) -> None:
    desk.agenda.schema_confirmed = True
    desk.sample(1)
    assert not desk.send().content.inline_schema

    desk.agenda.acknowledged(Release(0, 0), True, desk.now_ms)
    desk.now_ms += FRAME_GAP_MS

    assert desk.send().content.inline_schema


def test_a_first_batch_asks_for_nothing_and_the_second_asks_for_the_schemas_sake(desk: Desk) -> None:
    desk.sample(1)
    assert not desk.send().content.asked
    desk.now_ms += REPORTING_S * 1000
    desk.sample(1)

    assert desk.send().content.asked


def test_a_half_full_memory_asks(desk: Desk) -> None:
    desk.agenda.schema_confirmed = True
    desk.sample(70)
    assert not desk.send().content.asked
    desk.now_ms += FRAME_GAP_MS

    assert desk.send().content.asked


def test_in_the_tail_the_last_records_go_again_until_they_are_acknowledged(desk: Desk) -> None:
    desk.agenda.schema_confirmed = True
    desk.sample(3)
    desk.agenda.stopped(desk.now_ms)

    pauses = []
    for _ in range(5):
        assert desk.send().content.asked
        pauses.append(desk.wake() + 2_200)
    desk.acknowledge(3)

    assert pauses == sorted(pauses)
    assert pauses[0] >= 11_000
    assert desk.wake() > 300_000  # only the state report is left


def test_expected_downlinks_are_fetched_with_whatever_there_is_to_say(desk: Desk) -> None:
    desk.agenda.want_downlink(desk.now_ms)
    assert desk.wake() < 5_000
    assert desk.send().port == ports.STATE

    desk.sample(1)
    desk.now_ms += FRAME_GAP_MS
    desk.send()
    desk.agenda.want_downlink(desk.now_ms)
    assert desk.wake() < 5_000
    assert desk.send().port == ports.HISTORY


def test_downlinks_that_do_not_come_are_not_fetched_for_ever(desk: Desk) -> None:
    desk.agenda.want_downlink(desk.now_ms)

    count = 0
    while desk.wake() < 600_000:
        desk.send()
        count += 1

    assert count <= 8


def test_records_that_will_not_come_are_reported_but_not_all_the_time(desk: Desk) -> None:
    desk.now_ms += 300_000
    desk.agenda.want_gap_reported(desk.now_ms)
    assert desk.send().port == ports.STATE

    desk.agenda.want_gap_reported(desk.now_ms)

    assert desk.wake() > 100_000
    assert desk.send().port == ports.STATE


def test_an_empty_hand_reports_no_release(desk: Desk) -> None:
    assert desk.acknowledge(0) == Release(0, 0)
    assert desk.agenda.on_its_way == NOTHING


def rise(channel: int, condition: int = HIGH) -> Change:
    return Change(channel, 103, condition, True, (900,))


def raise_alarms(desk: Desk, *changes: Change) -> None:
    desk.agenda.alarms.add(list(changes), 9_990)
    desk.agenda.alarmed(desk.now_ms)


def test_an_alarm_of_high_priority_goes_before_older_ones_where_not_all_fit(desk: Desk) -> None:
    desk.agenda.ranks = {1: 1, 2: 0, 3: NOTICE}
    desk.link.size = 18  # two of them
    raise_alarms(desk, rise(3), rise(1), rise(1), rise(2))

    frames = [[stored.channel for stored in desk.send().content] for _ in range(2)]

    assert frames == [[1, 2], [3, 1]]


@pytest.mark.parametrize(
    ("change", "urgent"), [(rise(1), True), (rise(3), False), (rise(1, OUT_OF_NORMAL), False)]
)
def test_only_what_is_no_notice_may_use_the_reserve(desk: Desk, change: Change, urgent: bool) -> None:
    desk.agenda.ranks = {3: NOTICE}
    raise_alarms(desk, change)

    assert desk.send().urgent == urgent


def test_a_notice_waits_for_the_end_of_a_cycle_and_keeps_the_radio_free_for_the_next_sample(
    desk: Desk,
) -> None:
    raise_alarms(desk, rise(1, OUT_OF_NORMAL))
    desk.agenda.next_sample_ms = desk.now_ms + 500
    desk.agenda.sample_gap_ms = 60_000

    assert desk.wake() == 500
    desk.agenda.next_sample_ms = None
    desk.link.send(ports.HISTORY, b"", False, False, desk.now_ms)
    desk.link.poll(desk.now_ms)
    assert desk.link.busy
    assert desk.plan() == Wake(None)
    raise_alarms(desk, rise(1))
    assert desk.wake()  # an alarm does not wait for that end


def test_a_notice_does_not_give_alarms_the_reserve_again(desk: Desk) -> None:
    raise_alarms(desk, rise(1))
    for _ in range(URGENT_ATTEMPTS):
        assert desk.send().urgent
        desk.now_ms = desk.agenda.alarm_due_ms or 0
    raise_alarms(desk, rise(1, OUT_OF_NORMAL))

    step = desk.send()

    assert len(step.content) == 2
    assert not step.urgent


@given(
    changes=st.lists(
        st.builds(rise, st.integers(1, 3), st.sampled_from((HIGH, LOW, OUT_OF_NORMAL))),
        min_size=1,
        max_size=40,
    ),
    size=st.integers(11, 120),
    later=st.lists(st.builds(rise, st.integers(1, 3)), max_size=5),
)
def test_alarms_go_in_the_order_of_their_ranks_then_ages_and_none_waits_for_ever(
    changes: list[Change], size: int, later: list[Change]
) -> None:
    desk = new_desk()
    desk.agenda.ranks = {1: 0, 2: 1, 3: NOTICE}
    desk.link.size = size
    raise_alarms(desk, *changes)
    rank = desk.agenda.rank
    sent: set[int] = set()
    for turn in range(3 * (len(changes) + len(later))):
        if turn == 1 and later:
            raise_alarms(desk, *later)
        waiting = [stored for stored in desk.agenda.alarms.held if stored.number not in sent]
        if not waiting:
            break
        desk.now_ms = max(desk.now_ms, desk.agenda.alarm_due_ms or 0)
        step = desk.send()
        assert step.port == ports.ALARM
        assert len(step.payload) <= size
        # Only notices: no airtime that is in reserve. None that waits is of a higher rank than one that goes.
        assert step.urgent == any(rank(stored) < NOTICE for stored in step.content)
        first = [stored for stored in step.content if stored.number not in sent]
        assert first
        sent.update(stored.number for stored in step.content)
        left = [(rank(stored), stored.number) for stored in waiting if stored.number not in sent]
        assert not left or max((rank(stored), stored.number) for stored in first) < min(left)
    assert sent == {stored.number for stored in desk.agenda.alarms.held}
    assert desk.agenda.fresh_alarms is False


def test_what_is_not_acknowledged_is_said_again_in_turn(desk: Desk) -> None:
    desk.agenda.ranks = {1: 0, 3: NOTICE}
    desk.link.size = 10  # one of them
    raise_alarms(desk, rise(3), rise(1), rise(1))
    numbers = []
    for _ in range(6):
        desk.now_ms = max(desk.now_ms, desk.agenda.alarm_due_ms or 0)
        numbers += [stored.number for stored in desk.send().content]

    assert numbers == [2, 3, 1, 2, 3, 1]
