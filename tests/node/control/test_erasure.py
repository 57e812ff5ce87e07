"""Erasure on command: what was held is gone, once, the cloud is told, and everything goes on."""

import contextlib
import random

import pytest

from farwire_codecs import command, log_piece, ports
from farwire_codecs.alarm import HIGH as IS_HIGH
from farwire_codecs.alarm import SENSOR_FAILED
from farwire_codecs.command import ALARMS, ALL_HELD, LOGS, RECORDS, CommandAnswer, Erase
from farwire_codecs.configuration import HIGH, REPORTING_INTERVAL_S, SAMPLING_INTERVAL_S, Setting
from farwire_codecs.configuration_keys import LOG_LEVEL
from farwire_node import node_events
from farwire_node.alarms.alarm_store import CAPACITY, AlarmStore
from farwire_node.alarms.detector import Change
from farwire_node.control.commands import Commands
from farwire_node.flash.device import RamFlash
from farwire_node.logs.crash import report
from farwire_node.logs.log_ring import LogRing
from farwire_node.logs.reports import Reports, keep_crash
from farwire_node.storage import MemoryStorage
from farwire_node.survival.lives import SHORT_LIVES
from tests.node.program.fakes import TEMPERATURE, Bench, SteppingSensor
from tests.node.program.power_cut import CutStorage, PowerCutError
from tests.node.survival.test_guard import Guarded

EVERY_20_S = (Setting(SAMPLING_INTERVAL_S, None, 20), Setting(REPORTING_INTERVAL_S, None, 120))
WATCHED = (*EVERY_20_S, Setting(HIGH, 1, 300), Setting(LOG_LEVEL, None, 3))


def order(bench: Bench, number: int, what: int) -> None:
    bench.cloud.queue.append((ports.COMMAND, command.encode(Erase(number, what))))


def pieces(bench: Bench) -> list[log_piece.LogPiece]:
    return [log_piece.decode(payload) for _, port, payload, _ in bench.link.sent if port == ports.LOG]


def after_an_outage(flash: RamFlash | None = None) -> Bench:
    """A node that holds records and a changing alarm of an hour in which nothing came through."""
    sensor = SteppingSensor(TEMPERATURE)
    sensor.wander, sensor.values = False, [[200]]
    bench = Bench(sensor, settings=WATCHED, flash=flash)
    bench.run(600)
    bench.loss_up = 1
    for value in (310, 200, 320):
        sensor.values = [[value]]
        bench.run(1200)
    bench.loss_up = 0
    return bench


@pytest.mark.parametrize("in_flash", [False, True])
def test_erased_records_never_come_and_the_cloud_waits_for_none_of_them(in_flash: bool) -> None:
    bench = after_an_outage(RamFlash(8, 512) if in_flash else None)
    before = set(bench.cloud.records)
    dropped, sampled = bench.cloud.states[-1].dropped_records, max(bench.sampled)
    order(bench, 7, RECORDS)
    held = bench.node.pending()

    bench.run(300)

    told = [state for state in bench.cloud.states if state.oldest_record > sampled]
    assert bench.cloud.answers == [CommandAnswer(7, command.DONE)]
    assert bench.events(node_events.Erased) == [node_events.Erased(RECORDS)]
    assert told[0].dropped_records > dropped + held // 2
    bench.run(1200)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(900)
    came = set(bench.cloud.records)
    fresh = [number for number in bench.sampled if number >= told[0].oldest_record]
    assert set(fresh) <= came
    assert came <= set(bench.sampled)
    assert len(set(bench.sampled) - came) > held // 2  # most of the outage was erased before it could go
    assert bench.cloud.acknowledgement().through == max(bench.sampled)
    assert before <= came


def test_alarms_that_were_erased_are_not_awaited_and_what_is_active_is_told() -> None:
    bench = after_an_outage()
    raised = [event.alarm.number for event in bench.raised]  # type: ignore[attr-defined]
    assert raised == [1, 2, 3]
    bench.cloud.alarms.clear()
    order(bench, 7, ALARMS)

    bench.run(1200)
    bench.cloud.queue.append((ports.COMMAND, command.encode(command.ReportState(8))))
    bench.run(300)

    active = {number: item for number, (_, item) in bench.cloud.alarms.items() if number > 3}
    assert list(active) == [4]
    assert active[4][1:5] == (1, TEMPERATURE.type_id, IS_HIGH, True)
    assert active[4].raw is None
    assert bench.cloud.acknowledgement().alarms_through == 4
    assert bench.cloud.states[-1].oldest_alarm == 0  # once the cloud knows it, it is told no more
    assert max(state.oldest_alarm for state in bench.cloud.states) == 4


