"""What is under way between parts of the world that talk through a broker: time waits while anything is.

A token is entered before a message is published and leaves when the receiving side has processed it in the
world's thread. A message that never arrives (a broker that died) is given up after `timeout_s` of real time,
loudly: from then on the run is no longer the one that another speed would have shown.
"""

import logging
import threading

Token = tuple[str, str, int]  # what ("up", "ack", "down"), gateway id (16 hex digits), message id

log = logging.getLogger("farwire.twin")

TIMEOUT_S = 5.0


class Barrier:
    """Tokens in flight; thread-safe."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self.timed_out = 0  # tokens given up since the start
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._entered: dict[Token, float | None] = {}

    @property
    def busy(self) -> bool:
        """Whether a message is under way."""
        return bool(self._entered)

    def enter(self, token: Token) -> None:
        """Count `token` as under way; the time-out runs from the next `expire`."""
        with self._lock:
            self._entered[token] = None

    def leave(self, token: Token) -> None:
        """`token` was processed; one that never entered, or was given up, changes nothing."""
        with self._lock:
            self._entered.pop(token, None)

    def expire(self, real_s: float) -> None:
        """Give up what has been under way for too long at monotonic `real_s`."""
        with self._lock:
            late = []
            for token, since_s in self._entered.items():
                if since_s is None:
                    self._entered[token] = real_s
                elif real_s - since_s > self._timeout_s:
                    late.append(token)
            for token in late:
                del self._entered[token]
        for kind, gateway_id, message_id in late:
            self.timed_out += 1
            log.error(
                "message lost between gateway and network server",
                extra={"kind": kind, "gateway_id": gateway_id, "message_id": message_id},
            )
