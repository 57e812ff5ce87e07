"""How much of what was sent already goes again with new records, so that a lost frame leaves no hole.

A hole costs a downlink, of which public networks afford a device about ten a day, and the time until the
lost records go again; a repetition costs airtime in every frame. So a batch repeats the records of the last
`depth` frames, and `depth` follows the holes: one more where two come within a fifth of a day, one less after
a fifth of a day without any. On a channel that loses nothing nothing is repeated. The figures behind these
numbers: `python -m tests.bench.fleet.policies`.
"""

from farwire_node.sending.requests import INTERVAL_MS

MOST = 12  # frames: where half of all are lost, one in 8,000 leaves a hole
PAUSE_MS = 5 * 60_000  # after a change: what was lost before it may be told late, and in parts
WINDOW_MS = 2 * INTERVAL_MS


class Repeats:
    """Told of every acknowledgement. Starts without repetitions."""

    def __init__(self, now_ms: int) -> None:
        self.depth = 0  # frames whose records go again
        self._hole_ms = now_ms  # the last one
        self._changed_ms = now_ms - PAUSE_MS

    def heard(self, hole: bool, now_ms: int) -> None:
        """Note an acknowledgement; `hole`: it told of records missing that were not known to be."""
        if hole:
            if now_ms - self._hole_ms < WINDOW_MS and now_ms - self._changed_ms >= PAUSE_MS:
                self._change(min(self.depth + 1, MOST), now_ms)
            self._hole_ms = now_ms
        elif now_ms - max(self._hole_ms, self._changed_ms) >= WINDOW_MS:
            self._change(max(self.depth - 1, 0), now_ms)

    def _change(self, depth: int, now_ms: int) -> None:
        self.depth = depth
        self._changed_ms = now_ms
