"""A crash in few bytes: where it happened, a digest that tells one kind of crash from another, and its text.

The digest is the CRC-32 of the innermost places and the exception's type; not of its message, which may hold
values. So the same fault has the same digest on every node of a fleet that runs the same program.
"""

from collections import namedtuple

from farwire_codecs.configuration_document import crc32

Crash = namedtuple("Crash", ("digest", "places", "error"))
"""`digest` 32 bits; `places` the innermost ones, the last one last, as "node.py:12 store.py:34"; `error` type
and message."""

MOST_PLACES = 6
LONGEST_ERROR = 120  # characters

_FILE, _LINE = 'File "', '", line '


def of_error(error: BaseException) -> Crash:
    """Return an exception's crash. Raises nothing, even where its text cannot be had."""
    try:
        trace = trace_of(error)
    except Exception:  # noqa: BLE001 (a message that cannot be made, memory that is used up: go on without)
        trace = ""
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 (the same)
        message = "?"
    name = type(error).__name__
    places = " ".join(places_in(trace)[-MOST_PLACES:])
    digest = crc32((places + " " + name).encode())
    return Crash(digest, places, f"{name}: {message}"[:LONGEST_ERROR])


def places_in(trace: str) -> list[str]:
    """Return the places that a traceback names, outermost first: file without its folder, and line.

    A packed program has no line numbers (all are 1): the function's name stands there instead.
    """
    places = []
    for padded in trace.split("\n"):
        line = padded.strip()
        at = line.find(_LINE)
        if line.startswith(_FILE) and at > 0:
            path = line[len(_FILE) : at].replace("\\", "/")
            place = line[at + len(_LINE) :].split(", in ")
            places.append(path.split("/")[-1] + ":" + place[-1 if place[0] == "1" else 0])
    return places


def trace_of(error: BaseException) -> str:
    """Return the traceback of an exception, as MicroPython or CPython writes it."""
    out = __import__("io").StringIO()  # by name: what a board has besides the core's own imports
    board = __import__("sys")
    if hasattr(board, "print_exception"):
        board.print_exception(error, out)
    else:
        __import__("traceback").print_exception(type(error), error, error.__traceback__, None, out)
    return str(out.getvalue())


def report(cause: str, crash: "Crash | None", uptime_s: "int | None", phase: str, count: int) -> bytes:
    """Return the crash report: some lines of text, at most 400 bytes or so.

    `cause` is one of farwire_codecs.state_report.RESET_REASONS; `crash` None where no exception was seen (the
    watchdog, the supply); `uptime_s` None where it is not known; `count` of crashes since the first start.
    """
    lines = [cause if crash is None else f"{cause} {crash.digest:08x}"]
    lines.append("uptime_s " + ("?" if uptime_s is None else str(uptime_s)))
    lines.append("phase " + phase)
    lines.append(f"crashes {count}")
    if crash is not None:
        lines.append("at " + (crash.places or "?"))
        lines.append(crash.error.replace("\n", " "))
    return ("\n".join(lines) + "\n").encode()
