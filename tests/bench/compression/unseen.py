"""Synthetic series that no table was trained on: made by the models below from fixed seeds, not recorded.

Each is what such a sensor sends at the resolution of its LPP types: slow physics, a sensor's noise, the
plant's habits. Only types of one axis, like the recorded series.
"""

import math
from random import Random

from tests.bench.compression.series import Column, Series

ROWS = 3000
_START_S = 1_700_000_000


def unseen() -> list[Series]:
    """Return the synthetic series."""
    return [_tank(), _office(), _vibration(), _meter()]


def _tank() -> Series:
    """Make a tank that drains and is pumped full between two marks: distance (mm), current (mA), switch."""
    source = Random(11)
    level_mm, pumping = 1800.0, False
    distance, current, switch = [], [], []
    for minute in range(ROWS):
        demand = 4 + 3 * math.sin(2 * math.pi * minute / 1440) + source.expovariate(0.5)
        level_mm += (35 if pumping else 0) - demand
        pumping = level_mm < 900 or (pumping and level_mm < 2400)
        distance.append(round(3000 - level_mm + source.gauss(0, 1.5)))
        current.append(round(3200 + source.gauss(0, 25)) if pumping else 0)
        switch.append(int(pumping))
    columns = (
        Column("distance", 130, distance),
        Column("current", 117, current),
        Column("pump", 142, switch),
    )
    return _series("tank", 60, columns)


def _office() -> Series:
    """Make an office, weekends too: CO2 (ppm), temperature (0.1 °C), humidity (0.5 %), presence."""
    source = Random(12)
    co2, warmth, humid, people = 430.0, 20.5, 42.0, 0
    columns: tuple[list[int], ...] = ([], [], [], [])
    for index in range(ROWS):
        hour, day = index / 12 % 24, index // 288
        working = day % 7 < 5 and 8 < hour < 18
        if source.random() < 0.08:
            people = source.randrange(7) if working else 0
        co2 += people * 9 - (co2 - 425) * (0.06 if working else 0.03)
        warmth += 0.03 * (20.5 + 1.5 * working + 0.3 * people - warmth)
        humid += 0.02 * (42 + people - humid) + source.gauss(0, 0.08)
        columns[0].append(round(co2 + source.gauss(0, 4)))
        columns[1].append(round(10 * warmth + source.gauss(0, 0.3)))
        columns[2].append(round(2 * humid))
        columns[3].append(int(people > 0))
    named = zip(
        (("co2", 125), ("temperature", 103), ("humidity", 104), ("presence", 102)), columns, strict=True
    )
    return _series("office", 300, tuple(Column(name, type_id, values) for (name, type_id), values in named))


def _vibration() -> Series:
    """Make a fan with shifts and bursts: velocity RMS (0.01 mm/s, skewed), bearing temperature (0.1 °C)."""
    source = Random(13)
    bearing, wear = 25.0, 1.0
    velocity, temperature = [], []
    for minute in range(ROWS):
        running = minute // 240 % 3 != 2
        wear += 0.0002 * running
        burst = source.expovariate(0.4) if running and source.random() < 0.02 else 0
        rms = (
            (2.4 * wear * source.lognormvariate(0, 0.09) + burst)
            if running
            else 0.05 * source.lognormvariate(0, 0.3)
        )
        bearing += 0.01 * ((48 if running else 22) - bearing) + source.gauss(0, 0.02)
        velocity.append(round(100 * rms))
        temperature.append(round(10 * bearing + source.gauss(0, 0.5)))
    columns = (Column("velocity", 2, velocity), Column("bearing", 103, temperature))
    return _series("vibration", 60, columns)


def _meter() -> Series:
    """Make a heat pump's meter with gaps in its times: energy (Wh), power (W), a slow battery (0.01 V)."""
    source = Random(14)
    counted_wh, cell_v = 1_250_000.0, 3.62
    times, energy, power, battery = [], [], [], []
    time_s = _START_S
    for index in range(ROWS):
        compressor = source.random() < (0.9 if index // 6 % 3 else 0.1)
        watts = source.gauss(1850, 40) if compressor else source.gauss(12, 1)
        counted_wh += watts / 4
        cell_v -= 0.00002
        times.append(time_s)
        energy.append(round(counted_wh))
        power.append(round(watts))
        battery.append(round(100 * (cell_v - 0.03 * compressor) + source.gauss(0, 0.4)))
        time_s += 900 * (1 + (source.random() < 0.01) * source.randrange(1, 5))
    columns = (Column("energy", 131, energy), Column("power", 128, power), Column("battery", 116, battery))
    return Series("meter", 900, times, columns)


def _series(name: str, interval_s: int, columns: tuple[Column, ...]) -> Series:
    return Series(name, interval_s, [_START_S + interval_s * index for index in range(ROWS)], columns)
