"""Which servers a node tries: those of its configuration (SERVER_...), else the one that it was set up with.

`server_path` is the prefix of the topics (MQTT), or the path of the URL (HTTP); the DevEUI follows it.
"""

from collections import namedtuple

from farwire_codecs import configuration as codec
from farwire_codecs import configuration_keys as keys
from farwire_codecs.errors import CodecError
from farwire_node.control.configuration import CONFIGURATION_KEY
from farwire_node.storage import Storage

Server = namedtuple("Server", ("protocol", "host", "port", "path", "user", "password"))
"""`protocol` one of "mqtts", "https", "mqtt", "http". Never log one: it holds a password."""

MQTT, HTTP = ("mqtts", "mqtt"), ("https", "http")
USUAL_PORTS = {"mqtts": 8883, "mqtt": 1883, "https": 443, "http": 80}
USUAL_PATH = "farwire"


def configured(storage: Storage, protocols: "tuple[str, ...]", usual: Server) -> "list[Server]":
    """Return the servers to try in turn: of the configuration in `storage` those with one of `protocols`, in
    the order of their indices, else `usual`, which also gives what a server there does not say."""
    values = {(setting.key, setting.index): setting.value for setting in _document(storage)}
    names = keys.choices_of(codec.KEYS[keys.SERVER_PROTOCOL])
    found = []
    for index in sorted([index for key, index in values if key == keys.SERVER_HOST and index is not None]):
        chosen = values.get((keys.SERVER_PROTOCOL, index))
        protocol = usual.protocol if chosen is None else names[chosen]
        if protocol in protocols:
            found.append(
                Server(
                    protocol,
                    values[(keys.SERVER_HOST, index)],
                    values.get((keys.SERVER_PORT, index), USUAL_PORTS[protocol]),
                    values.get((keys.SERVER_PATH, index), usual.path),
                    values.get((keys.SERVER_USER, index), usual.user),
                    _text(values.get((keys.SERVER_PASSWORD, index)), usual.password),
                )
            )
    return found or [usual]


def _document(storage: Storage) -> "tuple[codec.Setting, ...]":
    saved = storage.load(CONFIGURATION_KEY)
    try:
        return codec.decode_document(saved) if saved else ()
    except CodecError:
        return ()


def _text(secret: "bytes | None", usual: str) -> str:
    """Return a secret as text; one that is no UTF-8 no server will take."""
    try:
        return usual if secret is None else secret.decode()
    except UnicodeError:
        return ""


class Turns:
    """Servers in turn: each try is the next one's, until one holds."""

    def __init__(self, servers: "list[Server]") -> None:
        self.servers = servers
        self._at = 0
        self._is_good = True

    def next(self) -> Server:
        """Return the server to try: the last one if it held, else the one after it."""
        if not self._is_good:
            self._at += 1
        self._is_good = False
        return self.servers[self._at % len(self.servers)]

    def held(self) -> None:
        """The last one is good."""
        self._is_good = True
