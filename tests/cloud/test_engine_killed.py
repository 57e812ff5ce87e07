"""kill -9 of the DynamoDB engine in the middle of ingest: what was acknowledged is there afterwards."""

import itertools
import threading
import time
from pathlib import Path

import grpc
import httpx

from farwire_cloud.certificates import make_certificates
from farwire_cloud.main import run
from farwire_cloud.settings import CloudSettings
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.copies import stored_numbers
from tests.cloud.examples import EUI, OTHER_EUI, alarm, alarms_entry, records_entry
from tests.cloud.running import ADMIN_KEY, API, Running, eventually, running
from tests.cloud.stores import dynamo_table
from tests.dynamodb import dynoxide
from tests.servers import free_port

KILLS = 4
DEVICES = (EUI, OTHER_EUI)


def progress(acknowledged: dict[str, int], by: int) -> None:
    """Wait until every device is acknowledged `by` records further than now."""
    before = dict(acknowledged)
    eventually(lambda: all(acknowledged.get(d, 0) > before.get(d, 0) + by for d in DEVICES), 60)


def deliver_until(cloud: Running, dev_eui: str, end: threading.Event, acknowledged: dict[str, int]) -> None:
    """Deliver record after record, each until it is answered, and note what the answers acknowledge."""
    for first in itertools.count(1, 5):
        if end.is_set():
            return
        while True:
            try:
                answer = cloud.deliver(records_entry(range(first, first + 5), dev_eui))
            except grpc.RpcError as error:
                assert error.code() is grpc.StatusCode.UNAVAILABLE, error  # noqa: PT017
                time.sleep(0.05)
            else:
                acknowledged[dev_eui] = answer.acknowledgements[0].through
                break


def test_nothing_acknowledged_is_missing_after_the_engine_was_killed(tmp_path: Path) -> None:
    acknowledged: dict[str, int] = {}
    end = threading.Event()
    with dynoxide() as engine:
        table = dynamo_table(engine.endpoint_url)
        with running(table, tmp_path / "tls") as cloud:
            bridges = [
                threading.Thread(target=deliver_until, args=(cloud, dev_eui, end, acknowledged))
                for dev_eui in DEVICES
            ]
            for bridge in bridges:
                bridge.start()
            for _ in range(KILLS):
                progress(acknowledged, 20)
                engine.kill()
                time.sleep(0.2)
                engine.start()
            progress(acknowledged, 0)
            end.set()
            for bridge in bridges:
                bridge.join()
            eventually(lambda: cloud.get(f"/devices/{EUI}")["records"]["through"] >= acknowledged[EUI])

        for dev_eui in DEVICES:
            numbers = stored_numbers(table, dev_eui)
            assert numbers == list(range(1, len(numbers) + 1))  # none twice, none missing
            assert acknowledged[dev_eui] == len(numbers)


def test_the_service_waits_for_its_store_and_serves_when_it_comes(tmp_path: Path) -> None:
    """The program as it is run, before, while and after its engine is there."""
    make_certificates(tmp_path / "tls")
    ports = {"grpc_port": free_port(), "http_port": free_port()}
    stop = threading.Event()
    with dynoxide() as engine:
        engine.kill()
        settings = CloudSettings(
            tls_folder=tmp_path / "tls",
            dynamodb_endpoint_url=engine.endpoint_url,
            bootstrap_key=ADMIN_KEY,
            **ports,
        )
        program = threading.Thread(target=run, args=(settings, stop))
        program.start()
        time.sleep(1)
        engine.start()

        headers = {"Authorization": f"Bearer {ADMIN_KEY}"}
        with httpx.Client(base_url=f"http://127.0.0.1:{ports['http_port']}{API}", headers=headers) as api:

            def serves() -> bool:
                try:
                    return api.get("/stats").status_code == 200
                except httpx.TransportError:
                    return False

            eventually(serves, 30)
            engine.kill()
            assert api.get("/stats", timeout=60).status_code == 503
            engine.start()
            eventually(serves, 30)
        stop.set()
        program.join(20)
        assert not program.is_alive()


def test_the_service_ends_while_it_waits_for_its_store(tmp_path: Path) -> None:
    stop = threading.Event()
    settings = CloudSettings(
        tls_folder=tmp_path, dynamodb_endpoint_url=f"http://127.0.0.1:{free_port()}", grpc_port=0, http_port=0
    )
    program = threading.Thread(target=run, args=(settings, stop))
    program.start()

    stop.set()

    program.join(20)
    assert not program.is_alive()


def test_a_service_that_was_killed_is_followed_by_one_that_knows_all_it_acknowledged(tmp_path: Path) -> None:
    """A copy that never writes its views again stands for one that was killed before it could."""
    with dynoxide() as engine:
        table = dynamo_table(engine.endpoint_url)
        with running(table, tmp_path / "tls", view_interval_s=3600) as killed:
            killed.deliver(records_entry(range(1, 40)))
            killed.deliver(records_entry(range(40, 90)), alarms_entry(alarm(1)))
            with running(table, tmp_path / "tls") as successor:
                answer = successor.deliver(records_entry([90]), alarms_entry(alarm(2, active=False)))

                (found,) = answer.acknowledgements
                assert (found.through, found.alarms_through) == (90, 2)
                assert successor.get("/alarms")["alarms"] == []
                assert answer.results[0].status == contract.STORED
        eventually(lambda: stored_numbers(table) == list(range(1, 91)))
