"""What survives a restart: sessions, counters, nonces, queue and registry."""

import sqlite3

import pytest

from farwire_node.aes_host import HostAes
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.settings import NetworkServerSettings
from farwire_twin.network_server.storage import Storage
from tests.twin.network_server.device import Device
from tests.twin.network_server.rig import Rig, joined


def restarted(network: Rig, path) -> Rig:
    """What a new process has from the file alone."""
    storage = Storage(path)
    storage.save(network.core.state.registry)
    storage.close()
    again = Storage(path)
    core = NetworkCore(NetworkServerSettings(api_token="t", seed=1), HostAes(), network.now_ms)
    core.restore(again.load(), network.now_ms)
    again.close()
    return Rig(core, network.tenant_id, network.application_id, network.profile_id, network.now_ms)


def test_device_goes_on_in_its_session(tmp_path):
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    after = restarted(network, tmp_path / "ns.db")
    after.uplink(device.uplink(b"\x02", 2, confirmed=True))

    assert [event.f_cnt for event in after.of("up")] == [1]
    assert dict(after.of("up")[0].device_info.tags) == {"app": "a", "profile": "p", "who": "device"}
    assert device.read(after.downlinks[0].items[0].phy_payload).f_cnt == 1


def test_old_counter_is_still_refused(tmp_path):
    network, device = joined()
    network.uplink(device.uplink(b"\x01", 2))

    after = restarted(network, tmp_path / "ns.db")
    after.uplink(device.uplink(b"\x01", 2, f_cnt=0))

    assert after.logs() == ["UPLINK_F_CNT_RETRANSMISSION"]


def test_used_dev_nonce_is_still_refused_and_join_nonces_go_on(tmp_path):
    network, device = joined()

    after = restarted(network, tmp_path / "ns.db")
    device.dev_nonce -= 1
    after.hear(device.join_request())
    after.run()
    assert after.logs() == ["OTAA"]

    after.join(device)
    assert device.accept is not None
    assert device.accept.join_nonce == 1


def test_queue_keeps_its_order_and_what_is_pending(tmp_path):
    network, device = joined()
    ids = [network.enqueue(device, bytes((number,)), confirmed=number == 0) for number in range(12)]
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    after = restarted(network, tmp_path / "ns.db")

    assert [item.id for item in after.queue(device)] == ids
    assert [item.is_pending for item in after.queue(device)] == [True] + [False] * 11
    after.uplink(device.uplink(b"\x02", 2, ack=True))
    assert [event.queue_item_id for event in after.of("ack")] == ids[:1]
    assert after.enqueue(device, b"\xff") == after.queue(device)[-1].id


def test_ids_do_not_come_again_after_a_restart_with_the_same_seed(tmp_path):
    network, device = joined()
    ids = [network.enqueue(device, b"\x0a") for _ in range(5)]

    after = restarted(network, tmp_path / "ns.db")

    assert not set(ids) & {after.enqueue(device, b"\x0a") for _ in range(20)}


def test_mac_command_that_was_asked_is_still_understood(tmp_path):
    network, device = joined(rx1_delay=3)
    network.uplink(device.uplink(b"\x01", 2))

    after = restarted(network, tmp_path / "ns.db")
    after.hear(device.uplink(b"\x01", 2, f_opts=b"\x08"))
    after.run(5_000)

    assert after.downlinks[-1].items[0].tx_info.timing.delay.delay.seconds == 3


def test_what_was_deleted_stays_deleted(tmp_path):
    network, device = joined()
    network.enqueue(device, b"\x0a")
    path = tmp_path / "ns.db"
    restarted(network, path)
    network.core.state.registry.remove_device(device.eui)

    after = restarted(network, path)

    registry = after.core.state.registry
    assert (registry.devices, registry.device_keys, registry.queue_items) == ({}, {}, {})


def test_every_field_is_stored(tmp_path):
    network, device = joined(device_status_req_interval=24)
    network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(b"\x01", 2, f_opts=b"\x06\x80\x3f"))
    network.acknowledge()
    registry = network.core.state.registry

    after = restarted(network, tmp_path / "ns.db").core.state.registry

    assert after.tenants == registry.tenants
    assert after.applications == registry.applications
    assert after.device_profiles == registry.device_profiles
    assert after.gateways == registry.gateways
    assert after.devices == registry.devices
    assert after.device_keys == registry.device_keys
    assert after.queue_items == registry.queue_items


def test_only_what_changed_is_written(tmp_path):
    network, device = joined()
    storage = Storage(tmp_path / "ns.db")
    registry = network.core.state.registry
    storage.save(registry)
    assert registry.touched == set()

    network.uplink(device.uplink(b"\x01", 2))

    assert registry.touched == {("device", device.eui)}
    storage.close()


def test_file_of_another_version_is_refused(tmp_path):
    path = tmp_path / "ns.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(ValueError, match="rows of version 99, expected 1"):
        Storage(path)


def test_empty_file_is_an_empty_registry(tmp_path):
    storage = Storage(tmp_path / "deep" / "ns.db")

    assert storage.load() == []
    storage.close()
    assert Device().eui == "70b3d57ed0000001"
