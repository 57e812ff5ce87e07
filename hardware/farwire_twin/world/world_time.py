"""Where a run's time begins: pure rules over real time, the settings, and what an earlier run kept."""

from dataclasses import dataclass

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
# A run that was killed kept its time as of up to a second of real time before. The nodes' clocks must not go
# back, so the next run begins this much later.
AFTER_KILL_MS = HOUR_MS
REAL_TIME = 1.0


@dataclass(frozen=True, slots=True)
class KeptTime:
    """What a run left behind. `clean`: it ended by itself."""

    epoch_ms: int
    now_ms: int
    clean: bool


@dataclass(frozen=True, slots=True)
class Start:
    """The clock at the start: UTC of virtual 0, and virtual now."""

    epoch_ms: int
    now_ms: int


def begin(real_ms: int, speed: float, minutes: float, kept: KeptTime | None) -> Start:
    """Return where to start at real UTC `real_ms`.

    A world in real time starts now. A faster one starts as far in the past as it will run (a day, if it runs
    until it is stopped), so that it does not run into the future. Never before the end of the run before: the
    nodes' clocks went on meanwhile, as a board's do on their battery.
    """
    ahead_ms = 0 if speed == REAL_TIME else round(minutes * MINUTE_MS) or DAY_MS
    wanted_ms = real_ms - ahead_ms
    # Records carry whole seconds of the node's clock, so whole seconds of it are whole seconds of UTC.
    wanted_ms -= wanted_ms % 1000
    if kept is None:
        return Start(wanted_ms, 0)
    earliest_ms = kept.epoch_ms + kept.now_ms + (0 if kept.clean else AFTER_KILL_MS)
    return Start(kept.epoch_ms, max(wanted_ms, earliest_ms) - kept.epoch_ms)
