"""A whole twin without a broker, with the application of `application.py` in its own thread of events."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from farwire_twin.network_server.outputs import PublishEvent
from farwire_twin.settings import TwinSettings
from farwire_twin.twin import Twin
from farwire_twin.world.plant import USUAL, Making
from tests.twin.world.application import Application

START_MS = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class Run:
    """What a finished run leaves."""

    final: dict[str, Any]
    truth: list[dict[str, Any]]
    application: Application
    twin: Twin


def run(folder: Path, making: Making = USUAL, crashes: int = 0, **settings: Any) -> Run:
    """Run a plant to the end of its quiet tail, by default as fast as possible.

    `crashes`: of nodes, that are expected; a node's guard must not hide what is wrong.
    """
    chosen = TwinSettings(
        **{"api_token": "token", "api_bind": "127.0.0.1:0", "speed": 0, "data": folder, **settings}
    )
    boxed: list[Application] = []

    def to_application(event: PublishEvent) -> None:
        boxed[0].on_event(event)

    twin = Twin(chosen, START_MS, to_application, making)
    server, clock = twin.network_server, twin.simulation.clock
    assert server is not None
    application = Application(
        lambda *command: clock.after(0, lambda: server.on_command(*command))  # type: ignore[arg-type]
    )
    boxed.append(application)
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
    assert twin.snapshot()["crashes"] == crashes, [line for line in truth(folder) if line["kind"] == "crash"]
    return Run(twin.snapshot(), truth(folder), application, twin)


def truth(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]


def findings(finished: Run) -> dict[str, int]:
    """What an audit of the application against the truth finds: lost, altered and invented records."""
    sampled = {(line["dev_eui"], line["number"]): line for line in finished.truth if line["kind"] == "record"}
    stored = {
        (dev_eui, number): record
        for dev_eui, device in finished.application.devices.items()
        for number, record in device.records.items()
    }
    return {
        "sampled": len(sampled),
        "lost": len(sampled.keys() - stored.keys()),
        "invented": len(stored.keys() - sampled.keys()),
        "altered": sum(stored[key][1] != sampled[key]["readings"] for key in sampled.keys() & stored.keys()),
        "worst_time_error_ms": max(
            (abs(stored[key][0] - sampled[key]["time_ms"]) for key in sampled.keys() & stored.keys()),
            default=0,
        ),
    }
