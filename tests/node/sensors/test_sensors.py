"""Sensors that a configuration names, in a whole node: made, sampled, failing, changed, switched off."""

from itertools import pairwise

from farwire_codecs import alarm, configuration, ports
from farwire_codecs import configuration_keys as keys
from farwire_codecs.configuration import Setting
from farwire_node import node_events
from farwire_node.alarms.alarm_store import CAPACITY
from farwire_node.drivers import registry
from farwire_node.node import Node
from farwire_node.sensors.sensor import Sensor
from farwire_node.storage import MemoryStorage
from tests.node.drivers.chips import Ds18b20Chip, FakePin, I2cBus, OneWireBus, Sht3xChip
from tests.node.program.fakes import HUMIDITY, TEMPERATURE, Bench, SteppingSensor, assert_stored_exactly

SHT3X = (Setting(keys.SENSOR_DRIVER, 0, 8),)  # channels 1 and 2
PROBE = (  # channel 5
    Setting(keys.SENSOR_DRIVER, 4, 6),
    Setting(keys.SENSOR_BUS, 4, 1),
    Setting(keys.SENSOR_WARM_UP_MS, 4, 800),
)
RELAY = (  # channel 20
    Setting(keys.SENSOR_DRIVER, 5, 2),
    Setting(keys.SENSOR_BUS, 5, 2),
    Setting(keys.SENSOR_FIRST_CHANNEL, 5, 20),
)


class Site(Bench):
    """A board with an I2C bus, a 1-Wire bus and a pin, on the bench's clock."""

    def __init__(self, *settings: Setting, fixed: tuple[Sensor, ...] = ()) -> None:
        site = self

        class I2cOnSite(I2cBus):
            now_ms = property(lambda _: site.now_ms, lambda *_: None)

        class OneWireOnSite(OneWireBus):
            now_ms = property(lambda _: site.now_ms, lambda *_: None)

        self.now_ms = 0
        self.fixed = fixed
        self.sht3x, self.probe, self.pin = Sht3xChip(), Ds18b20Chip(1), FakePin()
        self.probe.sixteenths = 320
        self.buses = {0: I2cOnSite({0x44: self.sht3x}), 1: OneWireOnSite([self.probe]), 2: self.pin}
        super().__init__(settings=configuration.canonical(list(settings)), joined=True)

    def _new_node(self) -> Node:
        return Node(
            1, self.fixed, (), self.link, self.storage, self.dice.randrange, factory=self.settings,
            build=lambda places, used: registry.build(places, self.buses, used=used),
        )  # fmt: skip

    def configure(self, *settings: Setting) -> None:
        for piece in configuration.pieces(configuration.canonical(list(settings)), 51):
            self.cloud.queue.append((ports.CONFIGURATION, piece))

    def drain(self) -> None:
        self.node.stop_sampling()
        self.run_until_all_is_acknowledged(within_s=900)


def alarms(site: Site) -> list[tuple[int, int, bool]]:
    """(channel, condition, started) of each alarm."""
    return [(event.alarm.channel, event.alarm.condition, event.alarm.active) for event in site.raised]


def test_the_sensors_of_a_configuration_are_sampled_and_stored() -> None:
    site = Site(*SHT3X, *PROBE)

    site.run(1_800)
    site.drain()

    assert_stored_exactly(site)
    assert site.cloud.schemas[0].channels == ((1, 103), (2, 104), (5, 103))
    assert {values for _, values in site.cloud.records.values()} == {((250,), (100,), (200,))}


def test_a_sensor_that_cannot_be_made_is_told_and_the_others_are_sampled() -> None:
    site = Site(*SHT3X, Setting(keys.SENSOR_DRIVER, 9, 999))

    site.run(120)

    [refused] = site.events(node_events.SensorRefused)
    assert refused == node_events.SensorRefused(9, "driver 999 is not known here")
    assert site.sampled


def test_a_channel_of_a_sensor_that_is_soldered_on_is_not_given_twice() -> None:
    site = Site(*SHT3X, *PROBE, fixed=(SteppingSensor(TEMPERATURE),))

    site.run(120)

    [refused] = site.events(node_events.SensorRefused)
    assert refused == node_events.SensorRefused(0, "channel 1 of type 103 is not free")
    assert len(site.sampled[max(site.sampled)][1]) == 2


