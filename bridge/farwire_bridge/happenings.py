"""What an event means for the downlinks: the inputs of `downlinks` and `acknowledgements`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """An uplink came: a chance for a downlink, and perhaps the node's own word on an order."""

    dev_eui: str
    payload_limit: int  # bytes that a downlink may have now
    answered: int | None = None  # number of the command that the node answered
    configuration_hash: int | None = None  # of the configuration that the node says it runs
    schema_missing: bool = False  # the frame could not be read for want of the channel table
    base_missing: bool = False  # it could not be read for want of the model that it builds on


@dataclass(frozen=True, slots=True)
class Rejoined:
    """The device has a new session; the network server may have flushed its queue (P14)."""

    dev_eui: str


@dataclass(frozen=True, slots=True)
class Transmitted:
    """A gateway took a queue item for transmission (txack)."""

    dev_eui: str
    item_id: str


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The end of a confirmed queue item: the device's MAC acknowledged it, or did not."""

    dev_eui: str
    item_id: str
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class Discarded:
    """The network server threw a queue item away, and says why in `code` (a LogCode's name)."""

    dev_eui: str
    item_id: str
    code: str
    payload_limit: int | None = None  # what would have fitted, where the code is DOWNLINK_PAYLOAD_SIZE


Happening = Heard | Rejoined | Transmitted | Confirmed | Discarded
