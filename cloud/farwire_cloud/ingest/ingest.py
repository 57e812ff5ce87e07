"""Deliver: entries in, durable, answered with results and with acknowledgements of what the store holds.

On the critical path between a node's uplink and its receive window, so: one round of parallel writes where
nothing special came, no read at all for a device that this process knows and that has no hole.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable
from concurrent.futures import Executor

from farwire_cloud.counters import Counters
from farwire_cloud.errors import ConflictError, InvalidError, NotFoundError, StoreUnavailableError
from farwire_cloud.feed import Feed
from farwire_cloud.ingest import bounds, validate
from farwire_cloud.ingest.devices import Devices
from farwire_cloud.ingest.known import Known
from farwire_cloud.ingest.plan import DevicePlan, doubtful, plan
from farwire_cloud.model.deliveries import Answer, Delivery, FateReport
from farwire_cloud.model.orders import Step
from farwire_cloud.orders.configurations import Configurations, Target
from farwire_cloud.orders.register import Register
from farwire_cloud.parallel import in_parallel
from farwire_cloud.store import items
from farwire_cloud.store.conditions import AbsentOrBelow
from farwire_cloud.store.device_items import alarm_state_to_item
from farwire_cloud.store.dynamo import MOST_WRITES, chunks
from farwire_cloud.store.marshal import Item
from farwire_cloud.store.table import Table
from farwire_contract.v1 import telemetry_pb2 as contract

log = logging.getLogger("farwire.cloud.ingest")

MOST_KEPT_ENTRY = 32_768  # bytes of a refused entry that are kept for inspection
_STEPS: dict[int, str] = {
    contract.ACCEPTED: "accepted",
    contract.ENQUEUED: "enqueued",
    contract.SENT: "sent",
    contract.ACKNOWLEDGED: "mac_acknowledged",
    contract.FATE_FAILED: "failed",
    contract.EXPIRED: "expired",
}


class Ingest:
    """Stores what bridges deliver; any thread may call, any number of copies may run."""

    def __init__(
        self,
        table: Table,
        pool: Executor,
        devices: Devices,
        register: Register,
        configurations: Configurations,
        feed: Feed,
        counters: Counters,
        kept_days: int,
    ) -> None:
        self._table = table
        self._pool = pool
        self._devices = devices
        self._register = register
        self._configurations = configurations
        self._feed = feed
        self._counters = counters
        self._kept_days = kept_days

    def deliver(self, request: contract.DeliverRequest, now_ms: int) -> contract.DeliverResponse:
        """Store a request; raises InvalidError for it as a whole, StoreUnavailableError when to try again.

        `now_ms` (UTC) only dates what has no time of its own.
        """
        validate.check_request(request)
        results = [contract.EntryResult(id=entry.id, status=contract.STORED) for entry in request.entries]
        valid: list[tuple[int, Delivery]] = []
        extra: list[Item] = []
        for index, entry in enumerate(request.entries):
            try:
                valid.append((index, validate.delivery(entry)))
            except InvalidError as error:
                extra += self._refuse(results[index], entry, error, now_ms)
        of_device: dict[str, list[Delivery]] = {}
        for _, delivery in valid:
            if isinstance(delivery.body, FateReport):
                continue  # says nothing of the device, which need not even exist
            of_device.setdefault(delivery.dev_eui, []).append(delivery)

        known = self._devices.load(list(of_device))
        self._settle_doubts(of_device, known)
        plans = {
            dev_eui: plan(deliveries, known[dev_eui], now_ms, self._kept_days)
            for dev_eui, deliveries in of_device.items()
        }
        self._write([item for each in plans.values() for item in each.first])
        steps = self._order_steps(valid, results)
        self._write([item for each in plans.values() for item in each.then] + extra, steps)
        for dev_eui, each in plans.items():
            self._learn(known[dev_eui], each)
        self._write_views(plans, known, now_ms)
        self._count(request, plans)
        for index, delivery in valid:
            if results[index].status == contract.STORED:
                self._feed.publish(delivery)
        return contract.DeliverResponse(results=results, acknowledgements=self._acknowledge(plans, known))

    def _refuse(
        self, result: contract.EntryResult, entry: contract.Entry, error: InvalidError, now_ms: int
    ) -> list[Item]:
        """Answer a bad entry; return what is kept of it, if it says at least which device it is about."""
        result.status = contract.REFUSED
        result.detail = str(error)
        self._counters.add("entries_refused")
        dev_eui = entry.device.dev_eui
        log.warning(
            "entry_refused", extra={"dev_eui": dev_eui[:16], "entry": entry.id, "reason": result.detail}
        )
        if not bounds.DEV_EUI.fullmatch(dev_eui):
            return []
        content = entry.SerializeToString(deterministic=True)[:MOST_KEPT_ENTRY]
        identity = hashlib.sha256(content).hexdigest()[:16]
        time_ms = min(max(0, entry.time_ms), 10**13 - 1)
        ttl_s = now_ms // 1000 + max(1, self._kept_days) * 86_400
        reason = f"InvalidError {error.field}"
        return [
            items.refused_to_item(dev_eui, time_ms, identity, reason, result.detail, None, content, ttl_s)
        ]

    def _settle_doubts(self, of_device: dict[str, list[Delivery]], known: dict[str, Known]) -> None:
        """Read what came again after so long that its content is forgotten here."""
        for dev_eui, deliveries in of_device.items():
            wanted = doubtful(deliveries, known[dev_eui])
            if wanted:
                self._devices.remember_contents(known[dev_eui], self._table.get_many(wanted).values())

    def _order_steps(
        self, valid: Iterable[tuple[int, Delivery]], results: list[contract.EntryResult]
    ) -> list[Callable[[], None]]:
        """Return the calls that move orders forward: one an order, and one an answer."""
        fates: dict[tuple[str, str], list[tuple[int, Step]]] = {}
        calls: list[Callable[[], None]] = []
        for index, delivery in valid:
            match delivery.body:
                case FateReport(order_id, fate, detail, queue_item_id, attempt):
                    step = Step(_STEPS[fate], delivery.time_ms, attempt, detail, queue_item_id)
                    fates.setdefault((delivery.dev_eui, order_id), []).append((index, step))
                case Answer(number, result):
                    name = contract.CommandResult.Name(result)
                    step = Step(
                        "done" if result == contract.DONE else "refused", delivery.time_ms, detail=name
                    )
                    calls.append(self._answer_call(delivery.dev_eui, number, step, results[index]))
        for (dev_eui, order_id), steps in fates.items():
            calls.append(self._step_call(dev_eui, order_id, steps, results))
        return calls

    def _answer_call(
        self, dev_eui: str, number: int, step: Step, result: contract.EntryResult
    ) -> Callable[[], None]:
        def call() -> None:
            try:
                self._register.answer(dev_eui, number, step)
            except NotFoundError as error:
                _refuse_order([result], error)

        return call

    def _step_call(
        self,
        dev_eui: str,
        order_id: str,
        steps: list[tuple[int, Step]],
        results: list[contract.EntryResult],
    ) -> Callable[[], None]:
        def call() -> None:
            try:
                self._register.step(dev_eui, order_id, [step for _, step in steps])
            except NotFoundError as error:
                _refuse_order([results[index] for index, _ in steps], error)

        return call

    def _write(self, found: list[Item], more: Iterable[Callable[[], None]] = ()) -> None:
        # Two entries of one request may be alike; DynamoDB refuses a batch with one key twice.
        different = {(item["pk"], item["sk"]): item for item in found}
        calls: list[Callable[[], None]] = [
            lambda part=part: self._table.put_many(part)  # type: ignore[misc]
            for part in chunks(list(different.values()), MOST_WRITES)
        ]
        calls += more
        if calls:
            self._run(calls)

    def _run(self, calls: list[Callable[[], None]]) -> None:
        try:
            in_parallel(self._pool, calls)
        except ConflictError as error:
            raise StoreUnavailableError(str(error)) from error

    def _learn(self, known: Known, each: DevicePlan) -> None:
        known.learn(each.state)
        with known.lock:
            known.listed = True
            for record in each.records:
                known.records.put(record.number, record)
            for alarm in each.alarms:
                known.alarms.put(alarm.number, alarm)
            for block in each.blocks:
                known.blocks.put(block, None)
        for conflict in each.conflicts:
            log.error(
                "number_used_twice",
                extra={
                    "dev_eui": known.state.dev_eui,
                    "what": conflict.what,
                    "number": conflict.number,
                    "detail": conflict.detail,
                },
            )

    def _write_views(self, plans: dict[str, DevicePlan], known: dict[str, Known], now_ms: int) -> None:
        """Make durable what only a device's view holds, and what follows from alarms and state reports."""
        calls: list[Callable[[], None]] = []
        for dev_eui, each in plans.items():
            if each.view_first or known[dev_eui].version == 0:
                calls.append(lambda one=known[dev_eui]: self._devices.write_view(one))  # type: ignore[misc]
            for alarm in each.reported_alarms:
                item = alarm_state_to_item(dev_eui, alarm)
                condition = AbsentOrBelow("n", alarm.number)
                calls.append(lambda item=item, condition=condition: self._list_alarm(item, condition))  # type: ignore[misc]
            if each.reported:
                calls.append(lambda one=known[dev_eui]: self._reconcile(one, now_ms))  # type: ignore[misc]
        if calls:
            self._run(calls)

    def _list_alarm(self, item: Item, condition: AbsentOrBelow) -> None:
        self._table.put_if(item, condition)

    def _reconcile(self, known: Known, now_ms: int) -> None:
        state = known.state
        if state.report is None:
            return
        application_id = state.about.content.application_id if state.about else ""
        target = Target(state.dev_eui, application_id, state.report.content.configuration_hash)
        self._configurations.reconcile(target, state.report.time_ms, now_ms)

    def _acknowledge(
        self, plans: dict[str, DevicePlan], known: dict[str, Known]
    ) -> list[contract.Acknowledgement]:
        wanted = [dev_eui for dev_eui, each in plans.items() if each.acknowledge]
        holey = [known[dev_eui] for dev_eui in wanted if known[dev_eui].state.has_holes]
        if holey:
            self._run([lambda one=one: self._devices.fill_holes(one) for one in holey])  # type: ignore[misc]
        found = []
        for dev_eui in wanted:
            state = known[dev_eui].state
            above = state.records.bitmap_above(state.through)
            found.append(
                contract.Acknowledgement(
                    dev_eui=dev_eui,
                    through=state.through,
                    stored_above=above,
                    alarms_through=state.alarms_through,
                    wanted=plans[dev_eui].wanted or bool(above),
                )
            )
        return found

    def _count(self, request: contract.DeliverRequest, plans: dict[str, DevicePlan]) -> None:
        self._counters.add("deliveries")
        self._counters.add("entries", len(request.entries))
        for each in plans.values():
            self._counters.add("records_stored", len(each.records))
            self._counters.add("records_repeated", each.repeats)
            self._counters.add("alarms_stored", len(each.alarms))
            self._counters.add("numbers_used_twice", len(each.conflicts))
        for entry in request.entries:
            self._counters.add(f"entries_{entry.WhichOneof('body') or 'empty'}")


def _refuse_order(results: Iterable[contract.EntryResult], error: NotFoundError) -> None:
    for result in results:
        result.status = contract.REFUSED
        result.detail = str(error)
