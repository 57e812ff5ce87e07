"""Uplinks a second from broker to DynamoDB through the real bridge and cloud, beside two bare neighbours.

In one run: (a) a bare MQTT subscriber that only acknowledges the same stream, (b) bare `batch_write_item`
of as many items of a record's size on the same engine, from one thread and from as many as the cloud has,
(c) the whole way: Mosquitto -> bridge (spool on disk) -> gRPC with mutual TLS -> cloud -> engine, each a
process of its own. Every record must arrive; the rate counts from the first publication to the last stored
record. Then, on the idle path, how long single uplinks take.
"""

import contextlib
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import paho.mqtt.client as mqtt
import pytest
from botocore.config import Config
from paho.mqtt.enums import CallbackAPIVersion

from farwire.demo import layout
from farwire.demo.layout import HOST, DemoOptions, Ports, Secrets
from farwire.demo.rest_client import RestClient
from farwire_cloud.certificates import make_certificates
from farwire_cloud.settings import CloudSettings
from farwire_cloud.store import keys
from farwire_codecs import batch, ports
from farwire_codecs.schema import Channel, plain
from tests.bridge import events_made
from tests.bridge.fake_chirpstack import TOKEN, FakeChirpStack
from tests.dynamodb import dynoxide
from tests.servers import free_port, mosquitto

DEVICES, UPLINKS, RECORDS = 100, 6_000, 4
SCHEMA = plain(1, (Channel(1, 103), Channel(2, 104), Channel(3, 116)))
WITHIN_S = 120.0
SINGLES = 200  # uplinks one at a time
LOOK_S = 0.002  # between two looks into the store
ITEMS_A_WRITE = 25  # of batch_write_item, the most that DynamoDB takes

TABLE = "farwire"  # the cloud's, by default

Stream = Sequence[tuple[str, bytes]]


def main(uplinks: int = UPLINKS) -> None:
    """Print the rates, their ratios and the delays, or why there are none."""
    try:
        measure(uplinks)
    except pytest.skip.Exception as reason:  # the servers' own word for a missing binary
        print(f"path: skipped: {reason}")


def measure(uplinks: int) -> None:
    """Print the rates, their ratios and the delays."""
    stream = made(uplinks + SINGLES)
    stream, singles = stream[:uplinks], stream[uplinks:]
    records = uplinks * RECORDS
    with (
        tempfile.TemporaryDirectory(prefix="farwire-bench-") as name,
        mosquitto(options=("max_queued_messages 0", "max_inflight_messages 500")) as broker,
        dynoxide() as engine,
    ):
        bare_mqtt = uplinks / bare_subscriber(broker.port, stream)
        bare_store = records / bare_writes(engine.endpoint_url, records, 1)
        threads = CloudSettings(tls_folder=Path(name)).store_threads
        parallel_store = records / bare_writes(engine.endpoint_url, records, threads)
        with whole_way(Path(name), broker.port, engine.endpoint_url) as rest:
            whole = uplinks / through(rest, broker.port, stream, records)
            delays_ms = one_by_one(engine.endpoint_url, broker.port, uplinks, singles)
            wait_until_stored(rest, records + SINGLES * RECORDS)
    percentiles = statistics.quantiles(delays_ms, n=20)
    print(
        f"path: {whole:.0f} uplinks a second from broker to DynamoDB ({whole * RECORDS:.0f} records; "
        f"{uplinks} uplinks of {RECORDS} records, {DEVICES} devices, all {records} stored)\n"
        f"  a bare subscriber that only acknowledges: {bare_mqtt:.0f} messages a second; ratio "
        f"{whole / bare_mqtt:.2f}\n"
        f"  bare batch_write_item on the same engine, one thread: {bare_store:.0f} items a second; ratio of "
        f"items {whole * (RECORDS + 1) / bare_store:.2f} (a record each, and the raw frame)\n"
        f"  the same, {threads} threads as in the cloud: {parallel_store:.0f} items a second; ratio of items "
        f"{whole * (RECORDS + 1) / parallel_store:.2f}\n"
        f"  from publication to stored, one uplink at a time ({SINGLES}, all stored): p50 "
        f"{percentiles[9]:.0f} ms, p95 {percentiles[18]:.0f} ms"
    )


def made(uplinks: int) -> Stream:
    """Return the events of `uplinks` frames, each device's records in order."""
    stream = []
    for at in range(uplinks):
        dev_eui = device(at)
        first = at // DEVICES * RECORDS + 1
        held = [
            batch.Record(number, number * 60, ((200 + number % 37,), (90 + number % 5,), (361,)))
            for number in range(first, first + RECORDS)
        ]
        payload, count = batch.encode(SCHEMA, held, held[-1].time_s * 1000 + 1_000, 51, False, True)
        assert count == RECORDS
        event = events_made.up(dev_eui, ports.HISTORY, payload, f_cnt=at // DEVICES)
        stream.append((events_made.topic(dev_eui, "up"), events_made.to_json(event)))
    return stream


def device(at: int) -> str:
    """Return the DevEUI that sends uplink number `at`."""
    return f"{0x70B3D57ED0000000 + at % DEVICES:016x}"


def client(name: str, port: int) -> mqtt.Client:
    """Return a connected client whose network loop runs."""
    made_one = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, manual_ack=True)
    made_one.max_inflight_messages_set(500)
    made_one.connect(HOST, port)
    made_one.loop_start()
    return made_one


