"""Puts new channel tables into ChirpStack's devices: in a thread of its own, a device at a time, from what
the desk wrote down."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Protocol

import grpc

from farwire_bridge import schema_variable
from farwire_bridge.back_off import BackOff
from farwire_bridge.chirpstack import PERMANENT
from farwire_bridge.counters import Counters
from farwire_bridge.messages import Published
from farwire_bridge.unpublished import UnpublishedSchema

LOG = logging.getLogger("farwire.bridge")

LOOK_S = 1.0  # how soon a new table is seen: nobody waits for it as a node waits for its answer
MOST_WAITING = 500  # devices whose tables are in memory at once

REFUSED = (*PERMANENT, grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED)
"""Answers after which a device is left alone until the bridge starts again. An API key that lacks the right
gets UNAUTHENTICATED of ChirpStack 4 (src/api/error.rs), PERMISSION_DENIED of what may stand before it."""


class Reader(Protocol):
    """Where new tables come from (`UnpublishedReader`)."""

    def read(self, after: int, most: int) -> list[UnpublishedSchema]:
        """Return the next ones with an id above `after`, oldest first."""
        ...


class Variables(Protocol):
    """The network server's devices (`DeviceVariables`)."""

    def change(self, dev_eui: str, name: str, change: Callable[[str], str]) -> bool:
        """Set a variable to what `change` makes of it; return whether it differed."""
        ...


class SchemaPublisher:
    """The thread's body; `on_published` gets what needs no publishing any more."""

    def __init__(
        self,
        reader: Reader,
        variables: Variables,
        back_off: BackOff,
        counters: Counters,
        on_published: Callable[[Published], None],
    ) -> None:
        self._reader = reader
        self._variables = variables
        self._back_off = back_off
        self._counters = counters
        self._on_published = on_published
        self._after = 0
        self._waiting: dict[str, list[UnpublishedSchema]] = {}  # by device, the one that is next first
        self._refused: set[str] = set()

    def run(self, stop: threading.Event) -> None:
        """Publish until `stop`."""
        while not stop.is_set():
            stop.wait(self.once())

    def once(self) -> float:
        """Publish one device's new tables, and return the seconds to wait before the next."""
        self._read()
        if not self._waiting:
            return LOOK_S
        dev_eui = next(iter(self._waiting))
        schemas = self._waiting.pop(dev_eui)
        try:
            self._publish(dev_eui, schemas)
        except grpc.RpcError as error:
            return self._failed(dev_eui, schemas, error.code(), str(error.details()))
        except ValueError:
            return LOOK_S  # the channel is closed: the bridge is ending
        self._back_off.succeeded()
        return 0.0

    def _read(self) -> None:
        if len(self._waiting) >= MOST_WAITING:
            return
        for schema in self._reader.read(self._after, MOST_WAITING):
            self._after = schema.id
            if schema.dev_eui not in self._refused:
                self._waiting.setdefault(schema.dev_eui, []).append(schema)

    def _publish(self, dev_eui: str, schemas: Sequence[UnpublishedSchema]) -> None:
        newest_first = [(schema.schema_id, schema.table) for schema in reversed(schemas)]
        if self._variables.change(
            dev_eui, schema_variable.NAME, lambda text: schema_variable.with_schemas(text, newest_first)
        ):
            LOG.info("channel table published", extra={"dev_eui": dev_eui, "schema": newest_first[0][0]})
        self._counters.add("schemas_published", len(schemas))
        self._on_published(Published(tuple(schema.id for schema in schemas)))

    def _failed(
        self, dev_eui: str, schemas: list[UnpublishedSchema], code: grpc.StatusCode, details: str
    ) -> float:
        self._counters.add("publish_failures")
        extra = {"dev_eui": dev_eui, "detail": f"{code.name}: {details}"[:300]}
        if code in REFUSED:
            self._refused.add(dev_eui)
            LOG.warning("channel tables of this device are not published", extra=extra)
            return 0.0
        LOG.warning("channel table not published yet", extra=extra)
        self._waiting[dev_eui] = schemas  # behind all others: one that never goes must not hold them up
        return self._back_off.failed_ms() / 1000
