"""How the node's lives ended: counted over restarts, so that repeated crashes lead to safe mode.

A life that a crash, the watchdog or the supply ended within SHORT_MS is a short one. SHORT_LIVES of them with
no life of HEALTHY_MS in between, and the node is put into safe mode.
"""

import struct

from farwire_node.storage import Storage

LIVES_KEY = "lives"  # >HBB: crashes since the first start; short lives in a row; whether in safe mode
_LAYOUT = ">HBB"

SHORT_MS = 10 * 60_000
HEALTHY_MS = 60 * 60_000
SHORT_LIVES = 3
_MOST = 0xFFFF


class Lives:
    """`crashes` since the first start, `short` lives in a row, `safe`: whether safe mode is due."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        saved = storage.load(LIVES_KEY)
        self.crashes, self.short, safe = struct.unpack(_LAYOUT, saved) if saved else (0, 0, 0)
        self.safe = bool(safe)

    def ended(self, uptime_ms: int) -> None:
        """Note that the present life, or the one before this boot, was ended by a fault."""
        self.crashes = min(self.crashes + 1, _MOST)
        if uptime_ms < SHORT_MS:
            self.short = min(self.short + 1, 0xFF)
        elif uptime_ms >= HEALTHY_MS:
            self.short = 0
        self.safe = self.safe or self.short >= SHORT_LIVES
        self._save()

    def lasted(self, uptime_ms: int) -> None:
        """Note that the present life goes on; written only when that clears something."""
        if self.short and not self.safe and uptime_ms >= HEALTHY_MS:
            self.short = 0
            self._save()

    def leave_safe_mode(self) -> None:
        """Try the whole program again."""
        self.safe = False
        self.short = 0
        self._save()

    def _save(self) -> None:
        self._storage.save(LIVES_KEY, struct.pack(_LAYOUT, self.crashes, self.short, self.safe))
