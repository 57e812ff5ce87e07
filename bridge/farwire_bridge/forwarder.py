"""Carries the spool to the cloud: a thread for each lane, woken when something was spooled."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import Any

import grpc

from farwire_bridge.back_off import BackOff
from farwire_bridge.counters import Counters
from farwire_bridge.lane import Lane
from farwire_bridge.messages import Delivered
from farwire_contract.v1.telemetry_pb2 import Acknowledgement, DeliverRequest, DeliverResponse, Entry

LOG = logging.getLogger("farwire.bridge")

LOOK_S = 1.0  # how soon an ending bridge is noticed while nothing comes


class Forwarder:
    """One lane's thread body."""

    def __init__(
        self,
        lane: Lane,
        telemetry: Any,
        bridge_id: str,
        timeout_s: float,
        back_off: BackOff,
        counters: Counters,
        on_delivered: Callable[[Delivered], None],
        on_acknowledgements: Callable[[Iterable[Acknowledgement]], None],
    ) -> None:
        self._lane = lane
        self._telemetry = telemetry
        self._bridge_id = bridge_id
        self._timeout_s = timeout_s
        self._back_off = back_off
        self._counters = counters
        self._on_delivered = on_delivered
        self._on_acknowledgements = on_acknowledgements
        self._spooled = threading.Event()

    def wake(self) -> None:
        """Tell that something was spooled."""
        self._spooled.set()

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop`."""
        while not stop.is_set():
            self._spooled.clear()
            while not stop.is_set() and (batch := self._lane.next()):
                if not self._deliver(batch):
                    stop.wait(self._back_off.failed_ms() / 1000)
            self._spooled.wait(LOOK_S)

    def _deliver(self, batch: list[Entry]) -> bool:
        """Send one batch; return whether the cloud is well."""
        request = DeliverRequest(bridge_id=self._bridge_id, entries=batch)
        try:
            response = self._telemetry.Deliver(request, timeout=self._timeout_s)
        except grpc.RpcError as error:
            return self._failed(batch, error)
        except ValueError:
            self._lane.failed(batch)
            return False  # the channel is closed: the bridge is ending
        return self._answered(batch, response)

    def _answered(self, batch: list[Entry], response: DeliverResponse) -> bool:
        self._on_acknowledgements(response.acknowledgements)  # first: the node listens only for a moment
        answer = self._lane.answered(batch, response)
        self._counters.add("deliveries")
        self._counters.add("delivered", len(answer.done) - len(answer.refused))
        self._counters.add("refused_by_cloud", len(answer.refused))
        for entry, detail in answer.refused:
            LOG.error("entry refused by the cloud", extra={"dev_eui": entry.device.dev_eui, "detail": detail})
        self._on_delivered(Delivered(answer.done, answer.refused))
        if answer.unanswered:
            LOG.error("cloud left entries without a result", extra={"entries": answer.unanswered})
            return False
        self._back_off.succeeded()
        return True

    def _failed(self, batch: list[Entry], error: Any) -> bool:
        self._counters.add("delivery_failures")
        code, detail = error.code(), str(error.details())[:300]
        LOG.warning("delivery failed", extra={"code": code.name, "detail": detail, "entries": len(batch)})
        if code is not grpc.StatusCode.INVALID_ARGUMENT:
            self._lane.failed(batch)
            return False
        for entry in self._lane.rejected(batch):
            self._counters.add("refused_by_cloud")
            self._on_delivered(Delivered((entry.id,), ((entry, detail),)))
        return True
