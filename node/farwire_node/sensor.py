"""What a node measures and what it switches: base classes that drivers, models and replays derive from."""

from farwire_codecs.schema import Channel


class Sensor:
    """One sensor with one or more channels.

    A driver sets `channels` (a tuple of Channel, fixed for the sensor's life) and `warm_up_ms`, and
    implements `read`; a sensor that must be powered or started first also implements `wake`.
    """

    channels: tuple[Channel, ...] = ()
    warm_up_ms = 0  # from wake() to the first valid reading; at most the sampling interval

    def wake(self, now_ms: int) -> None:
        """Power the sensor or start its conversion; called `warm_up_ms` before `read`. Must not block."""

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        """Return one value a channel, in the order of `channels`.

        A value is a tuple of raw integers at the type's resolution (farwire_codecs.lpp_types), one per
        axis, or None for a channel without a valid value now. Raises SensorError when there is none at all.
        Must return within some milliseconds: the radio's receive windows wait for nobody.
        """
        raise NotImplementedError


class Actuator:
    """One output. Values are in hundredths, as in Cayenne LPP's actuator command (switch off 0, on 100)."""

    channel = 0
    minimum_x100 = 0
    maximum_x100 = 100

    def set(self, value_x100: int) -> None:
        """Bring the output to `value_x100`, within its range; raises ActuatorError when it does not do it."""
        raise NotImplementedError
