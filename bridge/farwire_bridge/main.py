"""The bridge's program: builds the parts, joins them, and starts over when the disk fails."""

import contextlib
import functools
import itertools
import logging
import queue
import random
import sqlite3
import threading
import time
from collections.abc import Callable

from farwire_bridge import times
from farwire_bridge.acknowledgements import Acknowledgements
from farwire_bridge.acknowledger import Acknowledger
from farwire_bridge.back_off import BackOff
from farwire_bridge.chirpstack import DeviceQueue, DeviceVariables
from farwire_bridge.cloud import Cloud
from farwire_bridge.codec_files import CodecFiles
from farwire_bridge.counters import Counters
from farwire_bridge.database import Database
from farwire_bridge.desk import Desk, Outlets
from farwire_bridge.device_downlinks import DeviceDownlinks
from farwire_bridge.dialects import Dialects
from farwire_bridge.downlinks import Downlinks
from farwire_bridge.follow import Follower
from farwire_bridge.forwarder import Forwarder
from farwire_bridge.histories import Histories
from farwire_bridge.intake import Intake
from farwire_bridge.ip_edges import IpEdges
from farwire_bridge.ip_ways import Queues, Ways
from farwire_bridge.lane import Lane
from farwire_bridge.memory import Seen, SetAside
from farwire_bridge.messages import CHIRPSTACK, Broken, Message, QueueReply
from farwire_bridge.mqtt import MqttSource
from farwire_bridge.order_desk import OrderDesk
from farwire_bridge.order_store import OrderStore
from farwire_bridge.schema_publisher import SchemaPublisher
from farwire_bridge.settings import Settings
from farwire_bridge.spool import Spool, SpoolReader
from farwire_bridge.unpublished import Unpublished, UnpublishedReader

LOG = logging.getLogger("farwire.bridge")

ROUND_S = 0.25  # how soon deadlines and the end are noticed while nothing comes
JOIN_S = 10.0  # how long a thread may take to end

Clock = Callable[[], int]


def wall_clock_ms() -> int:
    """Return UTC milliseconds."""
    return time.time_ns() // 1_000_000


def run(
    settings: Settings,
    stop: threading.Event,
    clock_ms: Clock = wall_clock_ms,
    counters: Counters | None = None,
) -> None:
    """Run the bridge until `stop` is set; `counters` lets the caller look on.

    Raises OSError for certificates and codec files that cannot be read, CodecFileError for a codec file that
    does not run, TokensError for a bad file of tokens and SpoolVersionError for a newer spool. Errors of the
    disk are logged, and everything starts again from what the disk has.
    """
    counters = counters or Counters()
    back_off = BackOff(settings.retry_least_s, settings.retry_most_s, random.random)
    with contextlib.closing(CodecFiles(settings)) as files:
        while not stop.is_set():
            try:
                _run_once(settings, stop, clock_ms, counters, files.dialects)
            except sqlite3.Error:
                LOG.exception("spool failed, starting over", extra={"path": str(settings.spool_path)})
                counters.add("restarts")
                stop.wait(back_off.failed_ms() / 1000)


def _run_once(
    settings: Settings, stop: threading.Event, clock_ms: Clock, counters: Counters, known: Dialects
) -> None:
    with contextlib.ExitStack() as closing:
        Bridge(settings, clock_ms, counters, known, closing).run(stop)
    LOG.info("bridge ended", extra=counters.snapshot())


