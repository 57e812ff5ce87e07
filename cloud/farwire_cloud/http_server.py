"""uvicorn in a thread of this process, on a port that was taken before."""

import logging
import socket
import threading

import uvicorn
from fastapi import FastAPI

from farwire_cloud.errors import StartError

GRACE_S = 3
START_WAIT_S = 10.0
KEEP_ALIVE_S = 30


class HttpServer:
    """Serves an application until `stop`."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._socket = _listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)  # what it says else is said here already
        configuration = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = uvicorn.Server(configuration)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    def start(self) -> None:
        """Begin to serve."""
        self._thread.start()

    def stop(self) -> None:
        """End: requests under way get GRACE_S."""
        self._server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(GRACE_S + 2)
        self._socket.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise StartError(f"http_port: {host}:{port} cannot be listened on: {error.strerror}") from error
    return listener
