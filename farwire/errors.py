"""Errors of the front door.

FarwireError            something the person at the command line can mend; shown as one line, exit 2
├── SettingsError       a setting is missing, unknown or out of its range
├── CodecInputError     bytes, JSON or a file that `farwire codec` cannot take
├── PortTakenError      another program listens where a part was to listen
└── PartFailedError     a part of the demo would not start or would not stay up
"""


class FarwireError(Exception):
    """Base of all; its text is shown to the person as it is."""


class SettingsError(FarwireError):
    """A setting is missing, unknown or out of its range; the text names it and what was expected."""


class CodecInputError(FarwireError):
    """What was given to `farwire codec` is not usable; the text names it and what was expected."""


class PortTakenError(FarwireError):
    """Another program listens on a port that a part needs."""

    def __init__(self, port: int, part: str) -> None:
        super().__init__(f"port {port} (for the {part}) is taken by another program; choose another one")
        self.port = port


class PartFailedError(FarwireError):
    """A part of the demo would not start or would not stay up."""
