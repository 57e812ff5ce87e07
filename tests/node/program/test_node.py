"""The node as its driver, its cloud and its operator see it."""

import pytest

from farwire_codecs import command, ports, state_report
from farwire_codecs import configuration as codec
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.acknowledgement import encode as encode_acknowledgement
from farwire_codecs.alarm import HIGH as IS_HIGH
from farwire_codecs.alarm import SENSOR_FAILED
from farwire_codecs.command import CommandAnswer
from farwire_codecs.configuration import (
    HIGH,
    HYSTERESIS,
    LOW,
    REPORTING_INTERVAL_S,
    SAMPLING_INTERVAL_S,
    Setting,
)
from farwire_codecs.configuration_keys import RADIO_CLASS
from farwire_codecs.lpp_actuators import Output, encode_actuators
from farwire_node import node_events
from farwire_node.link import AIRTIME, Refusal, Sending
from farwire_node.node import MOST_EVENTS
from farwire_node.steps import Listen, Sleep, Transmit
from tests.node.program.fakes import (
    HUMIDITY,
    TEMPERATURE,
    VOLTAGE,
    Bench,
    FakeLink,
    Lamp,
    SteppingSensor,
    assert_stored_exactly,
)

EVERY_20_S = (Setting(SAMPLING_INTERVAL_S, None, 20), Setting(REPORTING_INTERVAL_S, None, 120))
RARELY = (Setting(SAMPLING_INTERVAL_S, None, 600), Setting(REPORTING_INTERVAL_S, None, 3600))


def frames(bench: Bench, port: int) -> list[int]:
    """When frames of this port started, in ms."""
    return [start_ms for start_ms, sent_port, _, _ in bench.link.sent if sent_port == port]


def send_order(bench: Bench, order: command.SetOutput | command.ReportState | command.Reboot) -> None:
    bench.cloud.queue.append((ports.COMMAND, command.encode(order)))


# -- the first minutes --


def test_a_node_joins_and_reports_its_state_first() -> None:
    bench = Bench(settings=EVERY_20_S)

    bench.run(30)

    assert bench.events(node_events.Joined) == [node_events.Joined(0x01020304)]
    assert bench.link.sent[0][1] == ports.STATE
    assert bench.cloud.states[0].sampling_interval_s == 20
    assert bench.cloud.states[0].configuration_hash == codec.document_hash(EVERY_20_S)


def test_the_first_record_is_in_the_cloud_within_half_a_minute() -> None:
    bench = Bench(settings=RARELY)

    bench.run(30)

    assert len(bench.cloud.records) == 1


def test_a_node_sleeps_no_longer_than_to_its_next_sample() -> None:
    bench = Bench(settings=EVERY_20_S, joined=True)
    bench.run(61)

    step = bench.node.poll(bench.now_ms)

    assert isinstance(step, Sleep)
    assert bench.now_ms < step.until_ms <= bench.now_ms + 20_000


def test_the_battery_is_in_the_state_report() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.node._battery_mv = lambda: 3612

    bench.run(30)

    assert bench.cloud.states[0].battery_mv == 3612


# -- alarms --


@pytest.mark.parametrize("seed", range(5))
def test_an_alarm_waits_for_no_more_than_the_frame_on_air(seed: int) -> None:
    sensor = SteppingSensor(TEMPERATURE, HUMIDITY, seed=seed)
    sensor.wander = False
    limits = (Setting(HIGH, 1, 200), Setting(HYSTERESIS, 1, 10))
    every_second = (Setting(SAMPLING_INTERVAL_S, None, 1), Setting(REPORTING_INTERVAL_S, None, 5))
    bench = Bench(sensor, settings=every_second + limits, seed=seed)
    bench.link.budget_ms = 10**9  # the air is full of ordinary frames; the law is another test's
    bench.run(60)

    for value in (250, 100) * 10:
        sensor.values[0][0] = value
        bench.run(7.3)

    sent = bench.events(node_events.AlarmSent)
    longest_ms = max(event.airtime_ms for event in bench.events(node_events.FrameSent))
    assert len(sent) == len(bench.raised) == 20
    assert max(event.start_ms - event.sampled_ms for event in sent) <= longest_ms


