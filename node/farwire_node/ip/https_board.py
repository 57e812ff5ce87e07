"""A carrier over HTTPS for boards: a module of the shape of micropython-lib's `requests` (urequests).

A request waits for its answer, and the node with it: as class C, too, keep it short (an IpLink's `wait_s` of
0), so that sampling goes on. Whether the server's certificate is verified is that module's doing (that of
micropython-lib verifies none); without it anybody can be the server.
"""

from farwire_codecs import ip_frame
from farwire_codecs.errors import CodecError
from farwire_node.ip.actions import Carry
from farwire_node.ip.carrier import Carrier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from farwire_node.ip.actions import Close, Open
    from farwire_node.ip.ip_link import IpLink

OK, EMPTY = 200, 204  # taken: with downlinks, and without any
NEVER = (400, 404, 413)  # another try would get the same
TIMEOUT_S = 15


class HttpsBoard(Carrier):
    """Posts to `url`, which ends with the DevEUI, with the node's `token`; `requests`: the board's module.

    `timeout_s`: of each step of a request (connecting, TLS, an answer); the board's watchdog must allow them.
    """

    def __init__(
        self, link: "IpLink", requests: "Any", url: str, token: str, timeout_s: int = TIMEOUT_S
    ) -> None:
        self._timeout_s = timeout_s
        self._link = link
        self._requests = requests
        self._url = url
        self._token = token

    def do(self, action: "Open | Carry | Close", now_ms: int) -> None:
        """Begin an action, which is over when this returns."""
        if isinstance(action, Carry):  # each request has a connection of its own
            try:
                answer = self._requests.post(
                    self._url,
                    data=action.data,
                    headers={
                        "Authorization": "Bearer " + self._token,
                        "Content-Type": "application/octet-stream",
                        "Prefer": "wait=" + str(action.wait_s),
                    },
                    timeout=self._timeout_s,
                )
                status = answer.status_code
                body = answer.content if status == OK else b""
                answer.close()
            except Exception:  # OSError, and what the module makes of a broken answer
                status, body = 0, b""
            answered(self._link, action.token, status, body, now_ms)

    def report(self, now_ms: int) -> None:
        """Everything was told at once."""

    def renew(self, link: "IpLink") -> None:
        """Report to another link."""
        self._link = link

    def close(self) -> None:
        """There is nothing to give up."""


def answered(link: "IpLink", token: int, status: int, body: bytes, now_ms: int) -> None:
    """Tell the link what came of a request; `status` 0: no answer."""
    if status in (OK, EMPTY):
        link.on_taken(token, now_ms)
        try:
            for data in ip_frame.decode_several(body):
                link.on_downlink(data, now_ms)
        except CodecError:
            link.counters["refused"] += 1
    elif status in NEVER:
        link.on_refused(token, now_ms)
    else:
        link.on_closed(now_ms)
