"""Heads of HTTP requests: what is read, and what two readers could understand differently is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from farwire_bridge import ip_http
from farwire_bridge.ip_http import BadHeadError

LINE = b"POST /farwire/70b3d57ed0000a01 HTTP/1.1\r\n"


def test_a_head_has_its_fields_by_name_in_lower_case() -> None:
    head = ip_http.parse(LINE + b"Content-Length: 12\r\nPREFER:\twait=25 \r\n\r\n")

    assert (head.method, head.target) == ("POST", "/farwire/70b3d57ed0000a01")
    assert head.fields == {"content-length": "12", "prefer": "wait=25"}
    assert (head.length, head.keeps) == (12, True)


@pytest.mark.parametrize(
    ("line", "connection", "keeps"),
    [("1.1", "", True), ("1.1", "close", False), ("1.0", "", False), ("1.0", "Keep-Alive", True)],
)
def test_whether_a_connection_stays_depends_on_the_version_and_what_is_said(
    line: str, connection: str, keeps: bool
) -> None:
    head = ip_http.parse(f"POST / HTTP/{line}\r\nConnection: {connection}\r\n\r\n".encode())

    assert head.keeps is keeps


@pytest.mark.parametrize(
    "text",
    [
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Authorization: Bearer a\r\nauthorization: Bearer b\r\n",
        b"Content-Length : 1\r\n",
        b"Prefer: wait=1\r\n folded\r\n",
        b"no colon\r\n",
        b"Prefer: a\nContent-Length: 5\r\n",
        b"Prefer: a\x00b\r\n",
        b": empty\r\n",
    ],
)
def test_a_doubtful_field_is_refused(text: bytes) -> None:
    with pytest.raises(BadHeadError):
        ip_http.parse(LINE + text + b"\r\n")


@pytest.mark.parametrize(
    "text", [b"", b"POST /\r\n", b"post / HTTP/1.1\r\n", b"POST  / HTTP/1.1\r\n", b"POST x HTTP/1.1"]
)
def test_a_first_line_that_is_no_request_is_refused(text: bytes) -> None:
    with pytest.raises(BadHeadError):
        ip_http.parse(text + b"\r\n\r\n")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"Content-Length: -1\r\n",
        b"Content-Length: 1, 1\r\n",
        b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_a_length_that_is_not_said_plainly_is_none(text: bytes) -> None:
    assert ip_http.parse(LINE + text + b"\r\n").length is None


@given(st.binary(max_size=200))
@example(LINE + "Content-Length: \u0661\r\n\r\n".encode())
def test_any_bytes_are_a_head_or_refused(data: bytes) -> None:
    try:
        head = ip_http.parse(data)
    except BadHeadError:
        return
    assert head.length is None or head.length >= 0


def test_an_answer_without_content_says_no_length() -> None:
    assert ip_http.answer(204, b"", True) == b"HTTP/1.1 204 No Content\r\n\r\n"
    assert ip_http.answer(401, b"", False) == (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    )
