"""Copies of the service's ingest over one store, without servers."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from farwire_cloud.counters import Counters
from farwire_cloud.feed import Feed, Happening
from farwire_cloud.ingest.devices import Devices
from farwire_cloud.ingest.ingest import Ingest
from farwire_cloud.model.orders import Command, Order, SetOutput, Step
from farwire_cloud.orders.configurations import Configurations
from farwire_cloud.orders.ids import order_id
from farwire_cloud.orders.register import Register
from farwire_cloud.store import keys
from farwire_cloud.store.items import alarm_from_item, record_from_item
from farwire_cloud.store.table import Table
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.examples import EUI, T0, request


@dataclass
class Copy:
    """One copy of the service."""

    table: Table
    devices: Devices
    register: Register
    configurations: Configurations
    ingest: Ingest
    feed: Feed
    counters: Counters
    happenings: list[Happening | None] = field(default_factory=list)

    def deliver(self, *entries: contract.Entry) -> contract.DeliverResponse:
        return self.ingest.deliver(request(*entries), T0)

    def acknowledgement(self, *entries: contract.Entry) -> contract.Acknowledgement:
        (found,) = self.deliver(*entries).acknowledgements
        return found

    def order(self, number: int = 1, dev_eui: str = EUI) -> Order:
        """A new command order, stored."""
        order = Order(
            order_id(T0),
            dev_eui,
            "app-1",
            T0,
            T0 + 60_000,
            confirmed=True,
            attempts=3,
            created_by="ann",
            body=Command(number, SetOutput(3, 100)),
            steps=(Step("created", T0),),
        )
        self.register.make(order, number)
        return order


@contextmanager
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as executor:
        yield executor


def copy_of(table: Table, executor: ThreadPoolExecutor, kept_days: int = 30) -> Copy:
    """A copy of the service that knows nothing yet."""
    feed, counters = Feed(), Counters()
    devices = Devices(table, executor)
    register = Register(table, feed)
    configurations = Configurations(table, register)
    ingest = Ingest(table, executor, devices, register, configurations, feed, counters, kept_days)
    copy = Copy(table, devices, register, configurations, ingest, feed, counters)
    feed.listen(copy.happenings.append)
    return copy


def stored_numbers(table: Table, dev_eui: str = EUI) -> list[int]:
    return [record_from_item(item).number for item in table.query(keys.records(dev_eui, 0)).items]


def stored_alarms(table: Table, dev_eui: str = EUI) -> list[int]:
    return [alarm_from_item(item).number for item in table.query(keys.alarms(dev_eui, 0)).items]
