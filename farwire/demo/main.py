"""Starts the parts in order, shows what flows, starts again what dies, and audits at the end."""

import contextlib
import json
import queue
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from farwire.demo import layout, report, truth
from farwire.demo.audit import Audit, audit
from farwire.demo.layout import HOST, DemoOptions, Ports, Secrets
from farwire.demo.processes import Part, listening, require_free, revive, stop_all, wait_for
from farwire.demo.rest_client import RestClient
from farwire.embedded import engine
from farwire.errors import FarwireError, PartFailedError

START_S = 60.0  # a cold disk and two slow cores need a fraction of it
SETTLE_S = 60.0  # what the bridge may still have on its way when the plant has ended
LINE_EVERY_S = 1.0
PLAIN_LINE_EVERY_S = 5.0  # where there is no terminal to overwrite

__all__ = ["DemoOptions", "run"]


def run(options: DemoOptions, stop: threading.Event) -> int:
    """Run the demo until its minutes are over or `stop` is set.

    Returns 0, or 1 if the audit found a record lost, doubled or altered or the law broken. Raises
    PortTakenError and PartFailedError.
    """
    if options.replay is not None and not options.replay.is_dir():
        raise FarwireError(f"--replay: {options.replay} is not a folder")
    ports = Ports.starting_at(options.port)
    for port, part in _parts_of(ports):
        require_free(HOST, port, part)
    with _folder(options) as folder:
        return _Demo(options, ports, folder).run(stop)


