"""What happens in this copy of the service, told to whoever listens (the page's live stream)."""

import threading
from collections.abc import Callable
from typing import TypeAlias

from farwire_cloud.model.deliveries import Delivery
from farwire_cloud.model.orders import Order

Happening: TypeAlias = Delivery | Order
Listener: TypeAlias = Callable[[Happening | None], None]  # None: the service ends


class Feed:
    """Passes each happening to every listener at once; a listener must return quickly and not raise."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()
        self._lock = threading.Lock()

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Add a listener; call the returned function to end it."""
        with self._lock:
            self._listeners = (*self._listeners, listener)
        return lambda: self._end(listener)

    def publish(self, happening: Happening) -> None:
        """Tell all listeners."""
        for listener in self._listeners:
            listener(happening)

    def end(self) -> None:
        """Tell all listeners that nothing more comes."""
        for listener in self._listeners:
            listener(None)

    def _end(self, listener: Listener) -> None:
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each is not listener)
