"""A node whose board sleeps without its memory wherever it can, in the MicroPython subset.

`SleepingBoard(sleeps=False)` is the same node, with the same dice, on a board that never does so: what both
send must be the same.
"""

import io
from binascii import hexlify

from farwire_codecs import acknowledgement, ports
from farwire_codecs.configuration import Setting
from farwire_codecs.errors import UnknownSchemaError
from farwire_node.aes import PureAes
from farwire_node.flash.file_flash import FileFlash
from farwire_node.lorawan import frames
from farwire_node.lorawan.mac import Mac
from farwire_node.node import Node
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.sleep import hibernation
from farwire_node.steps import Sleep, Transmit
from farwire_node.survival.guard import POWER_ON, Guard
from tests.node.program.whole_node import DEV_ADDR, KEY, SETTINGS, Board, Dice, Network

HOUR_MS = 3_600_000


class MovingNetwork(Network):
    """A network that is away at times, and that asks for something at others.

    `away`: (from, to) in ms. `orders`: (from when on, MAC commands, port, payload), each sent once, in place
    of what the network would answer.
    """

    def __init__(self, dice: Dice, loss: int, rx2_dr: int) -> None:
        super().__init__(dice, loss, rx2_dr)
        self.away: list[tuple[int, int]] = []
        self.lacks_schema = False
        self.orders: list[tuple[int, bytes, int | None, bytes]] = []

    def answer(self, phy: bytes, heard_ms: int) -> bytes | None:
        for begin_ms, end_ms in self.away:
            if begin_ms <= heard_ms < end_ms:
                return None
        found = super().answer(phy, heard_ms)
        joins = frames.frame_type(phy) == frames.JOIN_REQUEST
        if joins or not self.orders or heard_ms < self.orders[0][0]:
            return found
        _, f_opts, port, payload = self.orders.pop(0)
        down = frames.DataFrame(
            False, True, DEV_ADDR, True, False, False, False, self.f_cnt_down, f_opts, port, payload
        )
        self.f_cnt_down += 1
        return frames.encode_data(down, self.keys[0], self.keys[1], self.crypto)

    def _take(self, port: int, payload: bytes, heard_ms: int) -> bool:
        try:
            wanted = super()._take(port, payload, heard_ms)
        except UnknownSchemaError:
            self.lacks_schema = True
            return True
        self.lacks_schema = self.lacks_schema and port != ports.HISTORY
        return wanted

    def _stored(self) -> acknowledgement.Acknowledgement:
        found = super()._stored()
        return acknowledgement.Acknowledgement(*found[:3], self.lacks_schema, False)


class SleepingBoard(Board):
    """The driver; `air` is what left it: (ms, step)."""

    def __init__(
        self,
        sleeps: bool,
        region: str,
        dr: int,
        loss: int,
        seed: int,
        settings: "tuple[Setting, ...]" = SETTINGS,
        sensors: int = 4,
        sectors: int = 8,
    ) -> None:
        super().__init__(region, dr, loss, 64, seed, settings, sensors)
        self.sleeps = sleeps
        self.dice = self.sensors[0].dice
        self.settings = settings
        self.network = MovingNetwork(Dice(seed + 1), loss, self.region.rx2_dr)
        self.network.base_for = lambda _low, _check: self.guard.node._carry.base  # what the bridge has, too
        self.flash = FileFlash(io.BytesIO(), sectors, 4096)
        self.dr = dr
        self.air: list[tuple[int, Transmit]] = []
        self.sizes: list[int] = []  # of what was frozen
        self.awake = 0  # sleeps with the memory kept
        self.boot()

    def boot(self) -> None:
        """Power the board: a guard that knows nothing but what storage and flash tell."""
        self.node = self.guard = Guard(self.build, self.storage, POWER_ON)  # type: ignore[assignment]

    def build(self, reason: int) -> Node:
        self.mac = Mac(self.region, 1, 2, KEY, PureAes(), self.storage, self.dice.below, self.dr)
        return Node(
            1, self.sensors, (), self.mac, self.storage, self.dice.below, self.settings, 64, reason,
            shelf_of=lambda schema: FlashShelf(schema, 16, self.flash),
        )  # fmt: skip

    def turn(self, end_ms: int) -> None:
        step = self.node.poll(self.now_ms)
        self._note_events()
        if not isinstance(step, Sleep):
            if isinstance(step, Transmit):
                self.air.append((self.now_ms, step))
            self._do(step)
            return
        until_ms = min(end_ms, max(step.until_ms, self.now_ms + 1))
        if self.radio is not None and self.radio[0] <= until_ms:
            self._radio_done()
            return
        if self.sleeps:
            self.sleep(until_ms)
        self.now_ms = until_ms

    def sleep(self, until_ms: int) -> None:
        """Sleep without memory, if the node can."""
        frozen = hibernation.freeze(self.guard, self.now_ms, 7)
        if frozen is None:
            self.awake += 1
            return
        self.sizes.append(len(frozen))
        drawn = self.dice.state
        self.boot()
        found = hibernation.opened(frozen)
        assert found is not None
        assert found[:2] == [self.now_ms, 7]
        fits = hibernation.thaw(self.guard, found, until_ms)  # a pack leaves assertions out
        assert fits
        self.dice.state = drawn  # what the new objects drew is forgotten


def tell(region: object = "EU868") -> "list[str]":
    """Return what both boards did in three hours with loss: the same."""
    lines = []
    for sleeps in (False, True):
        board = SleepingBoard(sleeps, region, 3, 20, 15, sensors=2)
        board.advance(3 * HOUR_MS)
        lines.append(
            repr((len(board.air), board.sampled, board.network.frames, sorted(board.network.records)))
        )
        lines.append(repr([(moment_ms, hexlify(step.frame)) for moment_ms, step in board.air[-3:]]))
        assert bool(board.sizes) == sleeps
    return lines
