"""How many records are held, and what becomes of those that are too many: as configured."""

from farwire_codecs import configuration_keys as keys
from farwire_node.control.configuration import Configuration
from farwire_node.logs.log_ring import WARNING, LogRing
from farwire_node.records.store import RecordStore


def apply(running: Configuration, records: RecordStore, log: LogRing, now_ms: int) -> list[int]:
    """Have `records` do what a configuration says; return the numbers of those that were given up for it.

    Where there is no room for as many as it asks for, the log says for how many there is.
    """
    records.set_thinning(running.whole(keys.BUFFER_WHEN_FULL) == 0)
    most = running.value(keys.BUFFER_CAPACITY, None)
    gone = records.set_capacity(most)
    if most and records.capacity < most:
        log.add(WARNING, f"room for {records.capacity} records", now_ms)
    return gone
