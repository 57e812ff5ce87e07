"""When was it? UTC milliseconds of events, with a bound on what a gateway's clock may claim (P15).

ChirpStack takes an uplink's `time` from the first gateway with GPS time without a check, else from the
gateway's clock, else from its own. `nsTime` is always its own: the bound. A gateway may deliver late (its
backhaul was down), but it cannot have heard a frame after the network server got it.
"""

from dataclasses import dataclass
from typing import Any

FIRST_LORAWAN_MS = 1_420_070_400_000
"""2015-01-01; LoRaWAN 1.0 appeared in that January, so no event can be older."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a gateway's time may lie from the network server's."""

    late_ms: int  # before it
    early_ms: int  # after it


def heard_ms(event: Any, now_ms: int, limits: Limits) -> tuple[int, bool]:
    """Return when an uplink was heard, and whether its own claim was implausible or missing.

    Without any `nsTime` our own clock bounds it, on one side: the broker may have kept the event for days.
    """
    received = [_ms(rx.ns_time) for rx in event.rx_info if rx.HasField("ns_time")]
    bound = min(received, default=now_ms)
    earliest = bound - limits.late_ms if received else FIRST_LORAWAN_MS
    if event.HasField("time"):
        claimed = _ms(event.time)
        if earliest <= claimed <= bound + limits.early_ms:
            return claimed, False
    return bound, True


def event_ms(event: Any, now_ms: int) -> int:
    """Return when an event without reception data happened; the network server's clock made its `time`."""
    if event.HasField("time"):
        claimed = _ms(event.time)
        if claimed >= FIRST_LORAWAN_MS:
            return claimed
    return now_ms


def _ms(timestamp: Any) -> int:
    return int(timestamp.seconds) * 1000 + int(timestamp.nanos) // 1_000_000
