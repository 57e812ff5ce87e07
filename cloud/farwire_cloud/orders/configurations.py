"""Desired configurations: set by operators, carried by orders, confirmed by the node's own reported hash."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass

from farwire_cloud.errors import ConflictError
from farwire_cloud.model.orders import Configuration, Order, Step
from farwire_cloud.orders import documents
from farwire_cloud.orders.documents import Change
from farwire_cloud.orders.ids import order_id
from farwire_cloud.orders.register import ATTEMPTS, Register
from farwire_cloud.store import keys
from farwire_cloud.store.conditions import Absent, Equals
from farwire_cloud.store.order_items import Desired, desired_from_item, desired_to_item, document_to_item
from farwire_cloud.store.table import Table

log = logging.getLogger("farwire.cloud.orders")

EXPIRES_AFTER_MS = 7 * 86_400_000  # a node that is away for longer gets a new order when it reports
SEND_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Target:
    """The device that a configuration is for."""

    dev_eui: str
    application_id: str
    reported_hash: int | None  # what its newest state report says; None: it never reported


class Configurations:
    """Any thread may call."""

    def __init__(self, table: Table, register: Register) -> None:
        self._table = table
        self._register = register

    def desired(self, dev_eui: str) -> Desired | None:
        """Return what is wanted, None if nobody ever wanted anything."""
        item = self._table.get(keys.desired(dev_eui))
        return desired_from_item(item) if item else None

    def document(self, dev_eui: str, hash_: int) -> bytes | None:
        """Return the document with this hash, if the device was ever to run it."""
        item = self._table.get(keys.document(dev_eui, hash_))
        return item["document"] if item else None

    def change(self, target: Target, changes: Iterable[Change], by: str, now_ms: int) -> Desired:
        """Change the desired configuration and order it; raises InvalidError, ConflictError.

        Nothing is ordered where it says nothing new and the device runs it, or is being told.
        """
        changes = list(changes)
        for _ in range(ATTEMPTS):
            before = self.desired(target.dev_eui)
            document = documents.changed(before.document if before else b"", changes)
            hash_ = documents.hash_of(document)
            if before and before.hash == hash_:
                order = self._register.find(target.dev_eui, before.order_id)
                if target.reported_hash == hash_ or (order and order.is_open):
                    return before
            wanted = _successor(before, target, document, by, now_ms)
            if self._replace(before, wanted):
                self._order(before, wanted, target, now_ms)
                return wanted
        raise ConflictError(f"others keep changing the configuration of {target.dev_eui}")

    def reconcile(self, target: Target, reported_ms: int, now_ms: int) -> None:
        """Compare with what the device reported: in sync, on its way, or to be ordered again."""
        desired = self.desired(target.dev_eui)
        if desired is None or target.reported_hash is None:
            return
        order = self._register.find(target.dev_eui, desired.order_id)
        if target.reported_hash == desired.hash:
            if order is not None:
                done = Step("done", reported_ms, detail=f"the node runs {desired.hash:08x}")
                self._register.step(target.dev_eui, order.order_id, [done])
        elif order is None or not order.is_open:
            wanted = _successor(desired, target, desired.document, desired.set_by, now_ms)
            if self._replace(desired, wanted):  # else another copy, or an operator, did something about it
                log.warning("configuration_drifted", extra={"dev_eui": target.dev_eui})
                self._order(None, wanted, target, now_ms)

    def _base(self, target: Target) -> bytes:
        """Return the document that the device says it runs, b"" if it was never to run it."""
        if target.reported_hash is None:
            return b""
        return self.document(target.dev_eui, target.reported_hash) or b""

    def _replace(self, before: Desired | None, wanted: Desired) -> bool:
        self._table.put_many([document_to_item(wanted)])
        condition = Equals("v", before.version) if before else Absent()
        return self._table.put_if(desired_to_item(wanted), condition)

    def _order(self, before: Desired | None, wanted: Desired, target: Target, now_ms: int) -> None:
        """Make the order that `wanted` names. If this never happens, the next state report makes it anew."""
        order = Order(
            order_id=wanted.order_id,
            dev_eui=target.dev_eui,
            application_id=target.application_id,
            created_ms=now_ms,
            expires_ms=now_ms + EXPIRES_AFTER_MS,
            confirmed=True,
            attempts=SEND_ATTEMPTS,
            created_by=wanted.set_by,
            body=Configuration(wanted.document, wanted.hash, self._base(target)),
            steps=(Step("created", now_ms),),
        )
        if before is not None and self._register.find(target.dev_eui, before.order_id) is not None:
            # First, because a bridge that gets the newer one reports the older one as failed.
            newer = Step("superseded", now_ms, detail=f"by the order {order.order_id}")
            self._register.step(target.dev_eui, before.order_id, [newer])
        self._register.make(order)


def _successor(before: Desired | None, target: Target, document: bytes, by: str, now_ms: int) -> Desired:
    return Desired(
        target.dev_eui,
        document,
        documents.hash_of(document),
        set_ms=before.set_ms if before and before.document == document else now_ms,
        set_by=by,
        order_id=order_id(now_ms),
        version=before.version + 1 if before else 1,
    )
