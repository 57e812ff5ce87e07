"""One order of the cloud and how far it has come: values, and the steps from one to the next. Pure.

WAITING ──Enqueue──> QUEUED ──sent──> (next piece: WAITING) ──> AWAITING ──node's answer──> FINISHED
   ^                    │ not acknowledged, or thrown away          │ no answer
   └────────────────────┴──────── next attempt ─────────────────────┘   (attempts spent: FINISHED)
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from farwire_bridge.slot import Slot
from farwire_codecs import configuration, ports
from farwire_codecs.errors import CodecError
from farwire_contract.v1.telemetry_pb2 import Fate


class Phase(StrEnum):
    """Where an order stands."""

    WAITING = "waiting"  # its next piece is to be put into the queue
    QUEUED = "queued"  # a piece is in the network server's queue, or on its way there
    AWAITING = "awaiting"  # all pieces were sent; the node's own answer is to come
    FINISHED = "finished"


@dataclass(frozen=True, slots=True)
class OrderState:
    """An order with its progress."""

    order_id: str
    dev_eui: str
    arrival: int  # grows with every order that this bridge accepts
    created_ms: int
    expires_ms: int  # 0: never
    confirmed: bool
    attempts: int
    f_port: int  # COMMAND or CONFIGURATION
    expected: int  # the command's number, or the configuration's hash: what the node will answer
    content: bytes  # the command's frame, or the configuration's document
    base: bytes = b""  # the document that the node is believed to run: its difference may go; b"": the whole
    phase: Phase = Phase.WAITING
    attempt: int = 0  # passes over all pieces, this one included
    repeat: int = 0  # times that the present piece was sent again in this pass
    pieces: tuple[bytes, ...] = ()  # frames of this pass; cut when it begins
    piece: int = 0  # index of the present one
    slot: Slot | None = None  # set while QUEUED
    uplinks: int = 0  # while AWAITING: heard without the answer
    reported: bool = False  # while the last piece is QUEUED: the node already says that it runs this
    fate: int = 0  # once FINISHED: what was reported; 0 if the node's own answer ended it
    detail: str = ""

    @property
    def is_command(self) -> bool:
        """Whether it is a command, else a configuration."""
        return self.f_port == ports.COMMAND

    @property
    def is_last_piece(self) -> bool:
        """Whether the present piece is the last one."""
        return self.piece + 1 >= len(self.pieces)

    @property
    def was_sent(self) -> bool:
        """Whether every piece was sent at least once."""
        return self.attempt > 1 or self.phase is Phase.AWAITING

    @property
    def age(self) -> tuple[int, int]:
        """Sorts orders of a device, the oldest first."""
        return self.created_ms, self.arrival

    def cut(self, limit: int | None) -> "OrderState | None":
        """Return it with pieces of at most `limit` bytes; None when that is too small, or needed but unknown.

        Pieces that fit already stay; otherwise the pass begins anew.
        """
        if self.pieces and len(self.pieces[self.piece]) <= (limit or len(self.content)):
            return self
        if self.is_command:
            pieces: tuple[bytes, ...] = (self.content,)
            if limit is not None and len(self.content) > limit:
                return None
        elif limit is None:
            return None
        else:
            try:
                wanted = configuration.decode_document(self.content)
                base = configuration.decode_document(self.base) if self.base else None
                pieces = tuple(configuration.fewest_pieces(base, wanted, limit))
            except CodecError:
                return None
        return replace(self.from_the_start(), pieces=pieces)

    def queued(self, slot: Slot) -> "OrderState":
        """Return it with its present piece in the queue, or on its way there."""
        return replace(self, phase=Phase.QUEUED, slot=slot, attempt=max(1, self.attempt))

    def again(self) -> "OrderState":
        """Return it waiting to put its present piece into the queue once more, in the same attempt."""
        return replace(self, phase=Phase.WAITING, slot=None, uplinks=0, reported=False)

    def from_the_start(self) -> "OrderState":
        """Return it waiting to send all its pieces, to be cut anew, in the same attempt."""
        return replace(self.again(), pieces=(), piece=0, repeat=0)

    def reported_as(self, hash_: int) -> "OrderState":
        """Return it after the node said that it runs the configuration `hash_`, which is not the one wanted.

        A difference to anything else than that is of no use, and was refused if it came: the whole instead.
        """
        waits = self.phase is Phase.WAITING or self.phase is Phase.AWAITING
        if not self.base or not waits or hash_ == configuration.crc32(self.base):
            return self
        return replace(self.from_the_start(), base=b"")

    def piece_done(self) -> "OrderState":
        """Return it after the present piece left the queue and may have arrived."""
        if not self.is_last_piece:
            return replace(self.again(), piece=self.piece + 1, repeat=0)
        if self.reported:
            return replace(self, slot=None).finished()
        return replace(self, phase=Phase.AWAITING, slot=None, uplinks=0)

    def not_arrived(self, why: str) -> "OrderState":
        """Return it after the present piece did not arrive: the piece again, while attempts are left."""
        if len(self.pieces) == 1:
            return self.next_attempt(why)
        if self.repeat + 1 < self.attempts:
            return replace(self.again(), repeat=self.repeat + 1)
        piece = f"piece {self.piece + 1} of {len(self.pieces)}"
        return replace(self, slot=None).finished(Fate.FATE_FAILED, f"{why}: {piece}")

    def next_attempt(self, why: str) -> "OrderState":
        """Return it in its next attempt, or failed when all are spent."""
        if self.attempt < self.attempts:
            return replace(self.from_the_start(), attempt=self.attempt + 1, base=b"")
        attempts = f"{self.attempt} attempt{'s' * (self.attempt > 1)}"
        return replace(self, slot=None).finished(Fate.FATE_FAILED, f"{why} after {attempts}")

    def finished(self, fate: int = 0, detail: str = "") -> "OrderState":
        """Return it at its end; without a fate, the node's own answer ended it. A slot that is set stays."""
        return replace(self, phase=Phase.FINISHED, fate=fate, detail=detail)
