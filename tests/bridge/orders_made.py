"""Orders as the cloud hands them out, made for tests."""

import itertools
import time
import uuid

from farwire_codecs import configuration
from farwire_codecs.configuration import Setting
from farwire_contract.v1.orders_pb2 import Order

_numbers = itertools.count(1)


def set_output(dev_eui: str, *, confirmed: bool = False, attempts: int = 3, lasts_s: float = 600) -> Order:
    order = _order(dev_eui, confirmed, attempts, lasts_s)
    order.command.number = next(_numbers)
    order.command.set_output.channel = 4
    order.command.set_output.value_x100 = 100
    return order


def configure(dev_eui: str, settings: int = 12, *, confirmed: bool = False, attempts: int = 3) -> Order:
    document = document_of(settings, next(_numbers))
    order = _order(dev_eui, confirmed, attempts, 600)
    order.configuration.document = configuration.encode_document(document)
    order.configuration.hash = configuration.document_hash(document)
    return order


def document_of(size: int, value: int = 1) -> tuple[Setting, ...]:
    """Return a document of `size` settings, each of four bytes and a little, the first with `value`."""
    return tuple(
        Setting(configuration.HIGH, n, 10_000_000 * (-1) ** n + n if n else value) for n in range(size)
    )


def _order(dev_eui: str, confirmed: bool, attempts: int, lasts_s: float) -> Order:
    now_ms = time.time_ns() // 1_000_000
    return Order(
        order_id=str(uuid.uuid4()),
        dev_eui=dev_eui,
        created_ms=now_ms,
        expires_ms=now_ms + round(lasts_s * 1000),
        confirmed=confirmed,
        attempts=attempts,
    )
