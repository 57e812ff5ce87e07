"""Uplinks a second from broker to DynamoDB through the real bridge and cloud, beside two bare neighbours.

In one run: (a) a bare MQTT subscriber that only acknowledges the same stream, (b) bare `batch_write_item` of
as many items of a record's size on the same engine, (c) the whole way: Mosquitto -> bridge (spool on disk) ->
gRPC with mutual TLS -> cloud -> engine, each a process of its own. Every record must arrive; the rate counts
from the first publication to the last stored record.
"""

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import boto3
import paho.mqtt.client as mqtt

from farwire.demo import layout
from farwire.demo.layout import HOST, DemoOptions, Ports, Secrets
from farwire.demo.rest_client import RestClient
from farwire_cloud.certificates import make_certificates
from farwire_codecs import batch, ports
from farwire_codecs.schema import Channel, Schema
from tests.bridge import events_made
from tests.bridge.fake_chirpstack import FakeChirpStack
from tests.dynamodb import dynoxide
from tests.servers import free_port, mosquitto

DEVICES, UPLINKS, RECORDS = 100, 6_000, 4
SCHEMA = Schema(1, (Channel(1, 103), Channel(2, 104), Channel(3, 116)))
WITHIN_S = 120.0
ITEMS_A_WRITE = 25  # of batch_write_item, the most that DynamoDB takes

Stream = Sequence[tuple[str, bytes]]


def main(uplinks: int = UPLINKS) -> None:
    """Print the three rates and their ratios."""
    stream = made(uplinks)
    records = uplinks * RECORDS
    with (
        tempfile.TemporaryDirectory(prefix="farwire-bench-") as name,
        mosquitto(options=("max_queued_messages 0", "max_inflight_messages 500")) as broker,
        dynoxide() as engine,
    ):
        bare_mqtt = uplinks / bare_subscriber(broker.port, stream)
        bare_store = records / bare_writes(engine.endpoint_url, records)
        with whole_way(Path(name), broker.port, engine.endpoint_url) as rest:
            whole = uplinks / through(rest, broker.port, stream, records)
    print(
        f"path: {whole:.0f} uplinks a second from broker to DynamoDB ({whole * RECORDS:.0f} records; "
        f"{uplinks} uplinks of {RECORDS} records, {DEVICES} devices, all {records} stored)\n"
        f"  a bare subscriber that only acknowledges: {bare_mqtt:.0f} messages a second; ratio "
        f"{whole / bare_mqtt:.2f}\n"
        f"  bare batch_write_item on the same engine: {bare_store:.0f} items a second; ratio of items "
        f"{whole * (RECORDS + 1) / bare_store:.2f} (a record each, and the raw frame)"
    )


def made(uplinks: int) -> Stream:
    """Return the events of `uplinks` frames, each device's records in order."""
    stream = []
    for at in range(uplinks):
        dev_eui = f"{0x70B3D57ED0000000 + at % DEVICES:016x}"
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


def client(name: str, port: int) -> mqtt.Client:
    """Return a connected client whose network loop runs."""
    made_one = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, manual_ack=True)
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


def bare_writes(endpoint_url: str, records: int) -> float:
    """Return the seconds that one client needs for plain batch writes of items of a record's size."""
    store = boto3.client(
        "dynamodb", endpoint_url=endpoint_url, region_name="eu-west-1",
        aws_access_key_id="bench", aws_secret_access_key="bench",
    )  # fmt: skip
    store.create_table(
        TableName="bench",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
        ],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )  # fmt: skip
    began = time.perf_counter()
    for first in range(0, records, ITEMS_A_WRITE):
        items = [
            {
                "PutRequest": {
                    "Item": {
                        "pk": {"S": f"D#{at % DEVICES:016x}"},
                        "sk": {"S": f"R#{at:010d}"},
                        "t": {"N": "1700000000000"},
                        "r": {"S": "1:103:215 2:104:90 3:116:361"},
                        "s": {"N": "1700000000000"},
                    }
                }
            }
            for at in range(first, min(first + ITEMS_A_WRITE, records))
        ]
        left = store.batch_write_item(RequestItems={"bench": items})["UnprocessedItems"]
        assert not left
    return time.perf_counter() - began


@contextlib.contextmanager
def whole_way(folder: Path, broker_port: int, endpoint_url: str) -> Iterator[RestClient]:
    """Run cloud and bridge as processes against the given broker and engine."""
    network = FakeChirpStack(None)
    secrets = Secrets.of(folder)
    tables = layout.settings(
        DemoOptions(), folder, Ports(free_port(), free_port(), network.port, broker_port, 0), secrets
    )
    tables["cloud"]["dynamodb_endpoint_url"] = endpoint_url
    tables["bridge"]["mqtt_protocol"] = "5"
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