def test_a_failed_sensor_is_an_alarm_and_the_others_go_on_until_it_answers_again() -> None:
    site = Site(*SHT3X, *PROBE)
    site.run(300)

    site.probe.plugged = False
    site.run(3_600)
    failed = alarms(site)
    site.probe.plugged = True
    site.run(4_000)
    site.drain()

    assert failed == [(5, alarm.SENSOR_FAILED, True)]
    assert alarms(site) == [*failed, (5, alarm.SENSOR_FAILED, False)]
    values = [values for _, (_, values) in sorted(site.cloud.records.items())]
    assert {v[0] for v in values} == {(250,)}
    assert values[0][2] == values[-1][2] == (200,)
    assert_stored_exactly(site)


def test_a_failed_sensor_of_a_slow_interval_raises_its_alarm_within_minutes_and_fills_no_records() -> None:
    site = Site(*PROBE, Setting(keys.SENSOR_SAMPLING_INTERVAL_S, 4, 3_600))
    site.probe.plugged = False

    site.run(600)

    assert alarms(site) == [(5, alarm.SENSOR_FAILED, True)]
    assert len(site.sampled) <= 2  # the retries between the regular instants are not records


def test_another_sensor_by_configuration_loses_nothing_of_the_former_ones() -> None:
    site = Site(*SHT3X)
    site.run(1_800)
    site.configure(*SHT3X, *PROBE)

    site.run(3_600)
    former = set(site.sampled)
    site.run(1_800)
    site.drain()

    assert former <= set(site.cloud.records)
    assert site.events(node_events.Dropped) == []
    assert site.cloud.states[-1].dropped_records == 0
    assert [len(values) for _, (_, values) in sorted(site.cloud.records.items())][:1] == [2]
    assert len(site.cloud.records[max(site.cloud.records)][1]) == 3
    assert_stored_exactly(site)


def test_alarms_of_channels_that_a_new_list_of_sensors_has_not_are_ended_and_reported() -> None:
    limits = (Setting(keys.HIGH, 5, 100), Setting(keys.NORMAL_HIGH, 1, 0))
    site = Site(*limits)
    site.configure(*SHT3X, *PROBE)
    site.run(1_800)
    site.configure(*SHT3X, Setting(keys.SENSOR_FIRST_CHANNEL, 0, 2))

    site.run(5_400)

    found = alarms(site)
    assert sorted(found[:2]) == [(1, alarm.OUT_OF_NORMAL, True), (5, alarm.HIGH, True)]
    assert sorted(found[2:]) == [(1, alarm.OUT_OF_NORMAL, False), (5, alarm.HIGH, False)]
    assert len(site.cloud.alarms) == 4
    site.restart(saved=False)
    site.run(600)
    assert alarms(site) == found


def test_what_no_room_was_for_is_counted_and_logged_and_what_holds_is_reported_once_there_is_room() -> None:
    site = Site(*PROBE, Setting(keys.HIGH, 5, 300), Setting(keys.SENSOR_SAMPLING_INTERVAL_S, 4, 60))
    site.run(300)
    site.cloud.silent = True
    for sixteenths in (640, 320) * 34 + (640,):
        site.probe.sixteenths = sixteenths
        site.run(60)

    assert len(site.node._alarms.held) == CAPACITY
    [*_, missed] = site.events(node_events.AlarmsMissed)
    assert missed.count == 2
    assert b"no room for alarms: 2 missed" in site.node.log.content()
    site.cloud.silent = False
    site.run(3_600)
    assert len(site.cloud.alarms) == CAPACITY + 1
    assert alarms(site)[-1] == (5, alarm.HIGH, True)


def test_other_sensors_do_not_wait_forever_for_a_cloud_that_is_silent() -> None:
    site = Site(*SHT3X)
    site.run(1_800)
    site.configure(*SHT3X, *PROBE)
    site.run(1_200)  # the configuration has come
    site.cloud.silent = True

    site.run(4_000)

    assert len(site.sampled[max(site.sampled)][1]) == 3


def test_an_output_of_a_configuration_is_switched_by_command_and_reports_itself() -> None:
    site = Site(*RELAY)
    site.run(120)

    site.cloud.queue.append((ports.LPP_ACTUATORS, bytes((20, 0, 100, 255))))
    site.run(1_800)

    assert site.pin.level == 1
    assert site.events(node_events.OutputSet) == [node_events.OutputSet(20, 100)]
    assert site.sampled[max(site.sampled)][1] == ((1,),)


