"""Which nodes may come over HTTPS: a file with a line for each, its DevEUI and the SHA-256 of its token in
hex.

`printf %s TOKEN | sha256sum` makes one. The file is read again when it changed, so that a new node needs no
restart; who reads it learns no token. Empty lines and lines that begin with # say nothing.
"""

import hashlib
import hmac
import logging
import re
import threading
from pathlib import Path

from farwire_bridge.errors import TokensError

LOG = logging.getLogger("farwire.bridge")

_LINE = re.compile(r"([0-9a-f]{16})\s+([0-9a-f]{64})")
_NOBODY = "0" * 64


class Tokens:
    """The file's content; raises OSError or TokensError for one that cannot be used at the start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._stamp = _stamp(path)
        self._digests = _read(path)

    def allow(self, dev_eui: str, token: str) -> bool:
        """Return whether a token is the device's; takes as long for a device that is not known."""
        with self._lock:
            self._refresh()
            known = self._digests.get(dev_eui, _NOBODY)
        return hmac.compare_digest(hashlib.sha256(token.encode()).hexdigest(), known)

    def _refresh(self) -> None:
        """Read the file if it changed; what cannot be used changes nothing, and is logged once."""
        try:
            stamp = _stamp(self._path)
            if stamp == self._stamp:
                return
            self._stamp = stamp
            self._digests = _read(self._path)
        except (OSError, TokensError, UnicodeDecodeError) as error:
            LOG.error("tokens of IP nodes not read again", extra={"detail": str(error)[:200]})  # noqa: TRY400


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read(path: Path) -> dict[str, str]:
    found = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None:
            raise TokensError(f"{path}:{number}: expected a DevEUI and a SHA-256, in lower-case hex digits")
        found[match.group(1)] = match.group(2)
    return found
