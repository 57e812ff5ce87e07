"""Follows the cloud's orders: one stream, opened again whenever it ends."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import grpc

from farwire_bridge.back_off import BackOff
from farwire_bridge.messages import NewOrder
from farwire_contract.v1.orders_pb2 import FollowRequest

LOG = logging.getLogger("farwire.bridge")


class Follower:
    """The stream's thread body; `deliver` gets each order, also those that it got before."""

    def __init__(
        self,
        orders: Any,
        bridge_id: str,
        applications: Sequence[str],
        refresh_s: float,
        back_off: BackOff,
        deliver: Callable[[NewOrder], None],
    ) -> None:
        self._orders = orders
        self._request = FollowRequest(bridge_id=bridge_id, application_ids=applications)
        self._refresh_s = refresh_s
        self._back_off = back_off
        self._deliver = deliver

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set and the channel is closed."""
        while not stop.is_set():
            try:
                # The time limit opens the stream anew now and then: a dead connection must not go unnoticed.
                for order in self._orders.Follow(self._request, timeout=self._refresh_s):
                    self._back_off.succeeded()
                    self._deliver(NewOrder(order))
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
                    self._back_off.succeeded()
                elif not stop.is_set():
                    LOG.warning(
                        "orders unreachable",
                        extra={"detail": f"{error.code().name}: {error.details()}"[:300]},
                    )
            except ValueError:
                return  # the channel is closed: the bridge is ending
            stop.wait(self._back_off.failed_ms() / 1000)