def publish(port: int, stream: Stream) -> None:
    """Publish the whole stream at QoS 1."""
    publisher = client("bench-publisher", port)
    last = None
    for topic, payload in stream:
        last = publisher.publish(topic, payload, qos=1)
    if last is not None:
        last.wait_for_publish(WITHIN_S)
    publisher.disconnect()
    publisher.loop_stop()


def bare_subscriber(port: int, stream: Stream) -> float:
    """Return the seconds that a subscriber needs which only acknowledges."""
    seen, done, subscribed = [0], threading.Event(), threading.Event()

    def on_message(it: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        it.ack(message.mid, message.qos)
        seen[0] += 1
        if seen[0] == len(stream):
            done.set()

    subscriber = client("bench-subscriber", port)
    subscriber.on_message = on_message
    subscriber.on_subscribe = lambda *_: subscribed.set()
    subscriber.subscribe("application/#", qos=1)
    assert subscribed.wait(10)
    began = time.perf_counter()
    publish(port, stream)
    assert done.wait(WITHIN_S), f"{seen[0]} of {len(stream)} messages arrived"
    took = time.perf_counter() - began
    subscriber.disconnect()
    subscriber.loop_stop()
    return took


def bare_writes(endpoint_url: str, records: int, threads: int) -> float:
    """Return the seconds that `threads` threads need for plain batch writes of items of a record's size."""
    store, table = connected(endpoint_url, threads), f"bench-{threads}"
    store.create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )

    def write(first: int) -> int:
        numbers = range(first, min(first + ITEMS_A_WRITE, records))
        items = [{"PutRequest": {"Item": bare_item(at)}} for at in numbers]
        left = store.batch_write_item(RequestItems={table: items})["UnprocessedItems"]
        assert not left
        return len(items)

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        written = sum(pool.map(write, range(0, records, ITEMS_A_WRITE)))
    took = time.perf_counter() - began
    assert written == records
    return took


def bare_item(at: int) -> dict[str, Any]:
    """Return an item as large as a stored record."""
    return {
        "pk": {"S": f"D#{at % DEVICES:016x}"},
        "sk": {"S": f"R#{at:010d}"},
        "t": {"N": "1700000000000"},
        "r": {"S": "1:103:215 2:104:90 3:116:361"},
        "s": {"N": "1700000000000"},
    }


def connected(endpoint_url: str, threads: int) -> Any:
    """Return a plain client of the engine."""
    return boto3.client(
        "dynamodb",
        endpoint_url=endpoint_url,
        region_name="eu-west-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(max_pool_connections=threads),
    )


def one_by_one(endpoint_url: str, port: int, before: int, singles: Stream) -> list[float]:
    """Return for each uplink alone the ms from its publication until its last record is in the store."""
    store = connected(endpoint_url, 1)
    publisher = client("bench-singles", port)
    delays_ms = []
    for at, (topic, payload) in enumerate(singles, start=before):
        key = keys.record(device(at), (at // DEVICES + 1) * RECORDS)
        wire = {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
        began = time.perf_counter()
        publisher.publish(topic, payload, qos=1)
        while "Item" not in store.get_item(TableName=TABLE, Key=wire, ConsistentRead=True):
            assert time.perf_counter() - began < WITHIN_S, f"uplink {at} never arrived"
            time.sleep(LOOK_S)
        delays_ms.append(1000 * (time.perf_counter() - began))
    publisher.disconnect()
    publisher.loop_stop()
    return delays_ms


@contextlib.contextmanager
def whole_way(folder: Path, broker_port: int, endpoint_url: str) -> Iterator[RestClient]:
    """Run cloud and bridge as processes against the given broker and engine."""
    network = FakeChirpStack(None)
    secrets = Secrets.of(folder)
    tables = layout.settings(
        DemoOptions(), folder, Ports(free_port(), free_port(), network.port, broker_port, 0), secrets
    )
    tables["cloud"]["dynamodb_endpoint_url"] = endpoint_url
    tables["bridge"] |= {"mqtt_protocol": "5", "chirpstack_token": TOKEN}
    del tables["twin"]
    make_certificates(folder / "tls")
    config = folder / "farwire.toml"
    config.write_text(layout.toml(tables), encoding="utf-8")
    rest = RestClient(f"http://{HOST}:{tables['cloud']['http_port']}", secrets.admin_key)
    processes = []
    try:
        for room in ("cloud", "bridge"):
            command = [sys.executable, "-m", "farwire", "--log-level", "error", room, "--config", str(config)]
            processes.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        deadline = time.monotonic() + 30
        while not rest.healthy():
            assert time.monotonic() < deadline, "the cloud did not come up"
            time.sleep(0.1)
        yield rest
    finally:
        for process in reversed(processes):
            process.terminate()
            process.wait(15)
        network.close()


def through(rest: RestClient, port: int, stream: Stream, records: int) -> float:
    """Return the seconds from the first publication to the last stored record."""
    warm_up = [(topic, payload) for topic, payload in stream[:1]]
    publish(port, warm_up)
    wait_until_stored(rest, RECORDS)
    began = time.perf_counter()
    publish(port, stream[1:])
    wait_until_stored(rest, records)
    return time.perf_counter() - began


def wait_until_stored(rest: RestClient, records: int) -> None:
    """Wait until the cloud says that it holds so many records."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        stats = rest.stats()
        if stats is not None and stats["records"] >= records:
            assert stats["records"] == records
            return
        assert time.monotonic() < deadline, f"{stats} after {WITHIN_S} s, expected {records} records"
        time.sleep(0.1)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
