"""The world as an actor: one thread in which everything happens, in the order of virtual time.

Other threads (MQTT, gRPC) only `post` what they received, or `call` for an answer. Time does not go on while
the barrier is busy.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from farwire_twin.errors import TwinError
from farwire_twin.world.barrier import Barrier
from farwire_twin.world.clock import Clock

Answer = TypeVar("Answer")

# The longest sleep: how late `stop`, and a message that never arrived, are noticed.
LONGEST_WAIT_S = 0.2
# As fast as possible there is always a next event; after this many `stop` is looked at again.
EVENTS_A_STEP = 1000


class WorldEndedError(TwinError):
    """Nobody is there to answer."""


class World:
    """Runs a clock's events and what other threads post, one after the other."""

    def __init__(self, clock: Clock, barrier: Barrier) -> None:
        self.clock = clock
        self.barrier = barrier
        self._posted: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._finished = False
        self._ended = False

    def post(self, action: Callable[[], None]) -> None:
        """Have `action` run in the world's thread, soon; never if the world has ended. From any thread."""
        with self._changed:
            if not self._ended:
                self._posted.append(action)
                self._changed.notify()

    def call(self, question: Callable[[], Answer], timeout_s: float = 30.0) -> Answer:
        """Run `question` in the world's thread and wait for its answer, or raise what it raised.

        Not from the world's own thread. WorldEndedError when it has ended, TimeoutError when it is too busy.
        """
        future: Future[Answer] = Future()

        def ask() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(question())
                except Exception as error:  # noqa: BLE001 - whatever it is belongs to the asker
                    future.set_exception(error)

        self.post(ask)
        if self._ended and not future.done():
            raise WorldEndedError("the world has ended")
        return future.result(timeout_s)

    def finish(self) -> None:
        """End `run` after the present event."""
        self._finished = True

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set or `finish` is called. An exception in an event ends the world."""
        try:
            while not (stop.is_set() or self._finished):
                self.step()
        finally:
            with self._changed:
                self._ended = True
            while self._posted:
                self._posted.popleft()()

    def step(self) -> None:
        """Run what is posted and what is due; sleep a little if there is neither."""
        clock, barrier, posted = self.clock, self.barrier, self._posted
        real_s = time.monotonic()
        if not barrier.busy:
            clock.pace(real_s)
        while posted:
            posted.popleft()()
        if barrier.busy:
            barrier.expire(real_s)
            self._sleep(None)
            return
        for _ in range(EVENTS_A_STEP):
            if posted or self._finished or barrier.busy:
                return
            if not clock.run_next():
                self._sleep(clock.wait_s())
                return

    def _sleep(self, wait_s: float | None) -> None:
        with self._changed:
            if not self._posted and wait_s != 0:
                self._changed.wait(LONGEST_WAIT_S if wait_s is None else min(wait_s, LONGEST_WAIT_S))
