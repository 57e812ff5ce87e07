"""Batches that build on an acknowledged record, learned schemas, and records that go channel by channel."""

import pytest

from farwire_codecs import batch, ports
from farwire_codecs.base import Base
from farwire_codecs.configuration import REPORTING_INTERVAL_S, SAMPLING_INTERVAL_S, Setting
from farwire_codecs.configuration_keys import HISTORY_CARRY
from farwire_codecs.schema import Channel
from farwire_node.sending.learning import FIRST_AFTER
from tests.node.program.fakes import (
    ACCELERATION,
    HUMIDITY,
    TEMPERATURE,
    VOLTAGE,
    Bench,
    SteppingSensor,
    assert_stored_exactly,
)

SELF_CONTAINED = (Setting(SAMPLING_INTERVAL_S, None, 20), Setting(REPORTING_INTERVAL_S, None, 120))
CARRIED = (*SELF_CONTAINED, Setting(HISTORY_CARRY, None, True))


def end(bench: Bench) -> None:
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=3600)
    assert_stored_exactly(bench)


def history_bytes(bench: Bench) -> int:
    return sum(len(payload) for _, port, payload, _ in bench.link.sent if port == ports.HISTORY)


def test_batches_build_on_acknowledged_records_where_the_setting_says_so() -> None:
    bench = Bench(settings=CARRIED)
    bench.run(3600)

    end(bench)

    assert bench.cloud.carried > 10


def test_batches_are_self_contained_unless_the_setting_says_otherwise() -> None:
    bench = Bench(settings=SELF_CONTAINED)
    bench.run(3600)

    end(bench)

    assert bench.cloud.carried == 0


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_no_record_is_lost_or_altered_on_a_carried_model_when_frames_are_lost(seed: int, late: bool) -> None:
    bench = Bench(settings=CARRIED, loss_up=0.3, loss_down=0.3, late=late, seed=seed)
    bench.run(2 * 3600)

    end(bench)

    assert bench.cloud.carried > 10


def test_a_bridge_that_lost_the_model_asks_for_another_and_loses_nothing() -> None:
    bench = Bench(settings=CARRIED)
    bench.run(1800)
    before = bench.cloud.carried
    bench.cloud.forget()

    bench.run(1800)
    end(bench)

    assert bench.cloud.carried > before + 5


def test_after_a_power_cut_batches_build_on_another_record() -> None:
    bench = Bench(settings=CARRIED)
    bench.run(1800)
    bench.restart(saved=False)
    before = bench.cloud.carried

    bench.run(1800)
    bench.node.stop_sampling()
    bench.run_until_all_is_acknowledged(within_s=3600)

    assert bench.cloud.carried > before + 5


def test_a_learned_schema_is_offered_and_used_once_the_cloud_has_it() -> None:
    bench = Bench(settings=SELF_CONTAINED)
    bench.run(20 * (FIRST_AFTER + 10) + 12 * 3600)

    newest = bench.cloud.schemas[max(bench.cloud.schemas)]
    assert newest.shapes
    assert newest.interval_s == 20
    message = batch.decode(bench.link.sent[-1][2], bench.cloud.schemas.get)
    assert message.schema == newest
    end(bench)


def test_a_learned_schema_survives_a_restart() -> None:
    bench = Bench(settings=SELF_CONTAINED)
    bench.run(12 * 3600)
    newest = bench.cloud.schemas[max(bench.cloud.schemas)]

    bench.restart(saved=True)
    bench.run(600)

    assert batch.decode(bench.link.sent[-1][2], bench.cloud.schemas.get).schema == newest
    end(bench)


def test_an_offered_schema_whose_acknowledgement_is_lost_costs_nothing_but_bytes() -> None:
    bench = Bench(settings=CARRIED, loss_down=0.6, seed=3)
    bench.run(12 * 3600)

    end(bench)


@pytest.mark.parametrize("seed", range(3))
def test_a_record_too_large_for_the_link_goes_channel_by_channel(seed: int) -> None:
    sensor = SteppingSensor(TEMPERATURE, HUMIDITY, VOLTAGE, ACCELERATION, Channel(5, 136), Channel(6, 136))
    bench = Bench(sensor, settings=SELF_CONTAINED, size=51, seed=seed, loss_up=0.2, loss_down=0.2)
    bench.run(600)  # in which the cloud learns the schema
    bench.link.size = 15
    bench.cloud.acknowledgement_limit = 15

    bench.run(1200)
    bench.link.size = 51
    bench.cloud.acknowledgement_limit = 51

    assert any(
        batch.decode(payload, bench.cloud.schemas.get).only >= 0
        for _, port, payload, _ in bench.link.sent
        if port == ports.HISTORY
    )
    end(bench)


def test_a_base_is_what_both_ends_make_of_the_same_records() -> None:
    bench = Bench(settings=CARRIED)
    bench.run(3600)

    base = bench.node._carry.base
    assert isinstance(base, Base)
    assert bench.cloud.base is not None
    assert base.schema == bench.cloud.base.schema
