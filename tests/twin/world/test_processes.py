from collections.abc import Callable

import pytest

from farwire_twin.world.processes import Incident, Machine, Mains, Process, Pump, Room, Tank
from farwire_twin.world.sensor_models import PERCENTAGE, ModelOutput, ModelSensor, Quantity, raw_within

HOUR_MS = 3_600_000


def watched(process: Process, look: Callable[[], float], hours: float, every_ms: int = 60_000) -> list[float]:
    values = []
    for now_ms in range(0, int(hours * HOUR_MS), every_ms):
        process.move_to(now_ms)
        values.append(look())
    return values


def test_the_same_seed_and_instants_give_the_same_values() -> None:
    def run(seed: str) -> list[float]:
        machine = Machine(seed)
        return watched(machine, lambda: machine.temperature_c, 5)

    assert run("a") == run("a")
    assert run("a") != run("b")


def test_a_machine_warms_and_cools_with_its_load_and_now_and_then_overheats() -> None:
    machine = Machine("1")

    values = watched(machine, lambda: machine.temperature_c, 48)

    assert 20 < min(values) < 45
    assert 85 < max(values) < 140


def test_a_room_gets_cold_when_its_door_stays_open() -> None:
    room = Room("1")

    values = watched(room, lambda: room.temperature_c, 48)

    assert min(values) < 15 < max(values) < 26


def test_a_tank_runs_low_when_its_supply_fails() -> None:
    tank = Tank("1")

    values = watched(tank, lambda: tank.level_pct, 72)

    assert 0 <= min(values) < 15
    assert 85 < max(values) <= 100


def test_a_supply_sags() -> None:
    mains = Mains("1")

    values = watched(mains, lambda: mains.voltage_v, 48)

    assert min(values) < 207 < max(values) < 253


def test_a_worn_bearing_shakes() -> None:
    pump = Pump("1")

    values = watched(pump, lambda: max(pump.vibration_g), 48)

    assert max(values) > 0.8
    assert sorted(values)[len(values) // 2] < 0.3


def test_an_incident_is_over_after_its_length() -> None:
    incident = Incident("x", period_s=3600, length_s=600, chance=1.0)

    active = [second for second in range(3600) if incident.strength(second) > 0]

    assert 590 <= len(active) <= 600
    assert active == list(range(active[0], active[-1] + 1))


def test_opening_the_drain_empties_the_tank() -> None:
    tank = Tank("1")
    valve = ModelOutput(1, tank)
    tank.move_to(0)
    before_pct = tank.level_pct

    valve.set(100)
    tank.move_to(10 * 60_000)

    assert tank.level_pct < before_pct - 15
    assert valve.value_x100 == 100


def test_the_relay_cuts_the_load() -> None:
    mains = Mains("1")
    ModelOutput(1, mains).set(100)

    mains.move_to(60_000)

    assert mains.current_a == 0
    assert mains.power_w == 0


def test_a_machine_with_its_fan_on_is_cooler() -> None:
    hot, cooled = Machine("1"), Machine("1")
    ModelOutput(1, cooled).set(100)
    for machine in (hot, cooled):
        machine.move_to(0)
        machine.move_to(HOUR_MS)

    assert cooled.temperature_c < hot.temperature_c - 5


def test_a_process_goes_on_from_its_kept_state() -> None:
    tank = Tank("1")
    ModelOutput(1, tank).set(100)
    tank.move_to(0)
    tank.move_to(5 * 60_000)

    again = Tank("1")
    again.restore(tank.state())

    assert again.level_pct == tank.level_pct
    assert again.switched


def test_looking_twice_at_one_instant_shows_the_same() -> None:
    mains = Mains("1")
    sensor = ModelSensor(mains, (Quantity(1, 116, lambda: (mains.voltage_v,)),))

    assert sensor.read(60_000) == sensor.read(60_000)


@pytest.mark.parametrize(("value", "raw"), [(-5.0, 0), (300.0, 255), (41.5, 42)])
def test_a_value_outside_its_type_is_clipped(value: float, raw: int) -> None:
    assert raw_within(PERCENTAGE, (value,)) == (raw,)
