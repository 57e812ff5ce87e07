"""The whole loop, as a newcomer runs it: real broker, real engine, real gRPC, every part a process."""

import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.e2e.demo_process import demo

SPEED = ("--speed", "60")


def figure(text: str, name: str) -> int:
    """Return the whole number behind `name` in the demo's summary."""
    found = re.search(rf"^{name}\s+(\d+)", text, re.MULTILINE)
    assert found is not None, text
    return int(found[1])


def assert_nothing_lost(text: str, code: int) -> None:
    assert figure(text, "sampled") > 0, text
    assert (figure(text, "lost"), figure(text, "duplicates"), figure(text, "altered")) == (0, 0, 0), text
    assert code == 0, text


def test_an_hour_of_a_plant_is_stored_once_and_whole_within_the_law(tmp_path: Path) -> None:
    with demo(tmp_path, *SPEED, "--minutes", "60") as running:
        code = running.finish(240)

    assert_nothing_lost(running.text, code)
    allowed = re.search(r"([\d.]+) % of what is allowed", running.text)
    assert allowed is not None
    assert 0 < float(allowed[1]) <= 100
    assert running.left_over() == []


def test_a_third_of_all_frames_lost_loses_no_record(tmp_path: Path) -> None:
    with demo(tmp_path, *SPEED, "--minutes", "45", "--loss", "0.3") as running:
        code = running.finish(280)

    assert_nothing_lost(running.text, code)


def test_killed_parts_come_back_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with demo(tmp_path, *SPEED, "--minutes", "45") as running:
        running.read_until(r"[1-9]\d* stored", 60)
        for part in ("bridge", "cloud", "engine"):
            running.kill(part)
            running.read_until(f"the {part} had died; started again", 30)
            running.read_until(r"\d+ stored", 30)
        code = running.finish(240)

    assert_nothing_lost(running.text, code)
    assert re.search(r"parts restarted\s+engine 1, cloud 1, bridge 1", running.text), running.text


def test_a_command_switches_an_output_and_a_configuration_gets_in_sync(tmp_path: Path) -> None:
    with demo(tmp_path, "--speed", "20", "--nodes", "3") as running:
        key = running.read_until(r"^API key  (\S+)", 60)[1]
        devices = running.wait_for(
            "three devices with an output",
            lambda: [
                device["dev_eui"]
                for device in running.call(key, "/devices")["devices"]
                if device["records"]["stored"]
            ],
            60,
        )
        device = f"/devices/{devices[0]}"

        order = running.call(key, f"{device}/commands", {"command": "set_output", "channel": 20, "value": 1})
        changed = {"settings": [{"key": "sampling_interval_s", "value": 120}]}
        running.call(key, f"{device}/configuration", changed, "PUT")

        done = running.wait_for(
            "the command acknowledged",
            lambda: (
                found := running.call(key, f"{device}/commands/{order['order_id']}"),
                found["fate"] == "acknowledged" and found,
            )[1],
            90,
        )
        steps = [step["step"] for step in done["history"]]
        assert steps.index("enqueued") < steps.index("sent") < steps.index("done"), steps
        running.wait_for(
            "the output's own reading to be 1",
            lambda: any(
                reading["raw"] == [1]
                for reading in running.call(key, f"{device}/readings?channel=20&order=desc")["readings"]
            ),
            90,
        )
        running.wait_for("in sync", lambda: running.call(key, f"{device}/configuration")["in_sync"], 90)

        running.process.send_signal(signal.SIGINT)
        assert running.finish(30) == 0
    assert running.left_over() == []


def test_a_log_is_fetched_and_what_a_node_holds_is_erased(tmp_path: Path) -> None:
    with demo(tmp_path, "--speed", "20", "--nodes", "2") as running:
        key = running.read_until(r"^API key  (\S+)", 60)[1]
        device, other = running.wait_for(
            "two devices with records",
            lambda: (
                found := [
                    f"/devices/{each['dev_eui']}"
                    for each in running.call(key, "/devices")["devices"]
                    if each["records"]["stored"]
                ],
                len(found) == 2 and found,
            )[1],
            60,
        )

        def done(order: dict[str, Any]) -> list[str]:
            order = running.wait_for(
                "the command acknowledged",
                lambda: (
                    found := running.call(key, f"{device}/commands/{order['order_id']}"),
                    found["fate"] == "acknowledged" and found,
                )[1],
                90,
            )
            return [step["step"] for step in order["history"]]

        def log(holds: str) -> str:
            report = running.wait_for(
                f"a log with {holds!r}",
                lambda: next(
                    (
                        each
                        for each in running.call(key, f"{device}/logs")["logs"]
                        if each["whole"] and holds in each["text"]
                    ),
                    None,
                ),
                90,
            )
            return str(report["text"])

        assert "done" in done(running.call(key, f"{device}/commands", {"command": "send_log"}))
        assert "W started: power_on" in log("started")

        confirmed = {"confirm": device.removeprefix("/devices/")}
        erase = {"command": "erase", "what": ["records", "alarms", "logs"], **confirmed}
        before = running.call(key, device)["report"]
        assert "done" in done(running.call(key, f"{device}/commands", erase))
        state = running.wait_for(
            "the state after the erasure",
            lambda: (
                found := running.call(key, device)["report"],
                found["time_ms"] > before["time_ms"] and found,
            )[1],
            90,
        )
        assert state["oldest_record"] > before["oldest_record"]
        assert state["dropped_records"] >= before["dropped_records"]
        stored = running.call(key, device)["records"]["stored"]

        running.call(key, f"{device}/commands", {"command": "send_log"})
        assert "started" not in log("W erased: 7")
        running.wait_for(
            "records that came after the erasure",
            lambda: running.call(key, device)["records"]["stored"] > stored,
            90,
        )
        assert running.call(key, f"{other}/commands")["orders"] == []


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        ended = subprocess.run(
            [sys.executable, "-m", "farwire", "demo", "--port", str(port), "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    assert ended.returncode == 2
    assert f"port {port} (for the page) is taken by another program" in ended.stderr
