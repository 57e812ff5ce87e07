"""Real gRPC with mutual TLS."""

import datetime
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from farwire_cloud import certificates
from farwire_cloud.errors import StartError
from farwire_cloud.service import Service
from farwire_cloud.settings import CloudSettings
from farwire_contract.v1 import orders_pb2, orders_pb2_grpc, telemetry_pb2_grpc
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.cloud.copies import stored_numbers
from tests.cloud.examples import EUI, OTHER_EUI, alarm, alarms_entry, entry, record, records_entry, request
from tests.cloud.memory_table import MemoryTable
from tests.cloud.running import API, Running, eventually, running


@pytest.fixture
def store() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def cloud(store: MemoryTable, tmp_path: Path) -> Iterator[Running]:
    with running(store, tmp_path / "tls", order_repeat_s=0.3) as found:
        yield found


def order_of(cloud: Running, **body: object) -> str:
    """A new command's order id."""
    answer = cloud.api.post(f"{API}/devices/{EUI}/commands", json={"command": "report_state", **body})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["order_id"])


def accepted(order_id: str) -> contract.Entry:
    return entry(fate=contract.OrderFate(order_id=order_id, fate=contract.ACCEPTED))


def test_a_bridge_delivers_over_mutual_tls(cloud: Running, store: MemoryTable) -> None:
    answer = cloud.deliver(records_entry([1, 2, 4]), alarms_entry(alarm(1)), records_entry([7], OTHER_EUI))

    assert [result.status for result in answer.results] == [contract.STORED] * 3
    found = {each.dev_eui: each for each in answer.acknowledgements}
    assert (found[EUI].through, found[EUI].stored_above, found[EUI].alarms_through) == (2, b"\x01", 1)
    assert found[OTHER_EUI].through == 0
    assert stored_numbers(store) == [1, 2, 4]


def test_a_bridge_without_a_certificate_is_not_let_in(cloud: Running, store: MemoryTable) -> None:
    bare = cloud.channel(private_key=None, certificate_chain=None)

    with bare as channel, pytest.raises(grpc.RpcError) as caught:
        telemetry_pb2_grpc.TelemetryStub(channel).Deliver(request(records_entry([1])), timeout=5)

    assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert store.items == {}


def test_a_bridge_with_a_certificate_of_another_authority_is_not_let_in(
    cloud: Running, store: MemoryTable
) -> None:
    now = datetime.datetime.now(datetime.UTC)
    stranger = certificates.issue(certificates.make_authority("Other CA", now), "farwire-bridge", now)

    theirs = cloud.channel(private_key=stranger.key_pem, certificate_chain=stranger.certificate_pem)
    with theirs as channel, pytest.raises(grpc.RpcError) as caught:
        telemetry_pb2_grpc.TelemetryStub(channel).Deliver(request(records_entry([1])), timeout=5)

    assert caught.value.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
    assert store.items == {}


def test_a_server_certificate_does_not_pass_for_a_bridge(cloud: Running) -> None:
    folder = cloud.folder
    with (
        cloud.channel(
            private_key=(folder / certificates.SERVER_KEY).read_bytes(),
            certificate_chain=(folder / certificates.SERVER).read_bytes(),
        ) as channel,
        pytest.raises(grpc.RpcError),
    ):
        telemetry_pb2_grpc.TelemetryStub(channel).Deliver(request(records_entry([1])), timeout=5)


def test_a_request_out_of_its_limits_is_an_invalid_argument_that_names_the_field(cloud: Running) -> None:
    with cloud.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        telemetry_pb2_grpc.TelemetryStub(channel).Deliver(contract.DeliverRequest(bridge_id="a b"))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().startswith("bridge_id is 'a b', expected")


def test_an_oversized_message_is_refused_unread(cloud: Running, store: MemoryTable) -> None:
    huge = request(entry(log=contract.NetworkLog(description="x" * 3_000_000)))

    with cloud.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        telemetry_pb2_grpc.TelemetryStub(channel).Deliver(huge)

    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert store.items == {}


def test_garbage_instead_of_a_message_harms_nobody(cloud: Running) -> None:
    with cloud.channel() as channel:
        raw = channel.unary_unary("/farwire.v1.Telemetry/Deliver")
        with pytest.raises(grpc.RpcError):
            raw(b"\xff\xff\xff\xff", timeout=5)

    assert cloud.deliver(records_entry([1])).results[0].status == contract.STORED


def test_a_store_that_is_away_is_an_answer_to_try_again(cloud: Running, store: MemoryTable) -> None:
    cloud.deliver(records_entry([1]))
    store.fail_after = 0

    with pytest.raises(grpc.RpcError) as caught:
        cloud.deliver(records_entry([2]))
    store.fail_after = None

    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
    assert cloud.deliver(records_entry([2])).acknowledgements[0].through == 2


