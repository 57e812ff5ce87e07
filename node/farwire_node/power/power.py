"""What a node takes out of its battery: durations and counts by activity, and charge from a board's currents.

Charge is in nC (1 nC = 1 uA for 1 ms), 3.6e9 nC are 1 mAh. One Ledger serves every board: what differs
between boards is in Currents. Time that the processor works is not measured but counted (wakes, samples,
bytes sent) and weighed with the board's own times, so that the twin and a board keep the same books; it is
not taken off the sleep that it interrupts, which makes the sum a little too high.
"""

from collections import namedtuple

from farwire_node.steps import Listen, Sleep, Transmit

Currents = namedtuple(
    "Currents",
    (
        "light_na",  # the whole board, radio asleep: RAM kept, wakes where it was
        "deep_na",  # the same in deep sleep, from which it boots
        "deep_from_ms",  # sleeps as long are deep ones (rounded down to 1 s times a power of two), 0: none is
        "awake_ua",  # processor at work, radio asleep
        "waiting_ua",  # processor while the radio works
        "receive_ua",  # radio alone
        "transmit",  # radio alone: pairs (dBm EIRP, uA), weakest first
        "rail_ua",  # what the sensors' supply takes itself while it is on
        "wake_ms",  # processor time of one wake from light sleep, until it sleeps again
        "boot_ms",  # of one wake from deep sleep
        "sampling_ms",  # of one sample: reading, judging, storing
        "encoding_us",  # of one byte of a frame on air
    ),
)
"""What a board takes, and how long its processor works. Integers."""

ACTIVITIES = ("sleep", "awake", "sampling", "sensors", "encoding", "transmit", "receive", "join")
"""In the order of `charges`. `sensors`: rail and readings; `join`: all of the radio without a session."""

_SHORTEST_MS = 1_000  # bin 0 of sleeps; each further bin begins at twice the length
_BINS = 18  # up to 36 hours
_MODEM_DBM = 16  # EIRP: the most in EU868; what the network makes of it is not told
_MODEM_WINDOWS_MS = (
    100  # RX1 and RX2 of a class A cycle without a downlink, some 8 symbols of SF9 to SF10 each
)
_NC_PER_PERCENT_OF_MAH = 36_000_000


class Ledger:
    """Counts what one node does, from its steps and samples, on the node's clock."""

    def __init__(self) -> None:
        self.elapsed_ms = 0
        self.samples = 0
        self.frames = 0  # sent in a session, copies included
        self.frame_bytes = 0
        self.sensors_nc = 0  # by what the drivers say of their readings
        self.rail_ms = 0
        self.sleeps = [0] * _BINS
        self.slept_ms = [0] * _BINS
        self.sent_ms: list[tuple[int, int]] = []  # (dBm EIRP, ms on air)
        self.heard_ms = 0  # with the receiver on
        self.join_sent_ms: list[tuple[int, int]] = []
        self.join_heard_ms = 0
        self._at_ms: int | None = None
        self._step: Transmit | Listen | None = None  # what the radio is at
        self._joined = False

    def advance(self, now_ms: int) -> None:
        """Book the time up to now under what the radio was at; without a radio at work it was sleep."""
        passed_ms = 0 if self._at_ms is None else now_ms - self._at_ms
        self._at_ms = now_ms
        if passed_ms <= 0:
            return
        self.elapsed_ms += passed_ms
        step = self._step
        if step is None:
            at = _bin(passed_ms)
            self.sleeps[at] += 1
            self.slept_ms[at] += passed_ms
        elif isinstance(step, Transmit):
            _add(self.sent_ms if self._joined else self.join_sent_ms, step.power_dbm, passed_ms)
        elif self._joined:
            self.heard_ms += passed_ms
        else:
            self.join_heard_ms += passed_ms

    def begin(self, step: "Transmit | Listen | Sleep", joined: bool, now_ms: int) -> None:
        """Take the step that a poll returned: a Sleep leaves the radio at what it is at."""
        if isinstance(step, Sleep):
            return
        self.advance(now_ms)
        switched_off = isinstance(step, Listen) and step.until_ms is not None and step.until_ms <= now_ms
        self._step = None if switched_off else step
        self._joined = joined
        if isinstance(step, Transmit) and joined:
            self.frames += 1
            self.frame_bytes += len(step.frame)

    def radio_done(self, now_ms: int) -> None:
        """Take the report that the radio's step is over."""
        self.advance(now_ms)
        self._step = None

    def sent_unseen(self, airtime_ms: int, size: int) -> None:
        """Book a frame that went through no step, as a modem's: at a usual power, with usual windows."""
        self.frames += 1
        self.frame_bytes += size
        _add(self.sent_ms, _MODEM_DBM, airtime_ms)
        self.heard_ms += _MODEM_WINDOWS_MS if airtime_ms else 0

    def sampled(self, charge_nc: int, rail_ms: int) -> None:
        """Book one sample, with what its sensors took and how long their rails were on for it."""
        self.samples += 1
        self.sensors_nc += charge_nc
        self.rail_ms += rail_ms


