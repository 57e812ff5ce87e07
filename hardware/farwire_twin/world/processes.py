"""What a plant's things do by themselves: temperatures, levels, loads. No sensors in here, no LPP.

A process moves in steps of at most STEP_S from where it was to `now_ms` (the world's clock), driven by
patterns of time and by its own seeded noise: a seed and the instants of reading give the same values in every
run. Incidents push it over the limits that plants are alarmed at.
"""

import math
import random
from typing import Any

STEP_S = 30.0
# After a longer gap (the world was not run) a process starts from its balance, not from the past.
LONGEST_GAP_S = 6 * 3600.0
DAY_S = 86_400.0


class Incident:
    """Something that goes wrong now and then: in each period with `chance`, for about `length_s`."""

    def __init__(self, seed: str, period_s: float, length_s: float, chance: float) -> None:
        self._seed = seed
        self._period_s = period_s
        self._length_s = length_s
        self._chance = chance
        self._block = -1
        self._start_s: float | None = None

    def strength(self, now_s: float) -> float:
        """0 (all is well) to 1 (in full)."""
        block = int(now_s // self._period_s)
        if block != self._block:
            self._block = block
            draw = random.Random(f"{self._seed} {block}")
            happens = draw.random() < self._chance
            latest_s = max(0.0, self._period_s - self._length_s)
            self._start_s = block * self._period_s + draw.random() * latest_s if happens else None
        if self._start_s is None:
            return 0.0
        part = (now_s - self._start_s) / self._length_s
        if not 0 < part < 1:
            return 0.0
        return min(1.0, 5 * part, 5 * (1 - part))  # up in a fifth, down in a fifth


class Process:
    """Base: moves on to an instant, keeps and gives back its state. `switched` is what its output does."""

    def __init__(self, seed: str) -> None:
        self.switched = False
        self._noise = random.Random(f"noise {seed}")
        self._phase = random.Random(f"phase {seed}").random()
        self._at_s: float | None = None

    def move_to(self, now_ms: int) -> None:
        """Let time pass until `now_ms`; the same instant again, or an earlier one, changes nothing."""
        now_s = now_ms / 1000
        if self._at_s is None or now_s - self._at_s > LONGEST_GAP_S:
            self._settle(now_s)
            self._at_s = now_s
        while self._at_s < now_s:
            step_s = min(STEP_S, now_s - self._at_s)
            self._at_s += step_s
            self._step(self._at_s, step_s)

    def state(self) -> dict[str, Any]:
        """What must survive when the world is stopped, as JSON can carry it."""
        return {"switched": self.switched, "at_s": self._at_s}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.switched = bool(state["switched"])
        self._at_s = state["at_s"]

    def _settle(self, now_s: float) -> None:
        """Take the values of balance at `now_s`."""

    def _step(self, now_s: float, step_s: float) -> None:
        """Move by `step_s` to `now_s`."""

    def _jitter(self, sigma: float) -> float:
        return self._noise.gauss(0, sigma)

    def _wave(self, now_s: float, period_s: float) -> float:
        """-1 to 1, with a phase of the process's own."""
        return math.sin(2 * math.pi * (now_s / period_s + self._phase))


def _toward(value: float, target: float, step_s: float, time_constant_s: float) -> float:
    return target + (value - target) * math.exp(-step_s / time_constant_s)


class Machine(Process):
    """A machine that warms with its load. Its output is a fan."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.temperature_c = 40.0
        self.load = 0.5  # 0 to 1
        self._overheating = Incident(f"overheating {seed}", 2 * 3600, 1800, 0.7)

    def _settle(self, now_s: float) -> None:
        self.load = self._load(now_s)
        self.temperature_c = self._balance_c(now_s)

    def _step(self, now_s: float, step_s: float) -> None:
        self.load = self._load(now_s)
        self.temperature_c = _toward(self.temperature_c, self._balance_c(now_s), step_s, 420)
        self.temperature_c += self._jitter(0.04)

    def _load(self, now_s: float) -> float:
        """Cycles of about half an hour, stopped at times, weaker at night."""
        cycle = self._wave(now_s, 1900)
        shift = 1.0 if 6 <= (now_s / 3600) % 24 < 22 else 0.5
        return shift * (0.55 + 0.4 * cycle) if cycle > -0.7 else 0.0

    def _balance_c(self, now_s: float) -> float:
        cooled_c = 9.0 if self.switched else 0.0
        return 24 + 44 * self.load + 55 * self._overheating.strength(now_s) - cooled_c


class Room(Process):
    """A room with heating. Its output is the heating's boost."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.temperature_c = 21.0
        self.humidity_pct = 45.0
        self._open_door = Incident(f"door {seed}", 2.5 * 3600, 1800, 0.7)

    def _settle(self, now_s: float) -> None:
        self.temperature_c, self.humidity_pct = self._balance(now_s)

    def _step(self, now_s: float, step_s: float) -> None:
        temperature_c, humidity_pct = self._balance(now_s)
        self.temperature_c = _toward(self.temperature_c, temperature_c, step_s, 900) + self._jitter(0.01)
        humidity_pct = _toward(self.humidity_pct, humidity_pct, step_s, 600) + self._jitter(0.08)
        self.humidity_pct = min(100.0, max(0.0, humidity_pct))

    def _balance(self, now_s: float) -> tuple[float, float]:
        outside = self._open_door.strength(now_s)
        temperature_c = 20.5 + 1.5 * self._wave(now_s, DAY_S) - 13 * outside + (3 if self.switched else 0)
        return temperature_c, 46 - 6 * self._wave(now_s, DAY_S) + 40 * outside


class Tank(Process):
    """A tank that is drawn from and refilled. Its output opens the drain valve."""

    HEIGHT_M = 3.2  # from the level sensor to the bottom

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.level_pct = 60.0
        self._filling = False
        self._no_supply = Incident(f"supply {seed}", 4 * 3600, 3.3 * 3600, 0.7)

    @property
    def distance_m(self) -> float:
        """From the sensor at the top to the surface."""
        return self.HEIGHT_M * (1 - self.level_pct / 100)

    def state(self) -> dict[str, Any]:
        """Also the level: water does not go away overnight."""
        return {**super().state(), "level_pct": self.level_pct, "filling": self._filling}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        super().restore(state)
        self.level_pct = float(state["level_pct"])
        self._filling = bool(state["filling"])

    def _step(self, now_s: float, step_s: float) -> None:
        if self.level_pct < 35:
            self._filling = True
        elif self.level_pct > 90:
            self._filling = False
        minutes = step_s / 60
        drawn = (0.35 + 0.25 * self._wave(now_s, 5400)) * minutes + (2.5 * minutes if self.switched else 0)
        filled = 2.2 * minutes if self._filling and self._no_supply.strength(now_s) < 0.5 else 0.0
        self.level_pct = min(100.0, max(0.0, self.level_pct + filled - drawn))


class Mains(Process):
    """One phase of a supply with a load. Its output disconnects the load."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.voltage_v = 230.0
        self.current_a = 4.0
        self.power_w = 900.0
        self._sag = Incident(f"sag {seed}", 1800, 240, 0.7)

    def _settle(self, now_s: float) -> None:
        self._step(now_s, 0.0)

    def _step(self, now_s: float, step_s: float) -> None:
        self.voltage_v = (
            231 + 3 * self._wave(now_s, DAY_S) + self._jitter(0.6) - 32 * self._sag.strength(now_s)
        )
        heater = 6.5 if self._wave(now_s, 2600) > 0.3 else 0.0
        self.current_a = 0.0 if self.switched else max(0.0, 1.8 + heater + self._jitter(0.12))
        self.power_w = self.voltage_v * self.current_a * 0.94  # power factor of such a load


class Pump(Process):
    """A pump whose bearing shakes. Its output stops it."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.vibration_g = (0.0, 0.0, 0.0)
        self.temperature_c = 30.0
        self._bearing = Incident(f"bearing {seed}", 2 * 3600, 1800, 0.7)

    def _settle(self, now_s: float) -> None:
        self.temperature_c = 25 if self.switched else 48
        self._shake(now_s)

    def _step(self, now_s: float, step_s: float) -> None:
        target_c = 25.0 if self.switched else 48 + 14 * self._bearing.strength(now_s)
        self.temperature_c = _toward(self.temperature_c, target_c, step_s, 700) + self._jitter(0.03)
        self._shake(now_s)

    def _shake(self, now_s: float) -> None:
        worn = self._bearing.strength(now_s)
        base_g = 0.004 if self.switched else 0.16 + 0.9 * worn
        self.vibration_g = tuple(  # type: ignore[assignment]
            abs(base_g * axis * (1 + self._jitter(0.05))) for axis in (1.0, 0.7, 0.45)
        )


class Battery(Process):
    """A lithium primary cell: flat for years, a little lower in the cold of the night."""

    def __init__(self, seed: str) -> None:
        super().__init__(seed)
        self.voltage_v = 3.6

    def _settle(self, now_s: float) -> None:
        self._step(now_s, 0.0)

    def _step(self, now_s: float, step_s: float) -> None:
        used_v = 0.08 * (now_s / (365 * DAY_S))
        self.voltage_v = 3.62 - used_v + 0.01 * self._wave(now_s, DAY_S) + self._jitter(0.004)
