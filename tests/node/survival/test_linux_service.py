"""A node as a service of Linux: what systemd hears, and what the next run knows of how the last one ended."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from farwire_codecs.state_report import RESET_REASONS
from farwire_node.survival import watchdog
from farwire_node.survival.reset_host import Run
from farwire_node.survival.systemd_host import ALIVE, READY, Service

PROGRAM = """
import signal, sys, threading
from importlib import import_module
from pathlib import Path
from farwire_node.modems.settings_host import NodeSettings

folder, link = Path(sys.argv[1]), sys.argv[2]
stop = threading.Event()
signal.signal(signal.SIGTERM, lambda *_: stop.set())
settings = NodeSettings(dev_eui="70b3d57ed0000a01", link=link, data=folder / "data", sampling_interval_s=1,
    reporting_interval_s=60, temperature=folder / "temperature", server_host="127.0.0.1", server_port=1,
    port=folder / "modem", join_eui="70b3d57ed0000000", app_key="00112233445566778899aabbccddeeff")
program = import_module("farwire_node." + ("modems" if link == "modem" else "ip") + ".main_host")
program.run(settings, stop)
"""
LINKS = ("modem", "mqtt", "https")


class Systemd:
    """The socket that a service notifies, and the service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "temperature").write_text("41234\n")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        self._socket.settimeout(30)
        self.environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(folder / "notify"),
            "WATCHDOG_USEC": "400000",
            "PYTHONPATH": ":".join(sys.path),
        }

    def start(self, link: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-c", PROGRAM, str(self.folder), link]
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL)
        assert self.next() == READY
        return process

    def hang(self) -> None:
        """Have the sensor's file wait for somebody who writes into it."""
        os.mkfifo(self.folder / "fifo")
        (self.folder / "fifo").replace(self.folder / "temperature")

    def next(self) -> str:
        return self._socket.recv(100).decode()

    def beats_stop(self) -> None:
        """Return when the service says nothing more for as long as its watchdog allows."""
        self._socket.settimeout(1.0)
        try:
            while True:
                self._socket.recv(100)
        except TimeoutError:
            self._socket.settimeout(30)

    def cause(self) -> tuple[str, Run]:
        run = Run(self.folder / "data")
        run.ended()
        return RESET_REASONS[run.cause], run

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def systemd(tmp_path: Path):  # type: ignore[no-untyped-def]
    found = Systemd(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("link", LINKS)
def test_a_healthy_service_keeps_telling_and_an_orderly_stop_is_known_as_one(
    systemd: Systemd, link: str
) -> None:
    process = systemd.start(link)
    assert [systemd.next() for _ in range(5)] == [ALIVE] * 5

    process.terminate()
    assert process.wait(30) == 0

    assert systemd.cause()[0] == "command"


def test_a_hang_ends_the_beats_and_after_the_abort_it_is_known_as_one_with_its_place(
    systemd: Systemd,
) -> None:
    process = systemd.start("mqtt")
    systemd.hang()
    systemd.beats_stop()
    assert process.poll() is None
    process.send_signal(signal.SIGABRT)  # as systemd's watchdog does
    assert process.wait(30) == -signal.SIGABRT

    reason, run = systemd.cause()

    assert reason == "watchdog"
    assert "in read" in run.trace
    before = run.crumb_before
    assert before is not None
    assert watchdog.PHASES[before[0]] == "sampling"


def test_a_kill_is_known_as_a_crash(systemd: Systemd) -> None:
    process = systemd.start("mqtt")
    assert systemd.next() == ALIVE

    process.kill()
    process.wait(30)

    assert systemd.cause()[0] == "crash"


def test_the_node_reports_the_kill_of_the_run_before(systemd: Systemd) -> None:
    killed = systemd.start("mqtt")
    assert systemd.next() == ALIVE
    killed.kill()
    killed.wait(30)
    process = systemd.start("mqtt")
    assert systemd.next() == ALIVE
    process.terminate()
    process.wait(30)

    report = (systemd.folder / "data" / "crash_report").read_bytes()
    assert b"crash\nuptime_s 0\n" in report
    assert b"crashes 1\n" in report


@pytest.mark.parametrize(
    ("ended", "boot", "reason"),
    [
        (True, "a", "command"),
        (True, "b", "power_on"),
        (False, "a", "crash"),
        (False, "b", "brown_out"),
    ],
)
def test_a_run_knows_how_the_one_before_ended(tmp_path: Path, ended: bool, boot: str, reason: str) -> None:
    boot_id = tmp_path / "boot_id"
    boot_id.write_text("a\n")
    first = Run(tmp_path / "data", boot_id=boot_id)
    assert RESET_REASONS[first.cause] == "power_on"
    first.close()
    if ended:
        first.ended()
    boot_id.write_text(boot)

    second = Run(tmp_path / "data", boot_id=boot_id)
    second.ended()

    assert RESET_REASONS[second.cause] == reason


def test_the_breadcrumb_lies_where_it_is_told_to_and_outlives_the_run(tmp_path: Path) -> None:
    first = Run(tmp_path / "data", tmp_path)
    first.crumb.note(watchdog.LINK, 7_900)

    second = Run(tmp_path / "data", tmp_path)

    assert second.crumb.read() == (watchdog.LINK, 7)
    assert not (tmp_path / "data" / "breadcrumb").exists()
    second.ended()
    first.crumb.note(watchdog.LINK, 8_000)  # a thread's last word is no fault
    first.ended()


def test_without_systemd_nobody_is_told_and_there_is_no_watchdog(tmp_path: Path) -> None:
    assert Service({}).watchdog() is None
    Service({}).tell(READY)
    Service({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).tell(READY)


def test_the_watchdog_is_for_the_process_that_systemd_names() -> None:
    asked = {"NOTIFY_SOCKET": "/nowhere", "WATCHDOG_USEC": "30000000"}

    other = Service({**asked, "WATCHDOG_PID": "1"}).watchdog()
    own = Service({**asked, "WATCHDOG_PID": str(os.getpid())}).watchdog()

    assert other is None
    assert own is not None
    assert own.within_ms == 15_000


def test_systemd_is_told_no_more_often_than_it_takes_and_by_an_abstract_name_as_well() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        name = f"farwire-test-{os.getpid()}-{threading.get_ident()}"
        listener.bind("\0" + name)
        listener.setblocking(False)
        now_s = 0.0
        service = Service({"NOTIFY_SOCKET": "@" + name, "WATCHDOG_USEC": "8000000"}, lambda: now_s)
        dog = service.watchdog()
        assert dog is not None
        for now_s in (0.0, 0.2, 1.9, 2.0, 3.0, 4.0):  # noqa: B007 (the clock reads it)
            dog.feed()

        told = [listener.recv(100) for _ in range(3)]

        assert told == [ALIVE.encode()] * 3
        with pytest.raises(BlockingIOError):
            listener.recv(100)