def test_a_sensor_that_is_switched_off_is_not_sampled_and_ends_its_alarm() -> None:
    site = Site(*SHT3X, *PROBE, Setting(keys.HIGH, 5, 100))
    site.run(300)

    site.configure(*SHT3X, *PROBE, Setting(keys.HIGH, 5, 100), Setting(keys.SENSOR_ENABLED, 4, False))
    site.run(3_600)

    assert alarms(site) == [(5, alarm.HIGH, True), (5, alarm.HIGH, False)]
    assert site.sampled[max(site.sampled)][1] == ((250,), (100,), None)
    assert site.events(node_events.Rebooted) == []


def test_the_calibration_of_a_channel_is_applied_before_its_limits() -> None:
    site = Site(*PROBE, Setting(keys.CALIBRATION_OFFSET, 5, 7), Setting(keys.HIGH, 5, 206))

    site.run(120)

    assert {values for _, values in site.sampled.values()} == {((207,),)}
    assert alarms(site) == [(5, alarm.HIGH, True)]


def test_a_sensor_with_a_short_reporting_interval_is_reported_sooner_and_a_slow_one_later() -> None:
    quick, slow = SteppingSensor(TEMPERATURE), SteppingSensor(HUMIDITY)
    common = (
        Setting(keys.SAMPLING_INTERVAL_S, None, 60),
        Setting(keys.REPORTING_INTERVAL_S, None, 3_600),
        Setting(keys.SENSOR_SAMPLING_INTERVAL_S, 1, 30),
    )
    hourly = Site(*common, fixed=(quick, slow))
    often = Site(*common, Setting(keys.SENSOR_REPORTING_INTERVAL_S, 0, 120), fixed=(quick, slow))

    for site in (hourly, often):
        site.run(7_200)

    batches = [
        [event.start_ms for event in site.events(node_events.FrameSent) if event.port == ports.HISTORY]
        for site in (hourly, often)
    ]
    assert len(batches[1]) > 2 * len(batches[0])
    assert max(b - a for a, b in pairwise(batches[1])) <= 200_000


def test_conditions_survive_a_restart_without_a_second_start() -> None:
    site = Site(*PROBE, Setting(keys.HIGH, 5, 100), Setting(keys.NORMAL_HIGH, 5, 150))
    site.run(300)

    site.restart(saved=False)
    site.run(300)
    site.probe.sixteenths = 16
    site.run(300)

    assert alarms(site) == [
        (5, alarm.HIGH, True),
        (5, alarm.OUT_OF_NORMAL, True),
        (5, alarm.HIGH, False),
        (5, alarm.OUT_OF_NORMAL, False),
    ]


def test_a_node_without_a_sensor_reports_its_state_and_takes_sensors_by_configuration() -> None:
    site = Site()
    site.configure(*PROBE)

    site.run(1_800)

    assert site.cloud.states
    assert site.sampled
    assert isinstance(site.storage, MemoryStorage)


class Rogue(Sensor):
    """Raises something else each time, wherever it is called."""

    channels = (HUMIDITY,)
    warm_up_ms = 30

    def __init__(self) -> None:
        self.calls = 0

    def wake(self, now_ms: int) -> None:
        self._misbehave()

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        self._misbehave()
        return ((1,), (2,), (3,))

    def suspend(self, now_ms: int) -> None:
        self._misbehave()

    def _misbehave(self) -> None:
        kinds = (
            ValueError, KeyError, ZeroDivisionError, MemoryError, RecursionError, AssertionError, OSError,
            StopIteration, AttributeError, TypeError, NotImplementedError, None,
        )  # fmt: skip
        self.calls += 1
        kind = kinds[self.calls % len(kinds)]
        if kind is not None:
            raise kind("rogue")


def test_a_driver_that_raises_whatever_it_likes_wherever_it_is_called_stops_nothing() -> None:
    rogue, good = Rogue(), SteppingSensor(TEMPERATURE)
    site = Site(Setting(keys.SAMPLING_INTERVAL_S, None, 10), fixed=(rogue, good))

    for _ in range(6):
        site.run(900)
        site.node.suspend(site.now_ms)
    site.drain()

    assert rogue.calls > 36  # each kind of trouble three times
    assert alarms(site) == [(HUMIDITY.channel, alarm.SENSOR_FAILED, True)]
    assert len([1 for _, values in site.sampled.values() if values[1] is not None]) >= 539
    assert_stored_exactly(site)
