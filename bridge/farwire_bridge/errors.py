"""What the bridge raises.

BridgeError
├── CodecFileError       a vendor's codec file cannot be used; mend the settings or the file, then start again
├── MalformedEventError  an MQTT message that is not the event its topic says; keep it, acknowledge it, go on
├── OrderError           an order of the cloud that nobody could carry out; answer it as failed
├── SpoolVersionError    the spool's file was written by a newer bridge; start that one
├── TokensError          the file of nodes' tokens cannot be used; mend it, then start again
└── UnknownDialectError  a device's tag names a codec or an LPP profile that there is not; refuse its frame

A message names the field, the value and what was expected.
"""


class BridgeError(Exception):
    """Base of everything that the bridge raises itself."""


class CodecFileError(BridgeError):
    """A codec file of the settings that does not run."""


class MalformedEventError(BridgeError):
    """A message on an event topic that is not such an event."""


class OrderError(BridgeError):
    """An order that cannot be carried out as it stands."""


class SpoolVersionError(BridgeError):
    """The spool's file has a schema that this bridge does not know."""


class TokensError(BridgeError):
    """A line of the file of nodes' tokens that says nothing."""


class UnknownDialectError(BridgeError):
    """A tag of a device with a name that is not known here."""
