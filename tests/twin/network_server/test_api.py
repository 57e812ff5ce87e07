"""The gRPC API over a real connection: what it answers, and how it refuses."""

from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from chirpstack_api import api, common
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct

from farwire_twin.network_server import events
from farwire_twin.network_server.backend import DirectBackend
from tests.twin.network_server.running import TOKEN, Running, running

DEV_EUI = "70b3d57ed0000001"
GATEWAY = "0016c001ff10a235"
NOWHERE = "00000000-0000-4000-8000-000000000000"
SERVICES = ("Tenant", "Application", "DeviceProfile", "Device", "Gateway", "Internal", "MulticastGroup")


class Client:
    """All services of one server, called with the right token."""

    def __init__(self, channel: grpc.Channel, server: Running) -> None:
        self.server = server
        self.channel = channel
        self.stubs = {name: getattr(api, f"{name}ServiceStub")(channel) for name in SERVICES}

    def call(self, service: str, method: str, request: Any, token: str | None = f"Bearer {TOKEN}") -> Any:
        metadata = (("authorization", token),) if token is not None else ()
        return getattr(self.stubs[service], method)(request, metadata=metadata, timeout=5)

    def refusal(self, service: str, method: str, request: Any, **how: Any) -> tuple[str, str]:
        with pytest.raises(grpc.RpcError) as caught:
            self.call(service, method, request, **how)
        return caught.value.code().name, caught.value.details()

    def tenant(self, **fields: Any) -> str:
        message = api.Tenant(**{"name": "plant", "can_have_gateways": True} | fields)
        return str(self.call("Tenant", "Create", api.CreateTenantRequest(tenant=message)).id)

    def application(self, tenant_id: str, name: str = "pumps") -> str:
        message = api.Application(name=name, tenant_id=tenant_id)
        asked = api.CreateApplicationRequest(application=message)
        return str(self.call("Application", "Create", asked).id)

    def profile(self, tenant_id: str, **fields: Any) -> str:
        message = api.DeviceProfile(
            **{"name": "node", "tenant_id": tenant_id, "mac_version": common.LORAWAN_1_0_4} | fields
        )
        asked = api.CreateDeviceProfileRequest(device_profile=message)
        return str(self.call("DeviceProfile", "Create", asked).id)

    def device(self, dev_eui: str = DEV_EUI, **fields: Any) -> api.Device:
        tenant_id = self.tenant()
        message = api.Device(
            dev_eui=dev_eui,
            name="pump 1",
            application_id=self.application(tenant_id),
            device_profile_id=self.profile(tenant_id),
            **fields,
        )
        self.call("Device", "Create", api.CreateDeviceRequest(device=message))
        return message


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(backend=DirectBackend(lambda _: None, lambda _: None)) as made:
        yield made


@pytest.fixture
def client(server: Running) -> Iterator[Client]:
    with server.channel() as channel:
        made = Client(channel, server)
        yield made
        for tenant in made.call("Tenant", "List", api.ListTenantsRequest(limit=100)).result:
            made.call("Tenant", "Delete", api.DeleteTenantRequest(id=tenant.id))