def test_the_end_of_an_alarm_that_the_cloud_knows_is_told_after_an_erasure() -> None:
    store = AlarmStore(MemoryStorage())
    store.add([Change(1, 103, IS_HIGH, True, (310,))], 10)
    store.acknowledge(1, 0)
    store.add([Change(1, 103, IS_HIGH, False, (200,)), Change(2, 104, SENSOR_FAILED, True, None)], 20)
    store.add([Change(2, 104, SENSOR_FAILED, False, (90,)), Change(2, 104, SENSOR_FAILED, True, None)], 30)

    store.erase(40_000)

    assert [alarm[:6] for alarm in store.held] == [
        (6, 1, 103, IS_HIGH, False, 40),
        (7, 2, 104, SENSOR_FAILED, True, 40),
    ]
    assert all(alarm.raw is None for alarm in store.held)
    assert store.active == [(2, 104, 1 << SENSOR_FAILED)]
    assert store.erased_below == 6


def test_nothing_is_told_of_alarms_where_none_are_held() -> None:
    store = AlarmStore(MemoryStorage())
    store.add([Change(1, 103, IS_HIGH, True, (310,))], 10)
    store.acknowledge(1, 0)

    store.erase(40_000)

    assert store.held == ()
    assert store.erased_below == 0
    assert store.next == 2


def test_a_full_store_of_alarms_can_be_erased_and_survives_a_restart() -> None:
    storage = MemoryStorage()
    store = AlarmStore(storage)
    for index in range(CAPACITY):
        store.add([Change(index, 103, IS_HIGH, True, (310,))], 10)
    assert store.room == 0

    store.erase(40_000)

    after = AlarmStore(storage)
    after.restore(50_000)
    assert [alarm.number for alarm in after.held] == list(range(CAPACITY + 1, 2 * CAPACITY + 1))
    assert after.held == store.held
    assert after.erased_below == CAPACITY + 1
    after.erase(60_000)
    after.acknowledge(3 * CAPACITY, 60_000)
    assert after.held == ()
    assert after.erased_below == 0


@pytest.mark.parametrize("cut_at", range(0, 260, 9))
def test_a_power_cut_while_a_full_store_is_erased_leaves_no_condition_untold(cut_at: int) -> None:
    storage = CutStorage()
    store = AlarmStore(storage)
    for index in range(CAPACITY):
        store.add([Change(index % 40, 103, IS_HIGH, index < 40, (310,))], 10)
    active = store.active
    storage.cut_at = storage.writes + cut_at

    with contextlib.suppress(PowerCutError):
        store.erase(40_000)
    storage.power_on()
    after = AlarmStore(storage)
    after.restore(50_000)
    after.erase(50_000)  # as a node does that starts and owes it

    assert after.active == active
    assert sorted(alarm.channel for alarm in after.held) == list(range(40))
    assert all(alarm.active is (alarm.channel >= 24) and alarm.raw is None for alarm in after.held)
    assert after.erased_below == after.held[0].number > CAPACITY


def test_erased_logs_are_gone_from_storage_and_a_report_on_its_way_stops() -> None:
    storage = MemoryStorage()
    keep_crash(storage, report("crash", None, 5, "sampling", 1))
    log = LogRing(storage)
    log.add(1, "secret", 0)
    log.save()
    reports = Reports(storage, log)
    reports.ask(log_piece.CRASH_REPORT, 0)
    reports.ask(log_piece.LOG, 0)

    reports.erase()

    assert not reports.pending
    assert (storage.load("log"), storage.load("crash_report")) == (b"", b"")
    assert LogRing(storage).content() == b""
    assert not Reports(storage, log).ask(log_piece.CRASH_REPORT, 1)


def test_the_log_of_a_node_begins_with_the_erasure() -> None:
    bench = after_an_outage()
    order(bench, 7, LOGS)
    bench.run(300)
    bench.cloud.queue.append((ports.COMMAND, command.encode(command.SendLog(8, log_piece.LOG, 0))))
    bench.run(600)

    assert b" W erased: 4\n" in pieces(bench)[0].data[:20]


