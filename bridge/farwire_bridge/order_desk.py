"""Orders on the desk: each step is saved and spooled for the cloud before it has consequences."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from farwire_bridge.acknowledgements import Flushed
from farwire_bridge.calls import Call
from farwire_bridge.counters import Counters
from farwire_bridge.device_downlinks import DownlinkInput
from farwire_bridge.downlinks import Downlinks
from farwire_bridge.errors import OrderError
from farwire_bridge.order_content import LONGEST_ID, accepted
from farwire_bridge.order_state import OrderState, Phase
from farwire_bridge.order_store import OrderStore
from farwire_bridge.outcome import Outcome, Report
from farwire_bridge.spool import Spool
from farwire_contract.v1.orders_pb2 import Order
from farwire_contract.v1.telemetry_pb2 import Device, Entry, Fate, OrderFate

LOG = logging.getLogger("farwire.bridge")

_ENDS = {0: "orders_done", Fate.FATE_FAILED: "orders_failed", Fate.EXPIRED: "orders_expired"}


@dataclass(slots=True)
class Consequences:
    """What to let out after the commit."""

    calls: list[Call] = field(default_factory=list)
    flushed: list[Flushed] = field(default_factory=list)
    spooled: int = 0


class OrderDesk:
    """Runs the downlinks' machine inside the database's transactions."""

    def __init__(self, downlinks: Downlinks, store: OrderStore, spool: Spool, counters: Counters) -> None:
        self._downlinks = downlinks
        self._store = store
        self._spool = spool
        self._counters = counters

    def start(self, now_ms: int) -> Consequences:
        """Go on with the orders of an earlier run."""
        return self._written(self._downlinks.start(now_ms), now_ms)

    def tick(self, now_ms: int) -> Consequences:
        """Let deadlines and pauses end."""
        return self._written(self._downlinks.tick(now_ms), now_ms)

    def wake_ms(self) -> int | None:
        """Return when `tick` is due next."""
        return self._downlinks.wake_ms()

    def handle(self, event: DownlinkInput, now_ms: int) -> Consequences:
        """Take an event of a device, or a reply of the network server."""
        return self._written([self._downlinks.handle(event, now_ms)], now_ms)

    def accept(self, order: Order, now_ms: int) -> Consequences:
        """Take an order of the cloud: a new one begins, a known one changes nothing."""
        known = self._store.find(order.order_id)
        if known is not None:
            return self._known(known, now_ms)
        self._counters.add("orders")
        LOG.info("order", extra=_facts(order))
        try:
            state = accepted(order, self._store.next_arrival())
        except OrderError as error:
            return self._impossible(order, error, now_ms)
        return self._written([self._downlinks.accept(state, now_ms)], now_ms)

    def _known(self, order: OrderState, now_ms: int) -> Consequences:
        """Tell the cloud an end again: it hands the order out because it does not know of it."""
        if order.phase is not Phase.FINISHED or not order.fate:
            return Consequences()
        outcome = Outcome(reports=[Report(order, order.fate, order.detail)])
        return self._written([outcome], now_ms)

    def _impossible(self, order: Order, error: OrderError, now_ms: int) -> Consequences:
        self._counters.add("orders_failed")
        LOG.error("order impossible", extra={**_facts(order), "detail": str(error)})
        fate = OrderFate(order_id=order.order_id[:LONGEST_ID], fate=Fate.FATE_FAILED, attempt=1)
        fate.detail = str(error)
        self._spool.append([Entry(device=Device(dev_eui=order.dev_eui[:16]), time_ms=now_ms, fate=fate)])
        return Consequences(spooled=1)

    def _written(self, outcomes: Iterable[Outcome], now_ms: int) -> Consequences:
        consequences = Consequences()
        for outcome in outcomes:
            for order in outcome.saves.values():
                self._store.save(order, now_ms)
                if order.phase is Phase.FINISHED:
                    self._counters.add(_ENDS[order.fate])
                    LOG.info("order ended", extra={**_facts(order), "detail": order.detail})
            self._counters.add("sent", sum(report.fate == Fate.SENT for report in outcome.reports))
            self._spool.append([_entry(report, now_ms) for report in outcome.reports])
            consequences.spooled += len(outcome.reports)
            consequences.calls += outcome.calls
            if outcome.flushed:
                consequences.flushed += [Flushed(call.dev_eui) for call in outcome.calls]
        return consequences


def _entry(report: Report, now_ms: int) -> Entry:
    fate = OrderFate(
        order_id=report.order.order_id,
        fate=report.fate,  # type: ignore[arg-type]  # one of Fate's numbers
        detail=report.detail,
        queue_item_id=report.item_id,
        attempt=max(1, report.order.attempt),
    )
    return Entry(device=Device(dev_eui=report.order.dev_eui), time_ms=now_ms, fate=fate)


def _facts(order: Order | OrderState) -> dict[str, str]:
    return {"dev_eui": order.dev_eui[:16], "order_id": order.order_id[:LONGEST_ID]}
