"""Errors of the network server, named for what the caller can do about them.

NetworkServerError
  NotFoundError          there is no such object
  ConstraintError        the database would have refused it: a key taken, or a reference to nothing
  InvalidArgumentError   the request itself is wrong
  MalformedIdError       an EUI, DevAddr or key that is not the hex digits it should be
  NotSupportedError      ChirpStack can, this network server cannot
  RefusedError           a frame or a message that is dropped, with the reason that is counted
"""

from farwire_twin.errors import TwinError


class NetworkServerError(TwinError):
    """Base of all errors of the network server."""


class NotFoundError(NetworkServerError):
    """There is no such object; the message is ChirpStack's (storage/error.rs)."""

    def __init__(self, key: str) -> None:
        super().__init__(f"Object does not exist (id: {key})")


class ConstraintError(NetworkServerError):
    """A unique key is taken, or a reference leads nowhere; worded as SQLite does below ChirpStack."""

    @classmethod
    def taken(cls, column: str) -> "ConstraintError":
        """The primary key `column` (as "device.dev_eui") is in use."""
        return cls(f"UNIQUE constraint failed: {column}")

    @classmethod
    def dangling(cls) -> "ConstraintError":
        """The object that is referred to does not exist."""
        return cls("FOREIGN KEY constraint failed")


class InvalidArgumentError(NetworkServerError):
    """The request is wrong in itself."""

    @classmethod
    def validation(cls, what: str) -> "InvalidArgumentError":
        """A field breaks a rule of its own."""
        return cls(f"Validation error: {what}")


class MalformedIdError(NetworkServerError):
    """Not the hex digits that it should be. ChirpStack answers these as internal errors (api/error.rs)."""


class NotSupportedError(NetworkServerError):
    """ChirpStack can do this, the embedded network server cannot."""


class RefusedError(NetworkServerError):
    """A frame or message is dropped. `reason` is the name of its counter, `facts` go to the log."""

    def __init__(self, reason: str, **facts: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.facts = facts
