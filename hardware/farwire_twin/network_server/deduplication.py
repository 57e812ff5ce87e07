"""One uplink from many gateways [chirpstack/src uplink/mod.rs: deduplicate_uplink].

Copies are equal when radio parameters and payload are. The first opens a set, collected after the delay;
copies until twice the delay after it find the set taken, and are lost if it was already collected.
"""

from chirpstack_api import gw

from farwire_twin.network_server.records import UplinkSet

LEAST_HOLD_MS = 200


class Deduplication:
    """The sets that are open; the caller keeps the time."""

    def __init__(self, delay_ms: int) -> None:
        self.delay_ms = delay_ms
        self._hold_ms = max(2 * delay_ms, LEAST_HOLD_MS)
        self._sets: dict[bytes, list[gw.UplinkFrame]] = {}
        self._taken_until_ms: dict[bytes, int] = {}

    def put(self, frame: gw.UplinkFrame, now_ms: int) -> bytes | None:
        """Add a copy; returns the key to collect at now + delay, or None when the set is taken already."""
        for key in [key for key, until_ms in self._taken_until_ms.items() if until_ms <= now_ms]:
            del self._taken_until_ms[key]
        key = _key(frame)
        if key in self._taken_until_ms:
            if key in self._sets:
                self._sets[key].append(frame)
            return None
        self._taken_until_ms[key] = now_ms + self._hold_ms
        self._sets[key] = [frame]
        return key

    def collect(self, key: bytes, deduplication_id: str) -> UplinkSet | None:
        """The set as one uplink; None when no copy has both tx_info and rx_info."""
        copies = [
            frame for frame in self._sets.pop(key) if frame.HasField("tx_info") and frame.HasField("rx_info")
        ]
        if not copies:
            return None
        rx_info = [frame.rx_info for frame in copies]
        return UplinkSet(deduplication_id, copies[0].phy_payload, copies[0].tx_info, rx_info)


def _key(frame: gw.UplinkFrame) -> bytes:
    return bytes(frame.tx_info.SerializeToString(deterministic=True)) + b"|" + bytes(frame.phy_payload)