def test_a_command_that_comes_again_erases_nothing_that_was_sampled_since() -> None:
    bench = after_an_outage()
    order(bench, 7, ALL_HELD)
    bench.run(300)
    oldest = bench.cloud.states[-1].dropped_records
    for _ in range(3):
        order(bench, 7, ALL_HELD)
        bench.run(300)
    bench.restart(saved=True)
    order(bench, 7, ALL_HELD)
    bench.run(300)
    bench.cloud.queue.append((ports.COMMAND, command.encode(command.ReportState(8))))
    bench.run(300)

    assert bench.events(node_events.Erased) == [node_events.Erased(ALL_HELD)]
    assert bench.cloud.answers[:5] == [CommandAnswer(7, command.DONE)] * 5
    assert bench.cloud.states[-1].dropped_records == oldest


def test_what_a_command_owes_is_in_storage_with_its_result() -> None:
    storage = MemoryStorage()
    Commands((), storage).receive(command.encode(Erase(7, RECORDS | LOGS)))

    after = Commands((), storage)

    assert after.owed == RECORDS | LOGS
    assert after.receive(command.encode(Erase(7, RECORDS | LOGS))).done is None
    after.receive(command.encode(Erase(8, ALARMS)))
    after.paid(LOGS)
    assert Commands((), storage).owed == RECORDS | ALARMS
    after.paid(RECORDS | ALARMS)
    assert Commands((), storage).owed == 0
    assert Commands((), storage).receive(command.encode(Erase(7, 1))).answer == CommandAnswer(7, command.DONE)


def test_an_erasure_of_something_unknown_is_refused_whole() -> None:
    bench = after_an_outage()
    held = bench.node.pending()
    bench.cloud.queue.append((ports.COMMAND, command.encode(Erase(7, RECORDS))[:3] + b"\x09"))
    bench.cloud.silent = True
    bench.run(300)

    assert bench.cloud.answers == [CommandAnswer(7, command.REFUSED_UNKNOWN)]
    assert bench.events(node_events.Erased) == []
    assert bench.node.pending() >= held


def test_safe_mode_erases_the_logs_and_owes_the_rest_to_the_whole_program() -> None:
    bench = Guarded()
    bench.run(300)
    bench.loss_up = 1
    bench.run(3600)
    bench.trouble.times = SHORT_LIVES + 1  # the first of them ends a long life
    bench.run(120)
    bench.loss_up = 0
    came = set(bench.cloud.records)
    bench.order(Erase(7, ALL_HELD))
    bench.run(1200)

    assert bench.reasons[-1] == "safe_mode"
    assert CommandAnswer(7, command.DONE) in bench.cloud.answers
    assert bench.events(node_events.Erased) == [node_events.Erased(LOGS)]
    assert bench.storage.load("crash_report") == b""
    last = max(bench.sampled)
    bench.order(command.Reboot(8))
    bench.run(3600)
    assert bench.events(node_events.Erased)[1:] == [node_events.Erased(RECORDS | ALARMS)]
    assert {number for number in bench.cloud.records if number <= last} == came
    assert max(bench.cloud.records) > last


@pytest.mark.parametrize("seed", range(12))
def test_erasures_at_any_time_lose_nothing_else(seed: int) -> None:
    dice = random.Random(seed)
    sensor = SteppingSensor(TEMPERATURE)
    bench = Bench(
        sensor,
        settings=(*EVERY_20_S, Setting(HIGH, 1, 205)),
        loss_up=0.3,
        loss_down=0.3,
        seed=seed,
        flash=RamFlash(8, 512) if seed % 2 else None,
        size=dice.choice((24, 51)),
    )
    erased = 0
    for number in range(6):
        bench.run(dice.randrange(60, 2400))
        order(bench, number, dice.randrange(1, ALL_HELD + 1))
        if dice.random() < 0.3:
            bench.restart(saved=dice.random() < 0.5)
    bench.run(900)
    bench.loss_up = bench.loss_down = 0
    erased = max([number for number in bench.sampled if number < bench.cloud.states[-1].oldest_record] or [0])
    bench.run(900)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(3600)

    assert set(bench.cloud.records) <= set(bench.sampled)
    assert {number for number in bench.sampled if number > max(erased, bench.cloud.given_up_below)} <= set(
        bench.cloud.records
    )
    state = bench.cloud.acknowledgement()
    assert state.through == max(bench.cloud.records)
    assert state.alarms_through == max(bench.cloud.alarms, default=0)
