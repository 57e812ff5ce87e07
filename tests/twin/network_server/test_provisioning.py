"""Provisioning over the public API, once and again."""

from collections.abc import Iterator

import grpc
import pytest
from chirpstack_api import api

from farwire_twin.network_server.backend import DirectBackend
from farwire_twin.provisioning import (
    DeviceToProvision,
    GatewayToProvision,
    ProfileToProvision,
    Provisioner,
    ProvisioningError,
)
from tests.twin.network_server.running import TOKEN, Running, running

GATEWAYS = [GatewayToProvision("0016c001ff10a235", "roof", 47.5, 8.5, 440.0)]
DEVICES = [
    DeviceToProvision(f"70b3d57ed000000{number}", f"pump {number}", f"{number:032x}", tags={"hall": "3"})
    for number in range(1, 4)
]
PROFILE = ProfileToProvision("farwire-node", uplink_interval_s=600, device_status_a_day=4)


@pytest.fixture
def server() -> Iterator[Running]:
    with running(backend=DirectBackend(lambda _: None, lambda _: None)) as made:
        yield made


@pytest.fixture
def provisioner(server: Running) -> Iterator[Provisioner]:
    with server.channel() as channel:
        yield Provisioner(channel, TOKEN)


def provision(provisioner, gateways=GATEWAYS, devices=DEVICES, **how):
    asked = {"tenant": "plant", "application": "pumps", "profile": PROFILE} | how
    return provisioner.provision(gateways=gateways, devices=devices, **asked)


def sizes(server):
    registry = server.server.core.state.registry
    return server.call(
        lambda: tuple(
            len(each)
            for each in (
                registry.tenants,
                registry.applications,
                registry.device_profiles,
                registry.gateways,
                registry.devices,
                registry.device_keys,
            )
        )
    )


def test_everything_asked_for_is_there(server, provisioner):
    made = provision(provisioner)

    assert sizes(server) == (1, 1, 1, 1, 3, 3)
    registry = server.server.core.state.registry
    owners = server.call(lambda: registry.owners("70b3d57ed0000002"))
    assert owners.tenant.message.id == made.tenant_id
    assert owners.application.message.id == made.application_id
    assert owners.profile.message.id == made.device_profile_id
    assert owners.profile.message.supports_otaa
    assert owners.profile.message.device_status_req_interval == 4
    assert dict(owners.device.message.tags) == {"hall": "3"}
    assert registry.gateways["0016c001ff10a235"].message.location.latitude == 47.5


def test_app_key_of_lorawan_1_0_goes_into_nwk_key(server, provisioner):
    provision(provisioner)

    keys = server.call(lambda: server.server.core.state.registry.keys("70b3d57ed0000002"))
    assert keys.nwk_key == bytes(15) + b"\x02"
    assert keys.app_key == bytes(16)


def test_second_time_changes_nothing(server, provisioner):
    first = provision(provisioner)

    assert provision(provisioner) == first
    assert sizes(server) == (1, 1, 1, 1, 3, 3)


def test_more_devices_are_added_later(server, provisioner):
    provision(provisioner, devices=DEVICES[:1])

    provision(provisioner)

    assert sizes(server)[4:] == (3, 3)


def test_keys_that_are_missing_or_differ_are_set(server, provisioner):
    provision(provisioner, devices=DEVICES[:1])
    registry = server.server.core.state.registry
    server.call(lambda: registry.remove_keys(DEVICES[0].dev_eui))
    provision(provisioner, devices=DEVICES[:1])
    assert server.call(lambda: registry.keys(DEVICES[0].dev_eui)).nwk_key == bytes(15) + b"\x01"

    other = DeviceToProvision(DEVICES[0].dev_eui, "pump 1", "FF" * 16)
    provision(provisioner, devices=[other])

    assert server.call(lambda: registry.keys(DEVICES[0].dev_eui)).nwk_key == b"\xff" * 16


def test_name_that_contains_another_is_not_taken_for_it(server, provisioner):
    longer = provision(provisioner, tenant="plant 2")

    shorter = provision(provisioner, gateways=(), devices=())

    assert shorter.tenant_id != longer.tenant_id
    assert sizes(server)[0] == 2


def test_device_of_another_application_is_a_contradiction(provisioner):
    provision(provisioner)

    with pytest.raises(ProvisioningError, match="70b3d57ed0000001 belongs to another application"):
        provision(provisioner, application="valves")


def test_gateway_of_another_tenant_is_a_contradiction(provisioner):
    provision(provisioner)

    with pytest.raises(ProvisioningError, match="0016c001ff10a235 belongs to another tenant"):
        provision(provisioner, tenant="other")


def test_profile_of_another_region_is_a_contradiction(provisioner):
    provision(provisioner)

    with pytest.raises(ProvisioningError, match="not of region US915"):
        provision(provisioner, profile=ProfileToProvision("farwire-node", region="US915"))


def test_wrong_token_is_an_error_of_the_api(server):
    with server.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        provision(Provisioner(channel, "wrong"))

    assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_class_c_profile_has_its_time_out(server, provisioner):
    made = provision(provisioner, profile=ProfileToProvision("valves", class_c=True))

    with server.channel() as channel:
        stub = api.DeviceProfileServiceStub(channel)
        metadata = (("authorization", f"Bearer {TOKEN}"),)
        got = stub.Get(api.GetDeviceProfileRequest(id=made.device_profile_id), metadata=metadata)
    assert (got.device_profile.supports_class_c, got.device_profile.class_c_timeout) == (True, 10)