def charges(ledger: Ledger, currents: Currents) -> "list[int]":
    """Return the charge in nC of each of ACTIVITIES on a board."""
    sleep_pc = 0
    awake_ms = 0
    for at in range(_BINS):
        deep = bool(currents.deep_from_ms) and at >= _bin(currents.deep_from_ms)
        sleep_pc += ledger.slept_ms[at] * (currents.deep_na if deep else currents.light_na)
        awake_ms += ledger.sleeps[at] * (currents.boot_ms if deep else currents.wake_ms)
    return [
        sleep_pc // 1000,
        awake_ms * currents.awake_ua,
        ledger.samples * currents.sampling_ms * currents.awake_ua,
        ledger.sensors_nc + ledger.rail_ms * currents.rail_ua,
        ledger.frame_bytes * currents.encoding_us * currents.awake_ua // 1000,
        _sent_nc(ledger.sent_ms, currents),
        ledger.heard_ms * (currents.receive_ua + currents.waiting_ua),
        _sent_nc(ledger.join_sent_ms, currents)
        + ledger.join_heard_ms * (currents.receive_ua + currents.waiting_ua),
    ]


def uah_a_day(charge_nc: int, elapsed_ms: int) -> int:
    """Return microampere-hours a day; 0 before any time has passed."""
    return 24 * charge_nc // elapsed_ms if elapsed_ms else 0


def left_percent(used_nc: int, usable_mah: int) -> int:
    """Return what is left of a battery after `used_nc` were taken out of it, 0 to 100."""
    return max(0, 100 - used_nc // (_NC_PER_PERCENT_OF_MAH * usable_mah))


def _sent_nc(sent_ms: "list[tuple[int, int]]", currents: Currents) -> int:
    charge_nc = 0
    for power_dbm, on_air_ms in sent_ms:
        charge_nc += on_air_ms * (_transmit_ua(currents, power_dbm) + currents.waiting_ua)
    return charge_nc


def _transmit_ua(currents: Currents, power_dbm: int) -> int:
    """Return the current at the weakest level that reaches `power_dbm`, else at the strongest."""
    current_ua = 0
    for level_dbm, level_ua in currents.transmit:
        current_ua = level_ua
        if level_dbm >= power_dbm:
            break
    return current_ua


def _add(sent_ms: "list[tuple[int, int]]", power_dbm: int, passed_ms: int) -> None:
    for at, (level_dbm, so_far_ms) in enumerate(sent_ms):
        if level_dbm == power_dbm:
            sent_ms[at] = (level_dbm, so_far_ms + passed_ms)
            return
    sent_ms.append((power_dbm, passed_ms))


def _bin(length_ms: int) -> int:
    at = 0
    while length_ms >= _SHORTEST_MS and at < _BINS - 1:
        length_ms //= 2
        at += 1
    return at