def test_a_bridge_gets_the_open_orders_then_each_new_one_at_once(cloud: Running) -> None:
    cloud.deliver(records_entry([1]))
    first = order_of(cloud)

    with cloud.follow() as stream:
        assert next(stream).order_id == first
        second = order_of(cloud, command="set_output", channel=3, value=-1.05, attempts=7, confirmed=False)
        got = next(stream)

    assert got.order_id == second
    assert (got.dev_eui, got.attempts, got.confirmed) == (EUI, 7, False)
    assert (got.command.set_output.channel, got.command.set_output.value_x100) == (3, -105)
    assert got.expires_ms - got.created_ms == 86_400_000
    assert got.command.number == 2


def test_an_order_is_handed_out_again_until_a_bridge_has_it(cloud: Running) -> None:
    cloud.deliver(records_entry([1]))
    order_id = order_of(cloud)

    with cloud.follow() as stream:
        assert [next(stream).order_id for _ in range(3)] == [order_id] * 3
        cloud.deliver(accepted(order_id))
        other = order_of(cloud, command="reboot")
        assert other in [next(stream).order_id for _ in range(2)]


def test_a_bridge_that_comes_back_gets_accepted_orders_once_more(cloud: Running) -> None:
    cloud.deliver(records_entry([1]))
    order_id = order_of(cloud)
    cloud.deliver(accepted(order_id))

    with cloud.follow() as stream:
        assert next(stream).order_id == order_id


def test_a_bridge_gets_orders_of_its_applications_alone(cloud: Running) -> None:
    cloud.deliver(records_entry([1]))
    elsewhere = records_entry([1], OTHER_EUI)
    elsewhere.device.application_id = "app-2"
    cloud.deliver(elsewhere)
    order_of(cloud)
    answer = cloud.api.post(f"{API}/devices/{OTHER_EUI}/commands", json={"command": "reboot"})

    with cloud.follow("app-2") as stream:
        assert next(stream).order_id == answer.json()["order_id"]


def test_orders_made_through_one_copy_reach_a_bridge_at_another(store: MemoryTable, tmp_path: Path) -> None:
    with running(store, tmp_path / "tls") as one, running(store, tmp_path / "tls") as other:
        one.deliver(records_entry([1]))
        with other.follow() as stream:
            order_id = order_of(one)
            assert next(stream).order_id == order_id


def test_the_cloud_gives_an_order_up_although_no_bridge_lives(store: MemoryTable, tmp_path: Path) -> None:
    now = [1_785_000_000_000]
    with running(store, tmp_path / "tls", clock=lambda: now[0]) as cloud:
        cloud.deliver(records_entry([1]))
        order_id = order_of(cloud, expires_in_s=60)
        now[0] += 60_001

        eventually(lambda: cloud.get(f"/devices/{EUI}/commands/{order_id}")["fate"] == "expired")

        with cloud.follow() as stream:
            other = order_of(cloud)
            assert next(stream).order_id == other


def test_a_stream_ends_when_the_cloud_does(store: MemoryTable, tmp_path: Path) -> None:
    with running(store, tmp_path / "tls") as cloud, cloud.channel() as channel:
        stream = orders_pb2_grpc.OrdersStub(channel).Follow(orders_pb2.FollowRequest(bridge_id="b"))
        cloud.service.stop()

        with pytest.raises((grpc.RpcError, StopIteration)):
            next(stream)


def test_a_bad_follow_request_is_refused(cloud: Running) -> None:
    with cloud.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        next(orders_pb2_grpc.OrdersStub(channel).Follow(orders_pb2.FollowRequest()))

    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


def test_more_streams_than_allowed_are_refused_and_a_closed_one_makes_room(
    store: MemoryTable, tmp_path: Path
) -> None:
    with running(store, tmp_path / "tls", bridges=1) as cloud:
        cloud.deliver(records_entry([1]))
        order_id = order_of(cloud)
        with cloud.follow() as stream:
            next(stream)
            with cloud.follow() as second, pytest.raises(grpc.RpcError) as caught:
                next(second)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED

        def let_in() -> bool:
            with cloud.follow() as third:
                try:
                    return bool(next(third).order_id == order_id)
                except grpc.RpcError:
                    return False

        eventually(let_in)


def test_a_taken_port_is_an_error_that_names_the_setting(cloud: Running) -> None:
    for name, port in (("grpc_port", cloud.service.grpc_port), ("http_port", cloud.service.http_port)):
        ports = {"grpc_port": 0, "http_port": 0, name: port}
        with pytest.raises(StartError, match=name):
            Service(CloudSettings(tls_folder=cloud.folder, **ports), MemoryTable())


def test_a_missing_certificate_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"tls_authority: .*ca\.pem"):
        Service(CloudSettings(tls_folder=tmp_path, grpc_port=0, http_port=0), MemoryTable())


def test_records_that_say_nothing_wrong_reach_the_api(cloud: Running) -> None:
    cloud.deliver(entry(records=contract.Records(records=[record(1)])))

    eventually(lambda: cloud.get(f"/devices/{EUI}")["last"])
    assert cloud.get(f"/devices/{EUI}")["last"][0]["values"] == [20.1]
