"""The embedded MQTT broker (amqtt, MQTT 3.1.1), for a laptop that has no Mosquitto.

It keeps persistent sessions and their messages in memory only: they survive their clients' restarts, not
its own. Nothing is lost by that (nodes repeat what is not acknowledged), it only takes longer.
"""

import asyncio
import hmac
import logging
import threading
from dataclasses import dataclass

from amqtt.broker import Broker
from amqtt.errors import BrokerError
from amqtt.plugins.base import BaseAuthPlugin
from amqtt.session import Session

from farwire.errors import PartFailedError, PortTakenError

log = logging.getLogger("farwire.broker")


class OnePassword(BaseAuthPlugin):
    """Lets in who knows the one password.

    amqtt forgets the sessions of anonymous clients when they disconnect, so even on loopback a client
    has to have a name.
    """

    async def authenticate(self, *, session: Session) -> bool:
        """Return whether the session's password is the broker's."""
        return bool(session.username) and hmac.compare_digest(session.password or "", self.config.password)

    @dataclass
    class Config:
        """The plugin's settings, in amqtt's form."""

        password: str


def run(host: str, port: int, password: str, stop: threading.Event) -> None:
    """Serve MQTT on `host`:`port` until `stop` is set. Raises PortTakenError, PartFailedError."""
    asyncio.run(_serve(host, port, password, stop))


async def _serve(host: str, port: int, password: str, stop: threading.Event) -> None:
    plugin = f"{OnePassword.__module__}.{OnePassword.__qualname__}"
    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{host}:{port}", "max_connections": 200}},
            "plugins": {plugin: {"password": password}},
        }
    )
    try:
        await broker.start()
    except BrokerError as error:
        if "in use" in str(error):
            raise PortTakenError(port, "MQTT broker") from error
        raise PartFailedError(f"the MQTT broker would not start: {error}") from error
    log.info("listening", extra={"host": host, "port": port})
    try:
        while not stop.is_set():
            await asyncio.sleep(0.2)
    finally:
        await broker.shutdown()
