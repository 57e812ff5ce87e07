"""What a node measures and what it switches: base classes that drivers, models and replays derive from."""

from farwire_codecs.schema import Channel

TYPE_CHECKING = False
if TYPE_CHECKING:
    Value = tuple[int, ...]


class Rail:
    """A switched supply that several sensors may share: on while at least one of them needs it.

    `switch(on)` drives the board's load switch; it must not block.
    """

    def __init__(self) -> None:
        self._takers = 0

    def switch(self, on: bool) -> None:
        """Drive the load switch."""
        raise NotImplementedError

    def take(self) -> None:
        """Have it on from now on."""
        self._takers += 1
        if self._takers == 1:
            self.switch(True)

    def give(self) -> None:
        """Need it no more."""
        self._takers -= 1
        if not self._takers:
            self.switch(False)


class Sensor:
    """One sensor with one or more channels.

    A driver sets `channels` (a tuple of Channel, fixed for the sensor's life) and implements `read`; one
    that must be started first sets `warm_up_ms` and implements `wake`. The other attributes are optional.
    A driver's constructor does not talk to the hardware: a sensor may be plugged in later.
    """

    channels: tuple[Channel, ...] = ()
    warm_up_ms = 0  # from wake() to the first valid reading
    power_up_ms = 0  # from power on to wake(); counts only on a rail
    rail: Rail | None = None  # the supply to switch for it
    charge_nc = 0  # of one reading, warm-up included; 1 nC = 1 uA for 1 ms, 3.6e9 nC = 1 mAh
    remembers = False  # something that its board must not forget, and so not sleep without its memory
    index: int | None = None  # of its settings (scope "sensor"); None: its place among the node's sensors

    # What physics allows, one entry a channel, or () where nothing is known. Integers as `read` gives them.
    bounds: "tuple[tuple[int, int], ...]" = ()  # the lowest and highest value that can be true
    fastest_per_min: "tuple[int | None, ...]" = ()  # the largest change within a minute that can be

    def wake(self, now_ms: int) -> None:
        """Start the sensor or its conversion; called `warm_up_ms` before `read`. Must not block."""

    def read(self, now_ms: int) -> "tuple[Value | None, ...]":
        """Return one value a channel, in the order of `channels`.

        A value is a tuple of raw integers at the type's resolution (farwire_codecs.lpp_types), one per
        axis, or None for a channel without a valid value now. Raises SensorError (best a
        farwire_node.sensors.faults.FaultError) or OSError when there is none at all. Must return within some
        milliseconds: the radio's receive windows wait for nobody.
        """
        raise NotImplementedError

    def self_test(self, now_ms: int) -> None:
        """Raise SensorError or OSError unless the device answers and is the one expected."""

    def suspend(self, now_ms: int) -> None:
        """Save what must survive power off."""


class Actuator:
    """One output. Values are in hundredths, as in Cayenne LPP's actuator command (switch off 0, on 100)."""

    channel = 0
    minimum_x100 = 0
    maximum_x100 = 100

    def set(self, value_x100: int) -> None:
        """Bring the output to `value_x100`, within its range; raises ActuatorError when it does not do it."""
        raise NotImplementedError