def test_an_alarm_needs_no_acknowledged_join_of_its_frames_to_be_stored_exactly_once() -> None:
    sensor = SteppingSensor(TEMPERATURE)
    bench = Bench(sensor, settings=(*EVERY_20_S, Setting(HIGH, 1, 200)), loss_up=0.5, loss_down=0.5, seed=3)
    bench.run(60)
    sensor.values[0][0] = 250
    bench.run(60)
    sensor.values[0][0] = 100
    bench.run(3600)

    assert [(a.condition, a.active) for _, a in bench.cloud.alarms.values()] == [
        (IS_HIGH, True),
        (IS_HIGH, False),
    ]
    assert bench.node._alarms.held == ()


def test_a_sensor_that_fails_leaves_gaps_and_raises_an_alarm_while_the_others_go_on() -> None:
    broken, good = SteppingSensor(TEMPERATURE), SteppingSensor(VOLTAGE)
    bench = Bench(broken, good, settings=EVERY_20_S)
    bench.run(60)
    broken.broken = True
    bench.run(120)
    broken.broken = False
    bench.run(120)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(600)

    assert any(values[0] is None and values[1] is not None for _, values in bench.cloud.records.values())
    assert [(a.condition, a.active) for _, a in bench.cloud.alarms.values()] == [
        (SENSOR_FAILED, True),
        (SENSOR_FAILED, False),
    ]
    assert_stored_exactly(bench)


# -- commands --


def test_a_command_is_executed_and_answered_within_seconds_of_its_arrival() -> None:
    lamp = Lamp(20)
    bench = Bench(actuators=(lamp,), settings=EVERY_20_S)
    bench.run(120)
    send_order(bench, command.SetOutput(7, 20, 100))

    bench.run(150)

    [answered_ms] = frames(bench, ports.COMMAND_ANSWER)
    arrived_ms = max(start_ms for start_ms, _, _, _ in bench.link.sent if start_ms < answered_ms)
    assert lamp.history == [100]
    assert bench.cloud.answers == [CommandAnswer(7, command.DONE)]
    assert bench.events(node_events.OutputSet) == [node_events.OutputSet(20, 100)]
    assert answered_ms - arrived_ms < 10_000


def test_a_command_that_comes_again_is_answered_again_and_not_executed_again() -> None:
    lamp = Lamp(20)
    bench = Bench(actuators=(lamp,), settings=EVERY_20_S)
    bench.run(60)
    for _ in range(3):
        send_order(bench, command.SetOutput(7, 20, 100))
        bench.run(300)

    assert lamp.history == [100]
    assert bench.cloud.answers == [CommandAnswer(7, command.DONE)] * 3


def test_an_lpp_actuator_command_is_executed_and_not_answered() -> None:
    lamp = Lamp(20)
    bench = Bench(actuators=(lamp,), settings=EVERY_20_S)
    bench.run(60)
    outputs = (Output(20, 100), Output(20, 101), Output(21, 0), Output(20, 0))
    bench.cloud.queue.append((ports.LPP_ACTUATORS, encode_actuators(outputs)))

    bench.run(300)

    assert lamp.history == [100, 0]
    assert bench.cloud.answers == []
    assert bench.events(node_events.OutputSet) == [
        node_events.OutputSet(20, 100),
        node_events.OutputSet(20, 0),
    ]
    assert [event.port for event in bench.events(node_events.FrameIgnored)] == [ports.LPP_ACTUATORS] * 2


def test_an_lpp_actuator_command_that_is_cut_sets_nothing() -> None:
    lamp = Lamp(20)
    bench = Bench(actuators=(lamp,), settings=EVERY_20_S)
    bench.run(60)
    bench.cloud.queue.append((ports.LPP_ACTUATORS, bytes.fromhex("140064 1400")))

    bench.run(300)

    assert lamp.history == []
    assert [event.port for event in bench.events(node_events.FrameIgnored)] == [ports.LPP_ACTUATORS]


def test_a_command_to_report_brings_a_state_report() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(120)
    before = len(bench.cloud.states)
    send_order(bench, command.ReportState(8))

    bench.run(200)

    assert len(bench.cloud.states) == before + 1
    assert bench.cloud.answers == [CommandAnswer(8, command.DONE)]


def test_a_reboot_is_answered_first_and_loses_nothing() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(300)
    send_order(bench, command.Reboot(9))
    bench.run(300)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(600)

    assert bench.cloud.answers == [CommandAnswer(9, command.DONE)]
    assert len(bench.events(node_events.Rebooted)) == 1
    assert state_report.RESET_REASONS[bench.cloud.states[-1].reset_reason] == "command"
    assert sorted(bench.sampled) == list(range(1, len(bench.sampled) + 1))
    assert_stored_exactly(bench)


