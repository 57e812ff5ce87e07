"""HTTP/1.1 as far as nodes need it (RFC 9112): a request's head, an answer's bytes. Pure.

Whatever two readers of a head could understand differently is refused: a proxy may stand in front.
"""

import re
from dataclasses import dataclass
from http import HTTPStatus

LONGEST_HEAD = 8_192
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_LINE = re.compile(rb"([A-Z]{1,16}) (/[!-~]{0,511}) HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([^\x00-\x08\x0a-\x1f\x7f]*)")
_ONCE = ("host", "content-length", "authorization", "prefer", "expect")


class BadHeadError(Exception):
    """What came is no request that this server reads."""


@dataclass(frozen=True, slots=True)
class Head:
    """A request's head: `fields` by lower-case name, the last of each; `keeps`: the connection is to stay."""

    method: str
    target: str
    fields: dict[str, str]
    keeps: bool

    @property
    def length(self) -> int | None:
        """Bytes of the body; None where that is not said plainly."""
        text = self.fields.get("content-length", "")
        if "transfer-encoding" in self.fields or not re.fullmatch(r"[0-9]{1,9}", text):
            return None
        return int(text)


def parse(data: bytes) -> Head:
    """Return the head, of which `data` is all up to and with the empty line; raises BadHeadError."""
    lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
    first = _LINE.fullmatch(lines[0])
    if first is None:
        raise BadHeadError("the first line is no request")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise BadHeadError("a line is no field")
        name = match.group(1).decode("ascii").lower()
        if name in fields and name in _ONCE:
            raise BadHeadError(f"{name} comes twice")
        fields[name] = match.group(2).decode("latin-1").strip(" \t")
    connection = fields.get("connection", "").lower()
    keeps = connection == "keep-alive" if first.group(3) == b"0" else "close" not in connection
    return Head(first.group(1).decode(), first.group(2).decode(), fields, keeps)


def answer(status: int, body: bytes, keeps: bool) -> bytes:
    """Return an answer; one of status 204 has no body and says no length (RFC 9110 §8.6)."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
    if status != HTTPStatus.NO_CONTENT:
        lines.append(f"Content-Length: {len(body)}")
    if body:
        lines.append("Content-Type: application/octet-stream")
    if not keeps:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
