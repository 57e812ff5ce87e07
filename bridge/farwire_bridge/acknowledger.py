"""Puts acknowledgement frames into the network server's queue, from whatever thread brings the news.

The fast path: nothing here waits for the disk or for another device. From the cloud's answer to the Enqueue
call there is one lock and no queue.
"""

import threading
from collections.abc import Iterable

from farwire_bridge.acknowledgements import AcknowledgementInput, Acknowledgements, Stored
from farwire_bridge.calls import Enqueue
from farwire_bridge.counters import Counters
from farwire_bridge.ip_ways import Queue
from farwire_contract.v1.telemetry_pb2 import Acknowledgement


class Acknowledger:
    """Thread-safe shell around `Acknowledgements`."""

    def __init__(self, core: Acknowledgements, queue: Queue, counters: Counters) -> None:
        self._core = core
        self._queue = queue
        self._counters = counters
        self._lock = threading.Lock()

    def handle(self, event: AcknowledgementInput) -> None:
        """Take an event of a device, or a reply of the network server."""
        with self._lock:
            calls = self._core.handle(event)
        for call in calls:
            self._counters.add("acknowledgements", isinstance(call, Enqueue))
            self._queue.call(call, self.handle)

    def stored(self, states: Iterable[Acknowledgement]) -> None:
        """Take the cloud's word on devices."""
        for state in states:
            self.handle(Stored(state.dev_eui, state))
