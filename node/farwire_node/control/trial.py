"""A configuration on trial: what to go back to, and how long it has to show that the network is in reach.

The time counts while the node runs. It goes into storage a quarter at a time, so that a node which loses
power again and again comes to the end of it all the same.
"""

import struct

from farwire_node.storage import Storage

TRIAL_KEY = "configuration_trial"  # hash of what is on trial, quarters left, whether a former one follows; it
_HEAD = ">IBB"
QUARTERS = 4


class Trial:
    """The trial under way, if any, as kept in storage; `running` is the hash of what runs.

    It is begun before the new configuration is stored, and ended after the former one is. So a trial of
    another hash than `running` is one that power loss cut: it never began, or is over.
    """

    def __init__(self, storage: Storage, running: int) -> None:
        self._storage = storage
        self._hash = 0
        self._quarters = 0  # left; 0: nothing is on trial
        self._former: bytes | None = None
        self._quarter_ends_ms: int | None = None
        saved = storage.load(TRIAL_KEY)
        if saved:
            self._hash, self._quarters, has_former = struct.unpack_from(_HEAD, saved, 0)
            self._former = saved[struct.calcsize(_HEAD) :] if has_former else None
            if self._hash != running:
                self.end()

    @property
    def under_way(self) -> bool:
        """Whether something is on trial."""
        return self._quarters > 0

    @property
    def former(self) -> "bytes | None":
        """The document to go back to; None: there was none in storage."""
        return self._former

    @property
    def due_ms(self) -> "int | None":
        """When `is_over` is to be asked next (0: at once); None: not before something changes."""
        return self._quarter_ends_ms or 0 if self.under_way else None

    def begin(self, wanted: int, former: "bytes | None") -> None:
        """Put the configuration with the hash `wanted` on trial."""
        self._hash, self._quarters, self._former = wanted, QUARTERS, former
        self._quarter_ends_ms = None
        self._save()

    def end(self) -> None:
        """Nothing is on trial any more."""
        if self._quarters:
            self._quarters = 0
            self._former = None
            self._storage.save(TRIAL_KEY, b"")

    def is_over(self, time_s: int, now_ms: int) -> bool:
        """Let time go by; return whether the `time_s` of the trial are used up."""
        if not self.under_way:
            return False
        if self._quarter_ends_ms is None:
            self._quarter_ends_ms = now_ms + 1000 * time_s // QUARTERS
        while now_ms >= self._quarter_ends_ms:
            if self._quarters == 1:
                return True
            self._quarters -= 1
            self._quarter_ends_ms += 1000 * time_s // QUARTERS
            self._save()
        return False

    def _save(self) -> None:
        head = struct.pack(_HEAD, self._hash, self._quarters, self._former is not None)
        self._storage.save(TRIAL_KEY, head + (self._former or b""))
