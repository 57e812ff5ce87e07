"""The demo's own view of the cloud: a few calls of its REST API, with the standard library."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from farwire.demo.audit import AuditedRecord

TIMEOUT_S = 10.0


class RestClient:
    """Calls the API at `address` (http://host:port) with `key`."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._key = key

    def healthy(self) -> bool:
        """Return whether the service answers."""
        try:
            self._call("/health")
        except OSError:
            return False
        return True

    def stats(self) -> dict[str, Any] | None:
        """Return the sums over all devices, or None while the service does not answer."""
        try:
            return self._call("/api/v1/stats")
        except OSError:
            return None

    def make_key(self, name: str, role: str) -> str:
        """Return a new API key. Raises OSError."""
        return str(self._call("/api/v1/keys", {"name": name, "role": role})["key"])

    def records(self, dev_eui: str) -> Iterator[AuditedRecord]:
        """Yield every stored record of a device. Raises OSError."""
        after: int | None = 0
        while after is not None:
            try:
                page = self._call(f"/api/v1/devices/{dev_eui}/records?after={after}&limit=1000")
            except urllib.error.HTTPError as error:
                if error.code == 404:  # the device never came through
                    return
                raise
            for record in page["records"]:
                values = sorted((v["channel"], v["type"], tuple(v["raw"])) for v in record["readings"])
                yield AuditedRecord(record["number"], record["time_ms"], tuple(values))
            after = page["after"]

    def _call(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310  (always http, to ourselves)
            self._address + path,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            found: dict[str, Any] = json.loads(answer.read() or b"{}")
        return found
