"""The devices that this copy of the service knows, read from the store and written back to it."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor

from farwire_cloud.errors import StoreUnavailableError
from farwire_cloud.ingest import facts
from farwire_cloud.ingest.known import Known
from farwire_cloud.model.device import kept, merge
from farwire_cloud.parallel import in_parallel
from farwire_cloud.store import keys
from farwire_cloud.store.conditions import Absent, Equals
from farwire_cloud.store.device_items import VERSION, state_from_item, state_to_item
from farwire_cloud.store.items import alarm_from_item, record_from_item
from farwire_cloud.store.keys import Key, Span
from farwire_cloud.store.marshal import Item
from farwire_cloud.store.table import Table

log = logging.getLogger("farwire.cloud.ingest")

MOST_DEVICES = 5_000  # some 10 KB each; the rest is read again when it speaks
MOST_SINGLE_READS = 100  # one BatchGetItem; above that a query a gap is cheaper
WRITE_ATTEMPTS = 10  # each one lost is won by another copy, so progress is made


class Devices:
    """What is known of devices; any thread may call."""

    def __init__(self, table: Table, pool: Executor) -> None:
        self._table = table
        self._pool = pool
        self._known: OrderedDict[str, Known] = OrderedDict()
        self._lock = threading.Lock()

    def load(self, dev_euis: Sequence[str]) -> dict[str, Known]:
        """Return what is known of these devices, read from the store for those not met before."""
        with self._lock:
            found = {dev_eui: self._known[dev_eui] for dev_eui in dev_euis if dev_eui in self._known}
            for dev_eui in found:
                self._known.move_to_end(dev_eui)
        new = [dev_eui for dev_eui in dev_euis if dev_eui not in found]
        if new:
            states = self._table.get_many([keys.state(dev_eui) for dev_eui in new])
            calls = [
                lambda dev_eui=dev_eui: self._read(dev_eui, states.get(keys.state(dev_eui)))
                for dev_eui in new
            ]
            for known in in_parallel(self._pool, calls):
                found[known.state.dev_eui] = self._remember(known)
        return found

    def write_view(self, known: Known) -> None:
        """Write the device's META item, joined with what other copies wrote; nothing if it has it all."""
        with known.writing:
            for _ in range(WRITE_ATTEMPTS):
                with known.lock:
                    state, version = kept(known.state), known.version
                if state == known.written:
                    return
                condition = Equals(VERSION, version) if version else Absent()
                if self._table.put_if(state_to_item(state, version + 1), condition):
                    with known.lock:
                        known.version, known.written, known.listed = version + 1, state, True
                    return
                self._read_again(known)
        raise StoreUnavailableError(f"other copies keep changing the view of {known.state.dev_eui}")

    def write_views(self, stop: threading.Event | None = None) -> int:
        """Write every changed view; return how many. Raises what the first that cannot be written does."""
        with self._lock:
            dirty = [known for known in self._known.values() if known.is_dirty]
        written = 0
        for known in dirty:
            if stop is not None and stop.is_set():
                break
            self.write_view(known)
            written += 1
        return written

    def fill_holes(self, known: Known) -> None:
        """Look in the store for what is missing here: other copies may know it, or that it never comes."""
        dev_eui = known.state.dev_eui
        item = self._table.get(keys.state(dev_eui))
        state = known.learn(state_from_item(item)) if item else known.state
        records = list(state.records.gaps(state.floor))
        if records:
            found = self._in_gaps(records, keys.record, keys.records, dev_eui)
            known.learn(facts.of_records(dev_eui, map(record_from_item, found)))
        alarms = list(state.alarm_numbers.gaps(state.alarm_floor))
        if alarms:
            found = self._in_gaps(alarms, keys.alarm, keys.alarms, dev_eui)
            known.learn(facts.of_alarms(dev_eui, map(alarm_from_item, found)))

    def remember_contents(self, known: Known, items: Iterable[Item]) -> None:
        """Note the contents of stored records and alarms, to tell a repeat from a number used twice."""
        with known.lock:
            for item in items:
                if item["sk"].startswith("R#"):
                    record = record_from_item(item)
                    known.records.put(record.number, record)
                else:
                    alarm = alarm_from_item(item)
                    known.alarms.put(alarm.number, alarm)

    def _in_gaps(
        self,
        gaps: list[tuple[int, int]],
        key: Callable[[str, int], Key],
        span: Callable[[str, int, int], Span],
        dev_eui: str,
    ) -> list[Item]:
        """Return what is stored inside the gaps: one call where they are small."""
        if sum(last - first + 1 for first, last in gaps) <= MOST_SINGLE_READS:
            numbers = (number for first, last in gaps for number in range(first, last + 1))
            return list(self._table.get_many([key(dev_eui, number) for number in numbers]).values())
        return [item for first, last in gaps for item in self._table.query(span(dev_eui, first, last)).items]

    def _read(self, dev_eui: str, item: Item | None) -> Known:
        """Read a device: its view, and the records and alarms that the view does not contain yet."""
        known = Known(dev_eui)
        if item is not None:
            known.read(state_from_item(item), item[VERSION])
        state = known.state
        records = self._table.query(keys.records(dev_eui, state.through + 1)).items
        alarms = self._table.query(keys.alarms(dev_eui, state.alarms_through + 1)).items
        found = facts.of_records(dev_eui, map(record_from_item, records))
        known.learn(merge(found, facts.of_alarms(dev_eui, map(alarm_from_item, alarms))))
        self.remember_contents(known, (*records, *alarms))
        return known

    def _read_again(self, known: Known) -> None:
        item = self._table.get(keys.state(known.state.dev_eui))
        if item is None:
            with known.lock:
                known.version = 0
        else:
            known.read(state_from_item(item), item[VERSION])

    def _remember(self, known: Known) -> Known:
        """Keep a device that was read; if another thread was quicker, its object stays the only one."""
        with self._lock:
            kept_one = self._known.setdefault(known.state.dev_eui, known)
            self._known.move_to_end(known.state.dev_eui)
            if len(self._known) > MOST_DEVICES:
                oldest = next((eui for eui, each in self._known.items() if not each.is_dirty), None)
                if oldest is not None:
                    del self._known[oldest]
        return kept_one