def test_a_reboot_is_not_done_again_when_its_command_comes_again() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    for _ in range(3):
        send_order(bench, command.Reboot(9))
        bench.run(300)

    assert len(bench.events(node_events.Rebooted)) == 1
    assert len(bench.cloud.answers) == 3


# -- configuration --

WANTED = codec.canonical(
    [Setting(SAMPLING_INTERVAL_S, None, 300), Setting(HIGH, 1, 900), Setting(HIGH, 2, 200)]
)


def test_a_configuration_is_applied_and_its_hash_reported() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    bench.cloud.queue.extend((ports.CONFIGURATION, frame) for frame in codec.pieces(WANTED, 51))

    bench.run(1500)

    assert bench.events(node_events.ConfigurationApplied) == [
        node_events.ConfigurationApplied(codec.document_hash(WANTED))
    ]
    assert bench.cloud.states[-1].configuration_hash == codec.document_hash(WANTED)
    assert bench.cloud.states[-1].sampling_interval_s == 300
    times = sorted(time_ms for time_ms, _ in bench.sampled.values())
    assert times[-1] - times[-2] == 300_000


def test_the_pieces_of_a_configuration_are_fetched_without_waiting_for_the_next_report() -> None:
    bench = Bench(settings=RARELY)
    bench.run(60)
    document = codec.canonical([*WANTED, *(Setting(LOW, n, 10_000_000 * (-1) ** n) for n in range(9))])
    pieces = codec.pieces(document, 14)
    assert len(pieces) >= 3
    bench.cloud.queue.extend((ports.CONFIGURATION, frame) for frame in pieces)
    bench.run(3 * 3600)

    applied_ms = next(
        start_ms
        for start_ms, port, payload, _ in bench.link.sent
        if port == ports.STATE and start_ms > 60_000
    )
    first_chance_ms = frames(bench, ports.HISTORY)[1]
    assert applied_ms - first_chance_ms < 60_000
    assert bench.cloud.states[-1].configuration_hash == codec.document_hash(document)


def test_a_difference_to_what_runs_is_applied_and_one_to_something_else_is_answered_with_the_state() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    bench.cloud.queue.extend(
        (ports.CONFIGURATION, frame)
        for old in ((), EVERY_20_S)
        for frame in codec.difference_pieces(old, WANTED, 51)
    )

    bench.run(1500)

    hashes = [state.configuration_hash for state in bench.cloud.states]
    assert hashes == [codec.document_hash(EVERY_20_S)] * 2 + [codec.document_hash(WANTED)]


def test_a_configuration_that_runs_already_is_reported_again() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    before = len(bench.cloud.states)
    bench.cloud.queue.extend((ports.CONFIGURATION, frame) for frame in codec.pieces(EVERY_20_S, 51))

    bench.run(200)

    assert len(bench.cloud.states) == before + 1
    assert bench.events(node_events.ConfigurationApplied) == []


def test_a_damaged_configuration_changes_nothing_and_is_answered_with_the_state() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    frame = bytearray(codec.pieces(WANTED, 51)[0])
    frame[-1] ^= 1
    bench.cloud.queue.append((ports.CONFIGURATION, bytes(frame)))

    bench.run(200)

    assert bench.events(node_events.ConfigurationApplied) == []
    assert bench.cloud.states[-1].configuration_hash == codec.document_hash(EVERY_20_S)
    assert len(bench.cloud.states) == 2


# -- restarts --


def test_a_restart_from_storage_runs_the_configuration_and_knows_the_schema() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    bench.cloud.queue.extend((ports.CONFIGURATION, frame) for frame in codec.pieces(WANTED, 51))
    bench.run(600)

    bench.restart(saved=True)
    bench.run(1)

    assert bench.node._configuration.hash == codec.document_hash(WANTED)
    assert bench.node._schema.confirmed
    assert bench.link.joins == 0


def test_a_changed_channel_list_gets_a_new_schema_that_the_cloud_is_told() -> None:
    bench = Bench(SteppingSensor(TEMPERATURE), settings=EVERY_20_S)
    bench.run(600)

    bench.sensors = (SteppingSensor(TEMPERATURE), SteppingSensor(HUMIDITY))
    bench.restart(saved=True)
    bench.run(600)

    assert bench.cloud.schemas[0].channels == (TEMPERATURE,)
    assert bench.cloud.schemas[1].channels == (TEMPERATURE, HUMIDITY)


