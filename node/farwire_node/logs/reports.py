"""Logs and crash reports on their way to the cloud, a piece a frame (farwire_codecs.log_piece).

What is sent is a snapshot with a number of its own, so that pieces fit together whatever is logged meanwhile.
"""

import struct

from farwire_codecs import log_piece
from farwire_codecs.errors import RangeError
from farwire_codecs.log_piece import LogPiece
from farwire_node.logs.log_ring import LogRing
from farwire_node.storage import Storage

CRASH_KEY = "crash_report"  # >HB: its number; whether it is still to be sent unasked; then the report
NUMBER_KEY = "report_number"  # >H: of the next report
_HEAD = ">HB"


def keep_crash(storage: Storage, report: bytes) -> None:
    """Keep a crash report, in the place of the one before."""
    storage.save(CRASH_KEY, struct.pack(_HEAD, _next_number(storage), 1) + report)


def _next_number(storage: Storage) -> int:
    saved = storage.load(NUMBER_KEY)
    number = int(struct.unpack(">H", saved)[0]) if saved else 0
    storage.save(NUMBER_KEY, struct.pack(">H", (number + 1) & 0xFFFF))
    return number


class Reports:
    """What is still to be sent of the log and of the crash report; `log` None: there is no log."""

    def __init__(self, storage: Storage, log: "LogRing | None") -> None:
        self._storage = storage
        self._log = log
        self._going: list[tuple[int, int]] = []  # (kind, next offset); the first one is sent
        self._snapshots: dict[int, tuple[int, bytes]] = {}  # kind -> (number, report)

    @property
    def pending(self) -> bool:
        """Whether there is a piece to send."""
        return bool(self._going)

    def send_crash_unasked(self) -> None:
        """Send the crash report from its start, if there is one that was never sent to its end."""
        saved = self._storage.load(CRASH_KEY)
        if saved and saved[2]:
            self.ask(log_piece.CRASH_REPORT, 0)

    def ask(self, kind: int, offset: int) -> bool:
        """Send the newest report of a kind from a byte on; return False when it has no such byte.

        An offset in a log is one in the snapshot that was sent last. Where that is gone the log as it is now
        goes from its start.
        """
        if kind == log_piece.CRASH_REPORT or not offset or kind not in self._snapshots:
            if kind == log_piece.LOG:
                offset = 0
            self._snapshots[kind] = self._snapshot(kind)
        if offset > max(len(self._snapshots[kind][1]) - 1, 0):
            return False
        self._going = [(other, at) for other, at in self._going if other != kind] + [(kind, offset)]
        return True

    def piece(self, limit: int) -> "LogPiece | None":
        """Return the next piece; None when nothing is to be sent or nothing of it fits `limit` bytes."""
        if not self._going:
            return None
        kind, offset = self._going[0]
        number, report = self._snapshots[kind]
        try:
            return log_piece.piece_at(kind, number, report, offset, limit)
        except RangeError:
            return None

    def again(self, piece: LogPiece) -> None:
        """Go back to a piece: it was not sent after all."""
        if self._snapshots.get(piece.kind, (None,))[0] == piece.number:
            others = [(kind, at) for kind, at in self._going if kind != piece.kind]
            self._going = [(piece.kind, piece.offset)] + others

    def sent(self, piece: LogPiece) -> None:
        """Go on behind a piece."""
        self._going.pop(0)
        if not piece.last:
            self._going = [(piece.kind, piece.offset + len(piece.data))] + self._going
        elif piece.kind == log_piece.CRASH_REPORT:
            saved = self._storage.load(CRASH_KEY)
            if saved and saved[2] and struct.unpack_from(">H", saved, 0)[0] == piece.number:
                self._storage.save(CRASH_KEY, saved[:2] + b"\0" + saved[3:])

    def erase(self) -> None:
        """Forget the log and the crash report; what of them is on its way stays in pieces."""
        self._going = []
        self._snapshots = {}
        self._storage.save(CRASH_KEY, b"")
        if self._log is not None:
            self._log.erase()

    def _snapshot(self, kind: int) -> "tuple[int, bytes]":
        if kind == log_piece.CRASH_REPORT:
            saved = self._storage.load(CRASH_KEY)
            if saved:
                return struct.unpack_from(">H", saved, 0)[0], bytes(saved[struct.calcsize(_HEAD) :])
            return _next_number(self._storage), b""
        return _next_number(self._storage), b"" if self._log is None else self._log.content()
