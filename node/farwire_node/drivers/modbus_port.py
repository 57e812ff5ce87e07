"""A serial line with Modbus devices on it, shared by their drivers without ever waiting for an answer.

Reading: a driver `begin`s its request when it is woken and `finish`es at the instant of the sample. Drivers
that sample at the same instant take turns before it: each asks once, when it is made, for the `lead_ms` of
its turn, and each turn is long enough for request, answer and the silence between frames. A turn that begins
while another lasts (two sensors whose instants are less than a second apart) is refused as a fault, and comes
again.

Only a command waits: `call` sends and stays until the answer is there, at most ANSWER_MS and the time of
the frames.
"""

from farwire_node.drivers import modbus
from farwire_node.sensors import faults

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.drivers.buses import Serial

ANSWER_MS = 60  # from the end of a request to the first byte of its answer; slower devices: see `answer_ms`
CHARACTER_BITS = 11  # start, 8 data, parity or a second stop bit, stop (Serial Line V1.02, 2.5.1)
_FAST_BAUD = 19_200  # above it the silence of 3.5 characters is 1.75 ms (2.5.1.1)
_STEP_MS = 2
_MOST_BYTES = 260


class Exchange:
    """A request that was sent; `answer` once it was collected."""

    def __init__(self, request: modbus.Request, over_ms: int) -> None:
        self.request = request
        self.over_ms = over_ms
        self.answer: bytes | None = None


class ModbusPort:
    """`serial` runs at `baud`; `sleep_ms` is time's. `direction(sending)` switches an RS-485 driver."""

    def __init__(
        self,
        serial: "Serial",
        baud: int,
        sleep_ms: "Callable[[int], object]",
        answer_ms: int = ANSWER_MS,
        direction: "Callable[[bool], None] | None" = None,
    ) -> None:
        self._serial = serial
        self._baud = baud
        self._sleep_ms = sleep_ms
        self._answer_ms = answer_ms
        self._direction = direction
        self._open: Exchange | None = None
        self._lead_ms = 0

    def forget_turns(self) -> None:
        """Give turns anew: the drivers so far are no more."""
        self._lead_ms = 0

    def lead_ms(self, request: modbus.Request) -> int:
        """Return how long before the instant the next driver with such a request has its turn."""
        self._lead_ms += self.turn_ms(request)
        return self._lead_ms

    def turn_ms(self, request: modbus.Request) -> int:
        """Return how long request, answer and the silence around them take at most."""
        size = len(request.frame) + request.size
        return self._answer_ms + self._time_ms(size) + 2 * self._silence_ms()

    def begin(self, request: modbus.Request, now_ms: int) -> Exchange:
        """Send a request; raises FaultError while another one's turn lasts."""
        if self._open is not None:
            if now_ms < self._open.over_ms:
                raise faults.FaultError(faults.NO_ANSWER, "the line is in use")
            self._collect()
        self._send(request.frame)
        self._open = Exchange(request, now_ms + self.turn_ms(request))
        return self._open

    def finish(self, exchange: Exchange) -> bytes:
        """Return what the answer carries (modbus.data_of); raises FaultError."""
        if self._open is exchange:
            self._collect()
        return modbus.data_of(exchange.request, exchange.answer or b"")

    def call(self, request: modbus.Request) -> bytes:
        """Send a request and wait for its answer; raises FaultError."""
        if self._open is not None:
            self._sleep_ms(self.turn_ms(self._open.request))
            self._collect()
        self._send(request.frame)
        answer = b""
        for _ in range(0, self.turn_ms(request) + _STEP_MS, _STEP_MS):
            self._sleep_ms(_STEP_MS)
            answer += self._serial.read(_MOST_BYTES) or b""
            if len(answer) >= request.size:
                break
        return modbus.data_of(request, answer)

    def _send(self, frame: bytes) -> None:
        self._serial.read(_MOST_BYTES)  # what came too late, or as noise
        if self._direction is None:
            self._serial.write(frame)
            return
        self._direction(True)
        self._serial.write(frame)
        self._serial.flush()
        self._direction(False)

    def _collect(self) -> None:
        """Take what has come for the open exchange."""
        assert self._open is not None
        self._open.answer = self._serial.read(_MOST_BYTES) or b""
        self._open = None

    def _time_ms(self, size: int) -> int:
        return -(-1000 * CHARACTER_BITS * size // self._baud)

    def _silence_ms(self) -> int:
        """3.5 characters, rounded up (Serial Line V1.02, 2.5.1.1)."""
        return 2 if self._baud > _FAST_BAUD else -(-3500 * CHARACTER_BITS // self._baud)
