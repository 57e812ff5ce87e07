"""What a codec raises, and nothing else.

CodecError
├── TruncatedError       the bytes end inside a field
├── UnknownTypeError     an LPP type or a configuration key that this codec has no layout for
│   └── UnknownCommandError  a command of a kind that this codec does not know; it can still be answered
├── UnknownVersionError  a frame of ours in a version that this codec does not know
├── UnknownSchemaError   a history batch whose channel table the receiver lacks; ask for it
├── UnknownBaseError     a history batch that builds on a record whose model the receiver lacks
├── MalformedError       the right length, but bytes that no encoder writes
└── RangeError           a value that the field cannot carry

A message names the field, the value and what was expected.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class CodecError(Exception):
    """Base of everything that encode and decode raise.

    LPP errors also carry where the decoder stopped (`offset`) and what it had until there (`items`).
    """

    offset: int = 0
    items: tuple[object, ...] = ()


class TruncatedError(CodecError):
    """The bytes end inside a field."""


class UnknownTypeError(CodecError):
    """A type id without a layout."""


class UnknownCommandError(UnknownTypeError):
    """A command of an unknown kind, or an Erase of something unknown, with the `number` to answer it by."""

    def __init__(self, number: int, kind: int, what: "int | None" = None) -> None:
        unknown = f"kind {kind}" if what is None else f"what {what:#04x}"
        super().__init__(f"command {number} has {unknown}, which is not known here")
        self.number = number
        self.kind = kind
        self.items = (number,)


class UnknownVersionError(CodecError):
    """A frame version that this codec does not know."""


class UnknownSchemaError(CodecError):
    """The receiver lacks the schema `schema_id` of a history batch."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"schema {schema_id} is not known here, and the batch does not carry it")
        self.schema_id = schema_id


class UnknownBaseError(CodecError):
    """The receiver lacks the model that a batch builds on (`low`: the record number's lowest byte)."""

    def __init__(self, low: int) -> None:
        super().__init__(
            f"the batch builds on the model at record {low} (modulo 256), which is not known here"
        )
        self.low = low


class MalformedError(CodecError):
    """Bytes that no encoder writes."""


class RangeError(CodecError):
    """A value outside what its field can carry."""


def stopped(error: CodecError, offset: int, items: "Sequence[object]") -> CodecError:
    """Return the error of a decoder that stopped at byte `offset`, after it had read `items`."""
    error.offset = offset
    error.items = tuple(items)
    return error
