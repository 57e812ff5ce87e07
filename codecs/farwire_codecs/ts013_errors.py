"""What a vendor's codec file can do to whoever runs it. Host only.

CodecError
└── ScriptError  base; a message names the codec, the function and, where it is known, the line
    ├── ScriptFileError      the file does not run, or defines none of the functions; mend file or settings
    ├── ScriptThrewError     a function ended with an exception
    ├── ScriptReportedError  a function reported errors itself: bytes or values that it does not know
    ├── ScriptOutputError    a function returned something that TS013 does not allow, or more than is taken
    └── ScriptLimitError     a function used up its time, memory or stack
"""

from farwire_codecs.errors import CodecError


class ScriptError(CodecError):
    """Base of everything that running a vendor's codec raises."""


class ScriptFileError(ScriptError):
    """A file that is no codec."""


class ScriptThrewError(ScriptError):
    """A function that ended with an exception."""


class ScriptReportedError(ScriptError):
    """A function that reported errors in its output."""


class ScriptOutputError(ScriptError):
    """A function whose output is none."""


class ScriptLimitError(ScriptError):
    """A function that was stopped."""


KINDS: dict[str, type[ScriptError]] = {
    kind.__name__: kind
    for kind in (
        ScriptFileError,
        ScriptThrewError,
        ScriptReportedError,
        ScriptOutputError,
        ScriptLimitError,
    )
}
"""By name, as they travel between processes."""
