"""An order's life: the steps that it took, and the fate that follows from them.

Steps come from three sides (the service, the bridge, the node) in any order and more than once. A step has a
rank; the fate is that of the highest rank, so it only moves forward. The node's own word ranks highest: it is
the only proof, and it counts even after the service gave the order up.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias


class Fate(StrEnum):
    """Where an order stands, as operators see it."""

    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


# step: (rank, fate). Equal final ranks: the first one recorded stays.
STEPS: dict[str, tuple[int, Fate]] = {
    "created": (0, Fate.QUEUED),  # the service has it
    "accepted": (1, Fate.QUEUED),  # the bridge has it on disk
    "enqueued": (2, Fate.QUEUED),  # the network server has it
    "sent": (3, Fate.SENT),  # a gateway took it for transmission
    "mac_acknowledged": (4, Fate.SENT),  # the device's MAC heard it: not yet the node's own word
    "failed": (5, Fate.FAILED),  # the bridge gave up
    "expired": (5, Fate.EXPIRED),
    "superseded": (5, Fate.SUPERSEDED),  # a newer configuration replaced it
    "done": (6, Fate.ACKNOWLEDGED),  # the node did it, or runs the configuration
    "refused": (6, Fate.FAILED),  # the node answered that it would not
}
FINAL_RANK = 5
MOST_STEPS = 64  # a bridge that never stops reporting must not fill an item (400 KB in DynamoDB)


@dataclass(frozen=True, slots=True)
class SetOutput:
    """Switch an output."""

    channel: int
    value_x100: int


@dataclass(frozen=True, slots=True)
class ReportState:
    """Ask for a state report."""


@dataclass(frozen=True, slots=True)
class Reboot:
    """Start again."""


@dataclass(frozen=True, slots=True)
class SendLog:
    """Send the newest log or crash report in pieces, from a byte on."""

    kind: int  # farwire_codecs.log_piece.KINDS
    offset: int


@dataclass(frozen=True, slots=True)
class Erase:
    """Give up for good what is held."""

    what: int  # farwire_codecs.command.RECORDS, ALARMS, LOGS, or a sum of them


Action: TypeAlias = SetOutput | ReportState | Reboot | SendLog | Erase


@dataclass(frozen=True, slots=True)
class Command:
    """One action, once; `number` is how the node knows it (0 to 65,535, per device)."""

    number: int
    action: Action


@dataclass(frozen=True, slots=True)
class Configuration:
    """A whole configuration document (farwire_codecs.configuration) and its hash.

    `base`: the document that the node ran when this was ordered, for a difference to it; b"": unknown.
    """

    document: bytes
    hash: int
    base: bytes = b""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to an order."""

    name: str  # a key of STEPS
    time_ms: int  # when it happened, by the clock of whoever reported it
    attempt: int = 0  # of the sending, from 1; 0 where it has none
    detail: str = ""
    queue_item_id: str = ""

    @property
    def rank(self) -> int:
        """How far forward it is."""
        return STEPS[self.name][0]


@dataclass(frozen=True, slots=True)
class Order:
    """One thing asked of one device."""

    order_id: str  # UUID
    dev_eui: str
    application_id: str
    created_ms: int
    expires_ms: int  # not sent after this
    confirmed: bool
    attempts: int
    created_by: str  # the name of the API key
    body: Command | Configuration
    steps: tuple[Step, ...]

    @property
    def rank(self) -> int:
        """The highest rank among its steps."""
        return max(step.rank for step in self.steps)

    @property
    def decisive(self) -> Step:
        """The step that the fate follows from."""
        return max(self.steps, key=lambda step: (step.rank, step.attempt))

    @property
    def fate(self) -> Fate:
        """Where it stands."""
        return STEPS[self.decisive.name][1]

    @property
    def is_open(self) -> bool:
        """Whether something may still be done for it."""
        return self.rank < FINAL_RANK

    @property
    def is_accepted(self) -> bool:
        """Whether a bridge has it on disk."""
        return self.rank > 0


def with_step(order: Order, step: Step) -> Order:
    """Return the order with `step`; the same order where that says nothing new."""
    if any(have.name == step.name and have.attempt == step.attempt for have in order.steps):
        return order
    if step.rank >= FINAL_RANK and step.rank <= order.rank:
        return order  # it has its end already
    if len(order.steps) >= MOST_STEPS and step.rank < FINAL_RANK:
        return order
    # By rank inside an attempt: how it must have happened, whatever order the reports came in.
    steps = sorted((*order.steps, step), key=_place)
    return replace(order, steps=tuple(steps))


def expired_at(order: Order, now_ms: int, answer_wait_ms: int) -> bool:
    """Return whether it is over: not sent in time, or sent and unanswered for `answer_wait_ms` more."""
    if not order.is_open:
        return False
    return now_ms > order.expires_ms + (answer_wait_ms if order.fate is Fate.SENT else 0)


def _place(step: Step) -> tuple[int, int, int]:
    final = step.rank >= FINAL_RANK
    return (1 if final else 0, 0 if final else step.attempt, step.rank)
