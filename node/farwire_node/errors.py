"""What can go wrong on a node, named for what the caller can do about it.

NodeError
├── FrameError              bytes from the air are no frame of the kind expected: drop and count
│   └── MicError            well formed, but not signed with our key: foreign, replayed or damaged
├── SensorError             this reading failed: record it as missing
├── ActuatorError           the output did not do it: answer the command so
├── ConfigurationError      a value outside what the node, board or region allows: mend the input
└── StorageError            what was stored cannot be read back: start afresh and report it
"""


class NodeError(Exception):
    """Base of every error that farwire_node raises on purpose."""


class FrameError(NodeError):
    """Bytes that are no frame of the expected kind, or a frame that cannot be encoded."""


class MicError(FrameError):
    """A frame whose message integrity code is not the one that our key gives."""


class SensorError(NodeError):
    """A sensor that gave no usable value this time."""


class ActuatorError(NodeError):
    """An output that could not be brought to the value asked for."""


class ConfigurationError(NodeError):
    """A setting outside what the node, the board or the region allows."""


class StorageError(NodeError):
    """Stored bytes that are not what this program once stored."""
