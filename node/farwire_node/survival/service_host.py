"""A guarded node as a service of Linux: the watchdog of systemd, and why the run before ended. Host only."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from farwire_codecs.state_report import RESET_REASONS
from farwire_node import node_events
from farwire_node.logs import crash
from farwire_node.node import Node
from farwire_node.storage import Storage
from farwire_node.survival.guard import Guard
from farwire_node.survival.reset_host import Run
from farwire_node.survival.safe_node import SafeNode
from farwire_node.survival.systemd_host import READY, STOPPING, Service

log = logging.getLogger("farwire.node")


class GuardedProgram:
    """One run of the program with its files in `folder`; `environment` is os.environ's. OSError where the
    folder cannot be written."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._service = Service(environment)
        memory = environment.get("RUNTIME_DIRECTORY", "").split(":")[0]
        self._run = Run(folder, Path(memory) if memory else None)
        log.info("node starts", extra={"after": RESET_REASONS[self._run.cause]})
        if self._run.trace:
            log.error("the run before was ended", extra={"at": " ".join(crash.places_in(self._run.trace))})

    def guard(self, build: Callable[[int], Node | SafeNode], storage: Storage) -> Guard:
        """Return the guard of a node, which feeds systemd's watchdog."""
        return Guard(build, storage, self._run.cause, self._service.watchdog(), self._run.crumb)

    def began(self) -> None:
        """Take that the node's loop is about to turn."""
        self._service.tell(READY)

    def ending(self) -> None:
        """Take that the node was told to stop."""
        self._service.tell(STOPPING)

    def ended(self) -> None:
        """Take that all is saved: the next run follows an orderly stop."""
        self._run.ended()


def tell_of_faults(event: tuple[object, ...]) -> None:
    """Log an event of the guard, if it is one."""
    if isinstance(event, node_events.Crashed):
        log.error(
            "node failed",
            extra={
                "reason": RESET_REASONS[event.cause],
                "digest": f"{event.digest:08x}",
                "error": event.error,
            },
        )
    elif isinstance(event, node_events.SafeModeLeft):
        log.warning("safe mode left", extra={"by_command": event.by_command})
