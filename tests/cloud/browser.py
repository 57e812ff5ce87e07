"""A real Chromium, driven by plain HTTP (W3C WebDriver) through chromedriver."""

import base64
import contextlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.servers import LOOPBACK, free_port, wait_for_port

CHROMEDRIVER = shutil.which("chromedriver")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
)
WAIT_S = 20.0


class Browser:
    """One window."""

    def __init__(self, session: httpx.Client) -> None:
        self._session = session

    def open(self, url: str) -> None:
        self._post("url", {"url": url})

    def run(self, script: str, *arguments: Any) -> Any:
        """The value that the script (a function's body) returns."""
        return self._post("execute/sync", {"script": script, "args": arguments})

    def text(self) -> str:
        """All that is to be read on the page."""
        return str(self.run("return document.body.innerText"))

    def wait(self, script: str) -> Any:
        """Wait until the script returns something true; AssertionError with the page's text if never."""
        deadline = time.monotonic() + WAIT_S
        while not (found := self.run(script)):
            assert time.monotonic() < deadline, f"never: {script}\n{self.text()}"
            time.sleep(0.05)
        return found

    def emulate(self, width: int, height: int, *, dark: bool = False) -> None:
        """Show the page as on a screen of this size, in CSS pixels."""
        phone = width < 600
        metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if phone else 1, "mobile": phone}
        self._chrome("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._chrome("Emulation.setEmulatedMedia", {"features": features})

    def screenshot(self, path: Path) -> Path:
        """A picture of the whole page."""
        answer = self._chrome("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def errors(self) -> list[str]:
        """What the page complained about on its console."""
        return [
            each["message"] for each in self._post("se/log", {"type": "browser"}) if each["level"] == "SEVERE"
        ]

    def _chrome(self, command: str, parameters: dict[str, Any]) -> Any:
        return self._post("goog/cdp/execute", {"cmd": command, "params": parameters})

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self._session.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser with a profile of its own in `folder`."""
    if CHROMEDRIVER is None or CHROMIUM is None:
        pytest.skip("chromium or chromedriver is not installed (tests/system-packages.sh installs them)")
    port, log = free_port(), folder / "chromedriver.log"
    with log.open("wb") as output:
        driver = subprocess.Popen(
            [CHROMEDRIVER, f"--port={port}", "--allowed-ips=127.0.0.1"], stdout=output, stderr=output
        )
    try:
        wait_for_port(port, driver, log)
        options = {"binary": CHROMIUM, "args": [*ARGUMENTS, f"--user-data-dir={folder / 'profile'}"]}
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", timeout=60) as client:
            answer = client.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
            assert answer.status_code == 200, answer.text
            session = answer.json()["value"]["sessionId"]
            address = f"http://{LOOPBACK}:{port}/session/{session}"
            client.base_url = httpx.URL(address + "/")
            try:
                yield Browser(client)
            finally:
                # Not with the slash of the base: the driver answers 404 to that, and the browser lives on.
                ended = client.delete(address)
                assert ended.status_code == 200, ended.text
    finally:
        driver.terminate()
        driver.wait(timeout=10)
