"""One copy of the service: every part built and joined, started and stopped."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from farwire_cloud import certificates
from farwire_cloud.counters import Counters
from farwire_cloud.errors import CloudError, StartError
from farwire_cloud.feed import Feed
from farwire_cloud.grpc_server import GrpcServer, Orders, Telemetry, credentials
from farwire_cloud.http_server import HttpServer
from farwire_cloud.ingest.devices import Devices
from farwire_cloud.ingest.ingest import Ingest
from farwire_cloud.orders.book import Book
from farwire_cloud.orders.configurations import Configurations
from farwire_cloud.orders.register import Register
from farwire_cloud.rest.app import make_app
from farwire_cloud.rest.keys import ApiKeys
from farwire_cloud.rest.services import Services
from farwire_cloud.settings import CloudSettings
from farwire_cloud.store.table import Table

log = logging.getLogger("farwire.cloud")

GRPC_GRACE_S = 2.0


def utc_ms() -> int:
    """Return the time, UTC ms."""
    return time.time_ns() // 1_000_000


class Service:
    """Both servers and the threads behind them, over a table that is there. Raises StartError."""

    def __init__(self, settings: CloudSettings, table: Table, clock: Callable[[], int] = utc_ms) -> None:
        self._settings = settings
        self._stop = threading.Event()
        self._pool = ThreadPoolExecutor(settings.store_threads, thread_name_prefix="store")
        self._feed = Feed()
        self.counters = Counters()
        self._devices = Devices(table, self._pool)
        register = Register(table, self._feed)
        configurations = Configurations(table, register)
        ingest = Ingest(
            table,
            self._pool,
            self._devices,
            register,
            configurations,
            self._feed,
            self.counters,
            settings.frames_kept_days,
        )
        self._book = Book(
            register,
            self._feed,
            clock,
            answer_wait_ms=round(settings.answer_wait_s * 1000),
            repeat_ms=round(settings.order_repeat_s * 1000),
        )
        self.keys = ApiKeys(table, clock, settings.bootstrap_key)
        services = Services(table, register, configurations, self.keys, self._feed, self.counters, clock)
        self._grpc = GrpcServer(
            Telemetry(ingest, clock, self.counters),
            Orders(self._book, settings.bridges, self.counters),
            settings.grpc_host,
            settings.grpc_port,
            credentials(*_tls(settings)),
            settings.bridges,
        )
        self._http = HttpServer(make_app(services), settings.http_host, settings.http_port)
        self._threads = [
            threading.Thread(target=self._write_views, name="views"),
            threading.Thread(
                target=self._book.run, args=(settings.orders_interval_s, self._stop), name="orders"
            ),
            threading.Thread(target=self._log_counters, name="counters"),
        ]

    @property
    def grpc_port(self) -> int:
        """Where gRPC listens."""
        return self._grpc.port

    @property
    def http_port(self) -> int:
        """Where REST and the page listen."""
        return self._http.port

    def start(self) -> None:
        """Begin to serve."""
        self._grpc.start()
        self._http.start()
        for thread in self._threads:
            thread.start()
        log.info("serving", extra={"grpc_port": self.grpc_port, "http_port": self.http_port})

    def stop(self) -> None:
        """End: take nothing new, finish what is under way, write the views."""
        self._stop.set()
        self._book.end()
        self._feed.end()
        self._grpc.stop(GRPC_GRACE_S)
        self._http.stop()
        for thread in self._threads:
            thread.join()
        try:
            self._devices.write_views()
        except CloudError as error:
            log.warning("views_not_written", extra={"reason": str(error)})  # read again from the records
        self._pool.shutdown()
        log.info("stopped")

    def _write_views(self) -> None:
        while not self._stop.wait(self._settings.view_interval_s):
            try:
                self.counters.add("views_written", self._devices.write_views(self._stop))
            except CloudError as error:
                log.warning("views_not_written", extra={"reason": str(error)})

    def _log_counters(self) -> None:
        while not self._stop.wait(self._settings.stats_interval_s):
            log.info("counters", extra=dict(self.counters.snapshot()))


def _tls(settings: CloudSettings) -> tuple[bytes, bytes, bytes]:
    """Return the PEMs of the authority, the certificate and the key; raises StartError."""
    folder = settings.tls_folder or Path()
    paths = {
        "tls_authority": settings.tls_authority or folder / certificates.AUTHORITY,
        "tls_certificate": settings.tls_certificate or folder / certificates.SERVER,
        "tls_key": settings.tls_key or folder / certificates.SERVER_KEY,
    }
    found = []
    for name, path in paths.items():
        try:
            found.append(path.read_bytes())
        except OSError as error:
            raise StartError(f"{name}: {path} cannot be read: {error.strerror}") from error
    return found[0], found[1], found[2]
