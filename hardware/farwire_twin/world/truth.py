"""What really happened, one JSON line each, for a later audit of what the cloud has.

    {"kind": "record", "dev_eui", "number", "time_ms", "readings": [[channel, lpp_type, [raw, ...]], ...]}
    {"kind": "alarm", "dev_eui", "number", "time_ms", "channel", "lpp_type", "condition", "active", "raw"}
    {"kind": "alarm_sent", "dev_eui", "number", "time_ms", "latency_ms"}     first transmission's start
    {"kind": "dropped", "dev_eui", "number"}                                 the node's memory was full
    {"kind": "renumbered", "dev_eui", "number"}            what the node held is now numbered from here on

Times are UTC ms. A channel without a value at that instant is left out of `readings`.
"""

import json
from pathlib import Path
from typing import Any, TextIO

_dumps = json.JSONEncoder(separators=(",", ":")).encode


class TruthFile:
    """Appends to `path`; what was there before (an earlier run of the same data folder) stays.

    A line is with the operating system when `write` returns: a killed process takes none with it.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("a", buffering=1, encoding="utf-8")

    def write(self, kind: str, dev_eui: str, number: int, **facts: Any) -> None:
        """Append one line."""
        self._file.write(_dumps({"kind": kind, "dev_eui": dev_eui, "number": number, **facts}) + "\n")

    def close(self) -> None:
        """Write no more."""
        self._file.close()
