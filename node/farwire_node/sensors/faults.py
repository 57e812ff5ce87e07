"""What can be wrong with a reading, as found by software; and the state of a channel in a sample."""

from farwire_node.errors import SensorError

# States of a channel in a sample.
NOT_DUE = 0  # its sensor was not read at this instant
OFF = 1  # its sensor is disabled
GOOD = 2
# Faults: every state from here on.
NO_ANSWER = 3
BAD_CHECKSUM = 4
WRONG_DEVICE = 5  # something else answers at this address
NOT_READY = 6  # no conversion since power on, or none finished
OUT_OF_RANGE = 7  # what the sensor cannot measure, or its type cannot carry
JUMP = 8  # faster than physics allows
WIRE_BREAK = 9
SHORT = 10
REFUSED = 11  # the device answered with an error of its own
NO_VALUE = 12  # this channel of a sensor that answers has none
DRIVER = 13  # the driver itself is wrong

NAMES = (
    "not due", "off", "good", "no answer", "bad checksum", "wrong device", "not ready", "out of range",
    "jump", "wire break", "short", "refused", "no value", "driver",
)  # fmt: skip


class FaultError(SensorError):
    """A reading that failed; `fault` says how."""

    def __init__(self, fault: int, message: str) -> None:
        super().__init__(message)
        self.fault = fault


def fault_of(error: Exception) -> int:
    """Return the fault that an exception out of a driver stands for."""
    if isinstance(error, FaultError):
        return error.fault
    if isinstance(error, (SensorError, OSError)):  # a bus without an acknowledgement gives OSError
        return NO_ANSWER
    return DRIVER