class _Demo:
    """One run."""

    def __init__(self, options: DemoOptions, ports: Ports, folder: Path) -> None:
        self._options = options
        self._ports = ports
        self._folder = folder
        self._secrets = Secrets.of(folder)
        self._rest = RestClient(f"http://{HOST}:{ports.page}", self._secrets.admin_key)
        self._lines: queue.Queue[dict[str, Any]] = queue.Queue()
        self._parts: dict[str, Part] = {}
        self._latest: Mapping[str, Any] | None = None

    def run(self, stop: threading.Event) -> int:
        """Start, watch, end."""
        began = time.monotonic()
        try:
            self._start(stop)
            if not stop.is_set():
                self._greet(time.monotonic() - began)
            self._watch(stop)
            if stop.is_set() or self._latest is None:
                print("\nstopped")
                return 0
            finding = self._audited()
            restarts = {name: part.restarts for name, part in self._parts.items()}
            print(f"\n{report.summary(finding, self._latest, restarts)}")
            return 0 if finding.clean and report.within_the_law(self._latest) else 1
        finally:
            order = ("twin", "bridge", "cloud", "broker", "engine")
            stop_all([self._parts[name] for name in order if name in self._parts])

    def _start(self, stop: threading.Event) -> None:
        from farwire_cloud.certificates import make_certificates  # noqa: PLC0415  (slow; ports come first)

        make_certificates(self._folder / "tls")
        config = self._folder / "farwire.toml"
        config.touch(mode=0o600)
        tables = layout.settings(self._options, self._folder, self._ports, self._secrets)
        config.write_text(layout.toml(tables), encoding="utf-8")
        (self._folder / "twin").mkdir(exist_ok=True)
        farwire = [sys.executable, "-m", "farwire"]
        command, keeps = engine.command(self._folder, HOST, self._ports.engine)
        if not keeps:
            print("No DynamoDB engine for this machine: moto serves IN MEMORY and keeps NOTHING.")
        address = ["--host", HOST, "--port", str(self._ports.broker)]
        password = {"FARWIRE_BROKER_PASSWORD": self._secrets.broker_password}
        self._add("engine", command)
        self._add("broker", [*farwire, "broker", *address], password)
        self._add("cloud", [*farwire, "cloud", "--config", str(config)])
        for name, port in (("engine", self._ports.engine), ("broker", self._ports.broker)):
            self._wait(name, lambda port=port: listening(HOST, port), stop)
        self._add("bridge", [*farwire, "bridge", "--config", str(config)])
        self._wait("cloud", self._rest.healthy, stop)
        self._add("twin", [*farwire, "twin", "--config", str(config)], piped=True)
        threading.Thread(target=self._read_twin, daemon=True, name="twin-lines").start()

    def _add(
        self, name: str, command: Any, environment: Mapping[str, str] | None = None, piped: bool = False
    ) -> None:
        part = Part(name, command, self._folder / f"{name}.log", environment or {}, piped)
        self._parts[name] = part
        part.start()

    def _wait(self, name: str, ready: Any, stop: threading.Event) -> None:
        wait_for(self._parts[name], lambda: stop.is_set() or ready(), START_S)

    def _greet(self, seconds: float) -> None:
        operator = self._rest.make_key("demo operator", "operator")
        page = f"http://{HOST}:{self._ports.page}"
        print(f"up after {seconds:.1f} s; logs and farwire.toml in {self._folder}")
        print(f"page     {page}/#key={operator}")
        print(f"API      {page}/api/v1  (documentation: {page}/api/v1/docs)")
        print(f"API key  {operator}  (operator; send it as Authorization: Bearer ...)")
        print("Ctrl-C ends everything.", flush=True)

    def _read_twin(self) -> None:
        process = self._parts["twin"].process
        lines: IO[str] | None = process.stdout if process else None
        for line in lines or ():
            with contextlib.suppress(json.JSONDecodeError):
                self._lines.put(json.loads(line))

    def _watch(self, stop: threading.Event) -> None:
        """Show what flows until the twin ends by itself or `stop` is set."""
        terminal = sys.stdout.isatty()
        every = LINE_EVERY_S if terminal else PLAIN_LINE_EVERY_S
        revivable = [self._parts[name] for name in ("engine", "broker", "cloud", "bridge")]
        twin = self._parts["twin"]
        shown = 0.0
        while not stop.wait(0.1):
            self._take_lines()
            now = time.monotonic()
            for part in revive(revivable, now):
                print(f"\nthe {part.name} had died; started again", flush=True)
            if self._latest is not None and now - shown >= every:
                shown = now
                line = report.live_line(self._latest, self._rest.stats())
                print(f"\r\x1b[K{line}" if terminal else line, end="" if terminal else "\n", flush=True)
            if twin.exit_code is not None:
                if twin.exit_code != 0:
                    raise PartFailedError(f"the twin ended with code {twin.exit_code}:\n{twin.last_words()}")
                time.sleep(0.2)  # its last lines
                self._take_lines()
                return

    def _take_lines(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                line = self._lines.get_nowait()
                if line.get("event") in ("stats", "final"):
                    self._latest = line

    def _audited(self) -> Audit:
        """Compare what was sampled with what is stored, once the last of it has settled."""
        sampled = truth.read(self._folder / "twin" / "truth.jsonl")
        deadline = time.monotonic() + SETTLE_S
        while True:
            with contextlib.suppress(OSError):
                finding = audit(sampled, {dev_eui: self._rest.records(dev_eui) for dev_eui in sampled})
                if finding.clean or time.monotonic() > deadline:
                    return finding
            if time.monotonic() > deadline + SETTLE_S:
                raise PartFailedError("the cloud does not answer, so there was no audit")
            revive([self._parts[name] for name in ("engine", "cloud", "bridge")], time.monotonic())
            time.sleep(1.0)


def _parts_of(ports: Ports) -> Iterator[tuple[int, str]]:
    yield ports.page, "page"
    yield ports.cloud, "cloud's gRPC"
    yield ports.network_api, "network server's API"
    yield ports.broker, "MQTT broker"
    yield ports.engine, "DynamoDB engine"


@contextlib.contextmanager
def _folder(options: DemoOptions) -> Iterator[Path]:
    """Yield the data folder; a temporary one is removed afterwards."""
    if options.data is not None:
        options.data.mkdir(parents=True, exist_ok=True)
        yield options.data.resolve()
        return
    with tempfile.TemporaryDirectory(prefix="farwire-demo-") as name:
        yield Path(name)
