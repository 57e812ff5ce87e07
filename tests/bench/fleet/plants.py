"""A plant with network server and cloud in one process, watched by the checker of the law."""

import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.settings import TwinSettings
from farwire_twin.twin import Twin
from farwire_twin.world.law_checker import LawChecker
from farwire_twin.world.plant import USUAL, Making
from tests.bench.fleet.cloud import Cloud
from tests.twin.world.direct import Run, truth

START_MS = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class Watched:
    """A finished run and what the checker has to say of it."""

    run: Run
    checker: LawChecker


def run(making: Making = USUAL, prepare: Callable[[Twin], None] = lambda _: None, **settings: Any) -> Watched:
    """Run a plant as fast as possible to the end of its quiet tail; `prepare` is called before its start."""
    with tempfile.TemporaryDirectory(prefix="farwire-bench-") as folder:
        chosen = TwinSettings(
            **{
                "api_token": "token",
                "api_bind": "127.0.0.1:0",
                "speed": 0,
                "data": Path(folder),
                **settings,
            }
        )
        boxed: list[Cloud] = []

        def to_cloud(event: PublishEvent) -> None:
            boxed[0].on_event(event)

        twin = Twin(chosen, START_MS, to_cloud, making)
        server, clock = twin.network_server, twin.simulation.clock
        assert server is not None
        cloud = Cloud(lambda *command: clock.after(0, lambda: server.on_command(*command)))
        boxed.append(cloud)
        checker = LawChecker(chosen.region)
        twin.simulation.accounting.witnesses.append(checker.on_air)
        prepare(twin)
        _live(twin)
        return Watched(Run(twin.snapshot(), truth(Path(folder)), cloud, twin), checker)


def _live(twin: Twin) -> None:
    failures: list[BaseException] = []

    def live() -> None:
        try:
            twin.world.run(threading.Event())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=live)
    thread.start()
    twin.start()
    thread.join()
    twin.stop(clean=True)
    if failures:
        raise failures[0]
