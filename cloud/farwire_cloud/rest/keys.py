"""API keys: who may do what. A key is `fw_<id>_<secret>`; the store has only the secret's hash.

The secret is 192 random bits, so a plain SHA-256 of it cannot be searched, and needs no slow hash or salt.
"""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from farwire_cloud.errors import InvalidError, NotFoundError
from farwire_cloud.recent import Recent
from farwire_cloud.store import keys
from farwire_cloud.store.order_items import StoredKey, key_from_item, key_to_item
from farwire_cloud.store.table import Table

PREFIX = "fw"
LONGEST_KEY = 256  # characters; more is not looked at
CACHED_MS = 10_000  # a key that was revoked through another copy works here for at most this long
MOST_CACHED = 1000
LONGEST_NAME = 64


class Role(IntEnum):
    """Each role may also do what the lower ones may."""

    VIEWER = 1  # read
    OPERATOR = 2  # commands and configurations
    ADMIN = 3  # API keys


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key came with a request."""

    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A new key. The text is shown once and kept nowhere."""

    stored: StoredKey
    text: str


class ApiKeys:
    """Any thread may call. `bootstrap`: an admin's key that needs no store, to make the first one with."""

    def __init__(self, table: Table, clock: Callable[[], int], bootstrap: str | None) -> None:
        self._table = table
        self._clock = clock
        self._bootstrap = _hash(bootstrap) if bootstrap else None
        self._cache: Recent[str, tuple[int, StoredKey | None]] = Recent(MOST_CACHED)
        self._lock = threading.Lock()

    def caller(self, text: str) -> Caller | None:
        """Return whose key `text` is, None if it is nobody's."""
        if not text or len(text) > LONGEST_KEY:
            return None
        hash_ = _hash(text)
        if self._bootstrap and hmac.compare_digest(hash_, self._bootstrap):
            return Caller("bootstrap", Role.ADMIN)
        key_id = _id_in(text)
        stored = self._stored(key_id) if key_id else None
        if stored is None or not hmac.compare_digest(hash_, stored.secret_hash):
            return None
        return Caller(stored.name, Role[stored.role.upper()])

    def create_key(self, name: str, role: Role) -> MadeKey:
        """Make a key and store it; raises InvalidError for an unfit name."""
        if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
            raise InvalidError("name", name, f"1 to {LONGEST_NAME} printable characters")
        key_id = secrets.token_hex(6)
        text = f"{PREFIX}_{key_id}_{secrets.token_urlsafe(24)}"
        stored = StoredKey(key_id, name, role.name.lower(), _hash(text), self._clock())
        self._table.put_many([key_to_item(stored)])
        self._forget(key_id)
        return MadeKey(stored, text)

    def all(self) -> list[StoredKey]:
        """Return all stored keys, the oldest first."""
        found = [key_from_item(item) for item in self._table.query(keys.api_keys()).items]
        return sorted(found, key=lambda key: (key.created_ms, key.key_id))

    def revoke(self, key_id: str) -> None:
        """End a key; raises NotFoundError."""
        if self._table.get(keys.api_key(key_id)) is None:
            raise NotFoundError(f"there is no API key {key_id!r}")
        self._table.delete(keys.api_key(key_id))
        self._forget(key_id)

    def _stored(self, key_id: str) -> StoredKey | None:
        now_ms = self._clock()
        with self._lock:
            cached = self._cache.get(key_id)
        if cached is not None and 0 <= now_ms - cached[0] < CACHED_MS:
            return cached[1]
        item = self._table.get(keys.api_key(key_id))
        stored = key_from_item(item) if item else None
        with self._lock:
            self._cache.put(key_id, (now_ms, stored))
        return stored

    def _forget(self, key_id: str) -> None:
        with self._lock:
            self._cache.drop(key_id)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _id_in(text: str) -> str | None:
    """Return the id in a key's text, None where it has not the shape of one."""
    prefix, _, rest = text.partition("_")
    key_id, _, secret = rest.partition("_")
    wellformed = prefix == PREFIX and len(key_id) == 12 and secret and key_id.isalnum() and key_id.isascii()
    return key_id if wellformed else None
