"""What the downlink cores ask of the network server's queue, and what comes back. Values, no I/O."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Enqueue:
    """Append a downlink to the device's queue."""

    dev_eui: str
    token: int  # echoed in the reply
    f_port: int
    payload: bytes
    confirmed: bool = False
    expires_ms: int = 0  # UTC, after which the network server must not send it; 0: never expires
    flush: bool = False  # empty the queue first


@dataclass(frozen=True, slots=True)
class AskQueue:
    """Tell what is in the device's queue."""

    dev_eui: str


Call = Enqueue | AskQueue


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One downlink in the network server's queue."""

    item_id: str
    f_port: int
    payload: bytes
    confirmed: bool = False
    pending: bool = False  # it was sent, and its MAC acknowledgement is waited for


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The queue has it."""

    dev_eui: str
    token: int
    item_id: str


@dataclass(frozen=True, slots=True)
class EnqueueFailed:
    """The queue has it not (permanent: it never will), or nobody knows (not permanent: look at the queue)."""

    dev_eui: str
    token: int
    permanent: bool
    detail: str


@dataclass(frozen=True, slots=True)
class QueueSeen:
    """All that is in the queue, first item first."""

    dev_eui: str
    items: tuple[QueueItem, ...]


@dataclass(frozen=True, slots=True)
class QueueUnknown:
    """The queue could not be read; ask again later."""

    dev_eui: str
    detail: str


Reply = Enqueued | EnqueueFailed | QueueSeen | QueueUnknown
"""Every Enqueue gets one of the first two, every AskQueue one of the last two."""