class Bridge:
    """All parts of one run; `closing` ends them, the last one made first."""

    def __init__(
        self,
        settings: Settings,
        clock_ms: Clock,
        counters: Counters,
        known: Dialects,
        closing: contextlib.ExitStack,
    ) -> None:
        self._settings = settings
        self._dialects = known
        self._clock_ms = clock_ms
        self._counters = counters
        self._inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._ending = threading.Event()
        self._threads: list[threading.Thread] = []
        self._forwarders: list[Forwarder] = []
        self._database = closing.enter_context(contextlib.closing(Database(settings.spool_path)))
        readers = [closing.enter_context(contextlib.closing(self._reader(n))) for n in self._lanes()]
        self._unpublished = closing.enter_context(
            contextlib.closing(UnpublishedReader(self._database.reader()))
        )
        closing.callback(self._join)
        self._variables = closing.enter_context(contextlib.closing(DeviceVariables(settings)))
        device_queue = closing.enter_context(contextlib.closing(DeviceQueue(settings, counters)))
        self._cloud = closing.enter_context(contextlib.closing(Cloud(settings)))
        self._mqtt = closing.enter_context(
            contextlib.closing(MqttSource(settings, self._inbox.put, counters))
        )
        self._ip = closing.enter_context(
            contextlib.closing(IpEdges(settings, self._inbox.put, counters, clock_ms))
        )
        self._ways = Ways(self._database)
        self._queue = Queues(self._ways, {CHIRPSTACK: device_queue, **self._ip.queues})
        closing.callback(self._ending.set)
        tokens = itertools.count(1)
        self._acknowledger = Acknowledger(Acknowledgements(tokens), self._queue, counters)
        self._forwarders += [self._forwarder(reader) for reader in readers]
        self._desk = self._make_desk(tokens)

    def run(self, stop: threading.Event) -> None:
        """Work until `stop`; raises what ended a thread unexpectedly."""
        settings = self._settings
        for number, forwarder in enumerate(self._forwarders):
            self._start(f"deliver-{number}", forwarder.run)
        self._start("orders", self._follower().run)
        if settings.publish_schemas:
            self._start("schemas", self._publisher().run)
        self._desk.start(self._clock_ms())
        self._mqtt.start()
        self._ip.start()
        LOG.info("bridge started", extra={"bridge_id": settings.bridge_id})
        log_at_s = time.monotonic() + settings.log_every_s
        while not stop.is_set():
            self._desk.once(ROUND_S, self._clock_ms)
            self._mqtt.keep_running()
            self._ip.keep_running()
            if time.monotonic() >= log_at_s:
                log_at_s += settings.log_every_s
                LOG.info("counters", extra=self._counters.snapshot())

    def _lanes(self) -> range:
        return range(self._settings.delivery_lanes)

    def _join(self) -> None:
        for forwarder in self._forwarders:
            forwarder.wake()
        for thread in self._threads:
            thread.join(JOIN_S)

    def _follower(self) -> Follower:
        return Follower(
            self._cloud.orders,
            self._settings.bridge_id,
            self._applications(),
            self._settings.orders_refresh_s,
            self._back_off(),
            self._inbox.put,
        )

    def _applications(self) -> tuple[str, ...]:
        """Return the applications whose orders are ours; none: all."""
        named = self._settings.applications
        return (*named, self._settings.ip_application) if named and self._ip.queues else named

    def _publisher(self) -> SchemaPublisher:
        return SchemaPublisher(
            self._unpublished, self._variables, self._back_off(), self._counters, self._inbox.put
        )

    def _start(self, name: str, body: Callable[[threading.Event], None]) -> None:
        def supervised() -> None:
            try:
                body(self._ending)
            except Exception as error:
                # Whatever it is, the desk must hear of it and end the run: a silent thread loses nothing yet
                # delivers nothing either.
                self._inbox.put(Broken(error))

        thread = threading.Thread(target=supervised, name=f"farwire-bridge-{name}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _back_off(self) -> BackOff:
        return BackOff(self._settings.retry_least_s, self._settings.retry_most_s, random.random)

    def _reader(self, lane: int) -> SpoolReader:
        return SpoolReader(self._database.reader(), lane, self._settings.delivery_lanes)

    def _forwarder(self, reader: SpoolReader) -> Forwarder:
        return Forwarder(
            Lane(reader, self._settings.batch_entries),
            self._cloud.telemetry,
            self._settings.bridge_id,
            self._settings.delivery_timeout_s,
            self._back_off(),
            self._counters,
            self._inbox.put,
            self._acknowledger.stored,
        )

    def _make_desk(self, tokens: "itertools.count[int]") -> Desk:
        settings, database, counters = self._settings, self._database, self._counters

        def new_device(dev_eui: str, payload_limit: int | None) -> DeviceDownlinks:
            return DeviceDownlinks(dev_eui, payload_limit, tokens, settings.answer_uplinks, self._back_off())

        def spooled() -> None:
            for forwarder in self._forwarders:
                forwarder.wake()

        spool = Spool(database, settings.spool_limit)
        store = OrderStore(database)
        set_aside = SetAside(database)
        limits = times.Limits(settings.time_late_limit_s * 1000, settings.time_early_limit_s * 1000)
        reply_to_inbox = lambda reply: self._inbox.put(QueueReply(reply))  # noqa: E731
        return Desk(
            self._inbox,
            database,
            Intake(
                Seen(database),
                Histories(database),
                set_aside,
                counters,
                limits,
                settings.mac_reserve_bytes,
                self._dialects,
                self._ways,
                settings.ip_application,
            ),
            spool,
            set_aside,
            Unpublished(database),
            OrderDesk(Downlinks(new_device, store.open_orders()), store, spool, counters),
            counters,
            Outlets(
                acknowledge=self._ip.acknowledging(self._mqtt.acknowledge),
                call=functools.partial(self._queue.call, then=reply_to_inbox),
                tell=self._acknowledger.handle,
                spooled=spooled,
            ),
        )