def test_device_can_be_created_read_changed_and_deleted(client):
    message = client.device(tags={"hall": "3"})

    got = client.call("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI))
    assert got.device.name == "pump 1"
    assert got.device.join_eui == "0000000000000000"
    assert dict(got.device.tags) == {"hall": "3"}
    assert not got.HasField("last_seen_at")
    assert got.created_at.seconds > 1_700_000_000

    message.name = "pump 2"
    client.call("Device", "Update", api.UpdateDeviceRequest(device=message))
    assert client.call("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI)).device.name == "pump 2"

    client.call("Device", "Delete", api.DeleteDeviceRequest(dev_eui=DEV_EUI))
    assert client.refusal("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI)) == (
        "NOT_FOUND",
        f"Object does not exist (id: {DEV_EUI})",
    )


def test_variables_of_a_device_are_kept_and_told_nobody_else(client):
    message = client.device(tags={"hall": "3"}, variables={"farwire_lpp_profile": "rak"})

    message.variables["farwire_schema"] = "05010167"
    client.call("Device", "Update", api.UpdateDeviceRequest(device=message))

    got = client.call("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI)).device
    assert dict(got.variables) == {"farwire_lpp_profile": "rak", "farwire_schema": "05010167"}
    assert dict(got.tags) == {"hall": "3"}
    registry = client.server.server.core.state.registry
    told = client.server.call(lambda: events.device_info(registry.owners(DEV_EUI)))
    assert "farwire_schema" not in str(told)
    assert dict(told.tags) == {"hall": "3"}


def test_eui_in_capitals_is_the_same_device(client):
    client.device()

    got = client.call("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI.upper()))

    assert got.device.dev_eui == DEV_EUI


def test_queue_is_first_in_first_out_and_can_be_flushed(client):
    client.device()
    for data in (b"\x01", b"\x02"):
        item = api.DeviceQueueItem(dev_eui=DEV_EUI, f_port=10, data=data)
        client.call("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item))

    queue = client.call("Device", "GetQueue", api.GetDeviceQueueItemsRequest(dev_eui=DEV_EUI))
    assert queue.total_count == 2
    assert [item.data for item in queue.result] == [b"\x01", b"\x02"]

    newest = api.DeviceQueueItem(dev_eui=DEV_EUI, f_port=10, data=b"\x03")
    asked = api.EnqueueDeviceQueueItemRequest(queue_item=newest, flush_queue=True)
    client.call("Device", "Enqueue", asked)
    queue = client.call("Device", "GetQueue", api.GetDeviceQueueItemsRequest(dev_eui=DEV_EUI))
    assert [item.data for item in queue.result] == [b"\x03"]

    client.call("Device", "FlushQueue", api.FlushDeviceQueueRequest(dev_eui=DEV_EUI))
    queue = client.call("Device", "GetQueue", api.GetDeviceQueueItemsRequest(dev_eui=DEV_EUI))
    assert queue.total_count == 0


def test_enqueue_makes_an_id_of_its_own(client):
    client.device()
    item = api.DeviceQueueItem(dev_eui=DEV_EUI, f_port=10, data=b"\x01", id=NOWHERE)

    answer = client.call("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item))

    assert answer.id != NOWHERE
    queue = client.call("Device", "GetQueue", api.GetDeviceQueueItemsRequest(dev_eui=DEV_EUI))
    assert [each.id for each in queue.result] == [answer.id]


def test_flush_with_enqueue_spares_what_is_pending(client):
    client.device()
    item = api.DeviceQueueItem(dev_eui=DEV_EUI, f_port=10, data=b"\x01", confirmed=True)
    client.call("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item))
    registry = client.server.server.core.state.registry

    def set_pending() -> None:
        registry.queue(DEV_EUI)[0].is_pending = True

    client.server.call(set_pending)
    item.data = b"\x02"
    client.call("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item, flush_queue=True))

    queue = client.call("Device", "GetQueue", api.GetDeviceQueueItemsRequest(dev_eui=DEV_EUI))
    assert [each.data for each in queue.result] == [b"\x01", b"\x02"]


def test_keys_can_be_created_read_changed_and_deleted(client):
    client.device()
    keys = api.DeviceKeys(dev_eui=DEV_EUI, nwk_key="00" * 15 + "0A")
    client.call("Device", "CreateKeys", api.CreateDeviceKeysRequest(device_keys=keys))

    got = client.call("Device", "GetKeys", api.GetDeviceKeysRequest(dev_eui=DEV_EUI)).device_keys
    assert got.nwk_key == "00" * 15 + "0a"
    assert got.app_key == "00" * 16

    assert client.refusal("Device", "CreateKeys", api.CreateDeviceKeysRequest(device_keys=keys)) == (
        "INTERNAL",
        "UNIQUE constraint failed: device_keys.dev_eui",
    )
    keys.nwk_key = "ff" * 16
    client.call("Device", "UpdateKeys", api.UpdateDeviceKeysRequest(device_keys=keys))
    client.call("Device", "FlushDevNonces", api.FlushDevNoncesRequest(dev_eui=DEV_EUI))
    client.call("Device", "DeleteKeys", api.DeleteDeviceKeysRequest(dev_eui=DEV_EUI))
    code, _ = client.refusal("Device", "GetKeys", api.GetDeviceKeysRequest(dev_eui=DEV_EUI))
    assert code == "NOT_FOUND"


def test_device_activated_by_hand_has_that_session(client):
    client.device()
    key = "0102030405060708090a0b0c0d0e0f10"
    none_yet = client.call("Device", "GetActivation", api.GetDeviceActivationRequest(dev_eui=DEV_EUI))
    assert not none_yet.HasField("device_activation")

    asked = api.DeviceActivation(
        dev_eui=DEV_EUI,
        dev_addr="01020304",
        app_s_key=key,
        nwk_s_enc_key=key,
        s_nwk_s_int_key=key,
        f_nwk_s_int_key=key,
        f_cnt_up=7,
        n_f_cnt_down=3,
    )
    client.call("Device", "Activate", api.ActivateDeviceRequest(device_activation=asked))

    got = client.call("Device", "GetActivation", api.GetDeviceActivationRequest(dev_eui=DEV_EUI))
    assert got.device_activation == asked
    following = client.call("Device", "GetNextFCntDown", api.GetDeviceNextFCntDownRequest(dev_eui=DEV_EUI))
    assert following.f_cnt_down == 3
    client.call("Device", "Deactivate", api.DeactivateDeviceRequest(dev_eui=DEV_EUI))
    got = client.call("Device", "GetActivation", api.GetDeviceActivationRequest(dev_eui=DEV_EUI))
    assert not got.HasField("device_activation")


def test_lists_are_paged_and_ordered_and_searched(client):
    tenant_id = client.tenant()
    application_id, profile_id = client.application(tenant_id), client.profile(tenant_id)
    for number, name in enumerate(("c", "A pump", "b pump")):
        message = api.Device(
            dev_eui=f"{number:016x}",
            name=name,
            application_id=application_id,
            device_profile_id=profile_id,
            tags={"odd": str(number % 2)},
        )
        client.call("Device", "Create", api.CreateDeviceRequest(device=message))

    def listed(**asked: Any) -> tuple[int, list[str]]:
        request = api.ListDevicesRequest(application_id=application_id, **asked)
        answer = client.call("Device", "List", request)
        return answer.total_count, [each.name for each in answer.result]

    assert listed(limit=10) == (3, ["A pump", "b pump", "c"])
    assert listed(limit=1, offset=1) == (3, ["b pump"])
    assert listed(limit=0) == (3, [])
    assert listed(limit=10, search="PUMP") == (2, ["A pump", "b pump"])
    assert listed(limit=10, order_by=api.ListDevicesRequest.DEV_EUI, order_by_desc=True)[1][0] == "b pump"
    assert listed(limit=10, tags={"odd": "1"}) == (1, ["A pump"])
    request = api.ListDeviceProfilesRequest(tenant_id=tenant_id, limit=10)
    assert [each.name for each in client.call("DeviceProfile", "List", request).result] == ["node"]


def test_gateway_is_never_seen_until_its_stats_come(client):
    tenant_id = client.tenant()
    message = api.Gateway(gateway_id=GATEWAY, name="roof", tenant_id=tenant_id, stats_interval=30)
    client.call("Gateway", "Create", api.CreateGatewayRequest(gateway=message))

    (item,) = client.call("Gateway", "List", api.ListGatewaysRequest(tenant_id=tenant_id, limit=5)).result
    assert item.state == api.NEVER_SEEN
    assert client.call(
        "Internal", "GetGatewaysSummary", api.GetGatewaysSummaryRequest(tenant_id=tenant_id)
    ) == api.GetGatewaysSummaryResponse(never_seen_count=1)
    got = client.call("Gateway", "Get", api.GetGatewayRequest(gateway_id=GATEWAY))
    assert got.gateway.downlink_priority == 10
    client.call("Gateway", "Delete", api.DeleteGatewayRequest(gateway_id=GATEWAY))
    code, _ = client.refusal("Gateway", "Get", api.GetGatewayRequest(gateway_id=GATEWAY))
    assert code == "NOT_FOUND"


def test_deleting_an_application_deletes_its_devices(client):
    message = client.device()

    client.call("Application", "Delete", api.DeleteApplicationRequest(id=message.application_id))

    code, _ = client.refusal("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI))
    assert code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("token", "details"),
    [
        (None, "no authorization provided"),
        ("Basic abc", "authorization metadata must be in format 'Bearer <TOKEN>"),
        ("Bearer wrong", "InvalidToken"),
        ("Bearer ", "InvalidToken"),
    ],
)
@pytest.mark.parametrize(("service", "method"), [("Tenant", "List"), ("Tenant", "AddUser")])
def test_call_without_the_right_token_is_unauthenticated(client, service, method, token, details):
    request = api.ListTenantsRequest() if method == "List" else api.AddTenantUserRequest()

    assert client.refusal(service, method, request, token=token) == ("UNAUTHENTICATED", details)


def test_taken_eui_is_refused_as_the_database_does_below_chirpstack(client):
    message = client.device()

    assert client.refusal("Device", "Create", api.CreateDeviceRequest(device=message)) == (
        "INTERNAL",
        "UNIQUE constraint failed: device.dev_eui",
    )


@pytest.mark.parametrize(
    ("service", "method", "request_", "code"),
    [
        ("Device", "Create", api.CreateDeviceRequest(), "INVALID_ARGUMENT"),
        ("Device", "Create", api.CreateDeviceRequest(device=api.Device(dev_eui="xyz")), "INTERNAL"),
        ("Device", "Create", api.CreateDeviceRequest(device=api.Device(dev_eui=DEV_EUI)), "INVALID_ARGUMENT"),
        ("Device", "Get", api.GetDeviceRequest(dev_eui="0102"), "INTERNAL"),
        ("Device", "Get", api.GetDeviceRequest(dev_eui=DEV_EUI), "NOT_FOUND"),
        ("Device", "Delete", api.DeleteDeviceRequest(dev_eui=DEV_EUI), "NOT_FOUND"),
        ("Device", "List", api.ListDevicesRequest(application_id="xyz"), "INVALID_ARGUMENT"),
        ("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(), "INVALID_ARGUMENT"),
        ("Device", "GetRandomDevAddr", api.GetRandomDevAddrRequest(), "INVALID_ARGUMENT"),
        ("Tenant", "Create", api.CreateTenantRequest(), "INVALID_ARGUMENT"),
        ("Tenant", "Create", api.CreateTenantRequest(tenant=api.Tenant()), "INVALID_ARGUMENT"),
        ("Tenant", "Get", api.GetTenantRequest(id=NOWHERE), "NOT_FOUND"),
        ("Tenant", "Get", api.GetTenantRequest(id="xyz"), "INVALID_ARGUMENT"),
        ("Application", "Get", api.GetApplicationRequest(id=NOWHERE), "NOT_FOUND"),
        ("DeviceProfile", "Get", api.GetDeviceProfileRequest(id=NOWHERE), "NOT_FOUND"),
        ("DeviceProfile", "Create", api.CreateDeviceProfileRequest(), "INVALID_ARGUMENT"),
        ("Gateway", "Create", api.CreateGatewayRequest(), "INVALID_ARGUMENT"),
        ("Tenant", "AddUser", api.AddTenantUserRequest(), "UNIMPLEMENTED"),
        ("Device", "GetMetrics", api.GetDeviceMetricsRequest(), "UNIMPLEMENTED"),
        ("MulticastGroup", "Create", api.CreateMulticastGroupRequest(), "UNIMPLEMENTED"),
        ("Internal", "ListRegions", Empty(), "UNIMPLEMENTED"),
    ],
)
def test_request_that_cannot_be_met_is_refused_with_chirpstacks_code(client, service, method, request_, code):
    assert client.refusal(service, method, request_)[0] == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"f_port": 0}, "INVALID_ARGUMENT"),
        ({"f_port": 256}, "INVALID_ARGUMENT"),
        ({"dev_eui": "70b3d57ed0000002"}, "INTERNAL"),
        ({"dev_eui": "xyz"}, "INTERNAL"),
        ({"is_encrypted": True}, "UNIMPLEMENTED"),
    ],
)
def test_item_that_cannot_be_queued_is_refused(client, fields, code):
    client.device()
    item = api.DeviceQueueItem(**{"dev_eui": DEV_EUI, "f_port": 10, "data": b"\x01"} | fields)

    refused, _ = client.refusal("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item))

    assert refused == code
    queue = client.call("Device", "GetQueue", api.GetDeviceQueueItemsRequest(dev_eui=DEV_EUI))
    assert queue.total_count == 0


def test_object_for_a_codec_that_is_not_here_is_unimplemented(client):
    tenant_id = client.tenant()
    message = api.Device(
        dev_eui=DEV_EUI,
        name="pump",
        application_id=client.application(tenant_id),
        device_profile_id=client.profile(tenant_id, payload_codec_runtime=api.CAYENNE_LPP),
    )
    client.call("Device", "Create", api.CreateDeviceRequest(device=message))
    values = Struct()
    values.update({"digitalOutput": {"1": 1}})
    item = api.DeviceQueueItem(dev_eui=DEV_EUI, f_port=10, object=values)

    code, _ = client.refusal("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item))

    assert code == "UNIMPLEMENTED"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"name": ""}, "INVALID_ARGUMENT"),
        ({"rx1_delay": 16}, "INVALID_ARGUMENT"),
        ({"mac_version": common.LORAWAN_1_1_0}, "UNIMPLEMENTED"),
        ({"supports_class_b": True}, "UNIMPLEMENTED"),
        ({"is_relay": True}, "UNIMPLEMENTED"),
        ({"payload_codec_runtime": api.JS}, "UNIMPLEMENTED"),
        ({"tenant_id": NOWHERE}, "INTERNAL"),
    ],
)
def test_profile_that_cannot_be_served_is_refused(client, fields, code):
    message = api.DeviceProfile(**{"name": "node", "tenant_id": client.tenant()} | fields)

    refused, _ = client.refusal(
        "DeviceProfile", "Create", api.CreateDeviceProfileRequest(device_profile=message)
    )

    assert refused == code


def test_tenants_limits_are_kept(client):
    tenant_id = client.tenant(max_gateway_count=1, max_device_count=1)
    application_id, profile_id = client.application(tenant_id), client.profile(tenant_id)
    for number in (1, 2):
        gateway = api.Gateway(gateway_id=f"{number:016x}", name="roof", tenant_id=tenant_id)
        device = api.Device(
            dev_eui=f"{number:016x}",
            name="d",
            application_id=application_id,
            device_profile_id=profile_id,
        )
        if number == 1:
            client.call("Gateway", "Create", api.CreateGatewayRequest(gateway=gateway))
            client.call("Device", "Create", api.CreateDeviceRequest(device=device))
    assert client.refusal("Gateway", "Create", api.CreateGatewayRequest(gateway=gateway)) == (
        "INVALID_ARGUMENT",
        "Not allowed (Max number of gateways exceeded for tenant)",
    )
    assert client.refusal("Device", "Create", api.CreateDeviceRequest(device=device)) == (
        "INVALID_ARGUMENT",
        "Not allowed (Max number of devices exceeded for tenant)",
    )


def test_request_that_is_no_protobuf_is_refused(client):
    call = client.channel.unary_unary("/api.DeviceService/Get")

    with pytest.raises(grpc.RpcError) as caught:
        call(b"\xff\xff\xff", metadata=(("authorization", f"Bearer {TOKEN}"),), timeout=5)

    assert caught.value.code() == grpc.StatusCode.INTERNAL


def test_request_of_more_than_4_mib_is_refused(client):
    client.device()
    item = api.DeviceQueueItem(dev_eui=DEV_EUI, f_port=10, data=bytes(5 * 1024 * 1024))

    code, _ = client.refusal("Device", "Enqueue", api.EnqueueDeviceQueueItemRequest(queue_item=item))

    assert code == "RESOURCE_EXHAUSTED"


def test_address_that_is_taken_is_a_clear_error(server):
    bind = f"127.0.0.1:{server.server.api_port}"

    with (
        pytest.raises(OSError, match=f"cannot listen on {bind}"),
        running(backend=DirectBackend(lambda _: None, lambda _: None), api_bind=bind),
    ):
        pass
