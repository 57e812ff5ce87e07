"""Counters of everything that passes: what came in has gone out, or it is counted why not."""

import threading
from collections import Counter

NAMES = (
    "received",  # MQTT messages on event topics
    "duplicates",  # of these: delivered before
    "malformed",  # of these: not an event of ChirpStack
    "ignored",  # of these: events that carry nothing for us
    "acknowledged",  # MQTT messages acknowledged to the broker
    "held",  # MQTT messages that had to wait because the spool was full
    "uplinks",
    "records",  # readings with a record number, repeats included
    "carried",  # batches of records that build on the model at an earlier record
    "parts",  # batches of one channel
    "live",  # uplinks of plain Cayenne LPP
    "log_pieces",  # of nodes' logs and crash reports
    "named",  # uplinks that a vendor's codec read
    "alarms",
    "refused",  # uplinks that could not be decoded
    "unknown_schemas",  # of these: the device's channel table was missing
    "unknown_bases",  # of these: the model that the batch builds on was missing
    "times_corrected",  # uplinks whose time was implausible
    "spooled",  # entries written to the spool
    "delivered",  # entries that the cloud stored
    "refused_by_cloud",  # entries that the cloud refused
    "deliveries",  # requests that the cloud answered
    "delivery_failures",  # requests that failed and will be repeated
    "orders",  # new orders of the cloud
    "orders_done",  # orders that the node itself answered
    "orders_failed",
    "orders_expired",
    "enqueued",  # downlinks put into the network server's queue
    "enqueue_failures",
    "sent",  # attempts of orders that a gateway took whole
    "acknowledgements",  # acknowledgement frames put into the queue
    "schemas_published",  # channel tables that ChirpStack's devices show now
    "publish_failures",  # calls for these that failed
    "mqtt_connects",
    "mqtt_disconnects",
    "mqtt_subscriptions",  # granted, one with each connection
    "ip_mqtt_connects",  # to the broker of nodes without a radio
    "ip_mqtt_disconnects",
    "ip_mqtt_subscriptions",
    "ip_requests",  # of nodes over HTTPS, answered with 200
    "ip_requests_refused",  # answered with another status
    "restarts",  # starts over after an error of the disk
)


class Counters:
    """Named counts that any thread may add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter(dict.fromkeys(NAMES, 0))

    def add(self, name: str, count: int = 1) -> None:
        """Add to one of NAMES."""
        with self._lock:
            self._counts[name] += count

    def snapshot(self) -> dict[str, int]:
        """Return all counts as they are now, in the order of NAMES."""
        with self._lock:
            return {name: self._counts[name] for name in NAMES}
