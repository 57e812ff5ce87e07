"""Runs a twin: world, gateways, the embedded network server or somebody's ChirpStack; and says how it goes.

Every second of real time one JSON object goes to `emit` (by default a line on standard output). Its `event`
is "ready" once (what was registered, and where), "stats" each second, and "final" at the end.
"""

import contextlib
import json
import logging
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from farwire_twin.settings import TwinSettings
from farwire_twin.twin import Twin
from farwire_twin.world.world import WorldEndedError

Emit = Callable[[dict[str, Any]], None]

log = logging.getLogger("farwire.twin")

STATS_EVERY_S = 1.0


def print_line(stats: dict[str, Any]) -> None:
    """Write one JSON line to standard output, at once."""
    sys.stdout.write(json.dumps(stats, separators=(",", ":")) + "\n")
    sys.stdout.flush()


def run(settings: TwinSettings, stop: threading.Event, emit: Emit = print_line) -> int:
    """Run until `stop` is set or the settings' minutes and their quiet tail are over; 0 when all went well.

    Raises OSError when an address cannot be had or a broker or network server cannot be reached,
    ReplayError for unusable series, and what ended the world if something did.
    """
    twin = Twin(settings, real_ms=time.time_ns() // 1_000_000)
    failure: list[BaseException] = []
    ended = threading.Event()

    def live() -> None:
        try:
            twin.world.run(ended)
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            failure.append(error)

    thread = threading.Thread(target=live, name="world")
    thread.start()
    try:
        emit({"event": "ready", **twin.start()})
        while thread.is_alive() and not stop.wait(STATS_EVERY_S):
            with contextlib.suppress(TimeoutError, WorldEndedError):
                emit({"event": "stats", **twin.stats()})
    finally:
        ended.set()
        thread.join()
        twin.stop(clean=not failure)
    if failure:
        raise failure[0]
    emit({"event": "final", **twin.snapshot()})
    return 0