def test_suspend_saves_the_links_session_too() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)

    bench.node.suspend(bench.now_ms)

    assert bench.link.suspended_ms == [bench.now_ms]


def test_a_node_goes_on_after_suspend() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    bench.node.suspend(bench.now_ms)
    bench.run(300)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(600)

    assert sorted(bench.sampled) == list(range(1, len(bench.sampled) + 1))
    assert_stored_exactly(bench)


# -- bad input --


@pytest.mark.parametrize("port", [ports.ACKNOWLEDGEMENT, ports.COMMAND, 99])
def test_a_downlink_that_cannot_be_read_is_told_and_changes_nothing(port: int) -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(60)
    bench.cloud.queue.append((port, b"\xff\xff\xff"))
    bench.cloud.silent = True
    bench.run(300)
    bench.cloud.silent = False
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(600)

    [ignored] = bench.events(node_events.FrameIgnored)
    assert ignored.port == port
    assert ignored.reason
    assert_stored_exactly(bench)


def test_an_acknowledgement_of_records_never_sampled_releases_none() -> None:
    bench = Bench(settings=EVERY_20_S, joined=True)
    bench.cloud.silent = True
    bench.run(60)
    held = bench.node.pending()
    payload = encode_acknowledgement(Acknowledgement(10_000, b"", 500, False, False), 51)
    bench.cloud.queue.append((ports.ACKNOWLEDGEMENT, payload))

    bench.run(130)

    assert bench.node.pending() > held
    assert min(n for n in range(1, 20_000) if bench.node._records.holds(n)) > 10_000


def test_events_that_nobody_takes_do_not_fill_the_memory() -> None:
    bench = Bench(settings=(Setting(SAMPLING_INTERVAL_S, None, 1),), joined=True)

    for now_ms in range(0, 2 * MOST_EVENTS * 1000, 1000):
        bench.node.poll(now_ms)

    assert len(bench.node.events()) == MOST_EVENTS


# -- the link says no --


def test_a_frame_that_the_link_refuses_is_tried_again_when_the_link_says() -> None:
    bench = Bench(settings=EVERY_20_S, joined=True)
    really_send = bench.link.send
    refused_ms: list[int] = []

    def send(port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int) -> Sending | Refusal:
        if now_ms < 90_000:
            refused_ms.append(now_ms)
            return Refusal(AIRTIME, now_ms + 45_000)
        return really_send(port, payload, confirmed, urgent, now_ms)

    bench.link.send = send  # type: ignore[method-assign]

    bench.run(200)

    assert len(refused_ms) == 2
    assert bench.link.sent[0][0] == refused_ms[1] + 45_000


class LinkWithFramesOfItsOwn(FakeLink):
    """Is busy with a frame that the node knows nothing of, until `own_until_ms`; its end is no event."""

    own_until_ms = 30_000

    @property
    def busy(self) -> bool:
        return self.own_until_ms > 0 or super().busy

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        if now_ms < self.own_until_ms:
            return Sleep(self.own_until_ms)
        self.own_until_ms = 0
        return super().poll(now_ms)


def test_what_waited_for_a_frame_of_the_links_own_goes_at_its_end() -> None:
    bench = Bench(settings=(Setting(SAMPLING_INTERVAL_S, None, 3600),), joined=True)
    bench.link = LinkWithFramesOfItsOwn(joined_=True)
    bench.node = bench._new_node()

    bench.run(60)

    assert bench.link.sent[0][0] == 30_000


def test_stop_sampling_ends_the_samples_and_nothing_is_sent_once_all_is_acknowledged() -> None:
    bench = Bench(settings=EVERY_20_S)
    bench.run(300)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(600)
    sampled, sent = len(bench.sampled), len(bench.link.sent)

    bench.run(3600)

    assert (len(bench.sampled), len(bench.link.sent)) == (sampled, sent)


def test_a_configuration_can_change_the_class_and_without_it_the_links_own_stays() -> None:
    silent, told = Bench(), Bench(settings=(Setting(RADIO_CLASS, None, 1),))
    silent.run(30)
    told.run(30)

    assert silent.link.classes == []
    assert told.link.classes == ["C"]
