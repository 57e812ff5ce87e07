"""The gateway's word on a downlink, and what follows for queue, counter and application."""

import pytest
from chirpstack_api import gw, integration

from tests.twin.network_server.rig import GATEWAY, joined


def test_positive_tx_ack_removes_an_unconfirmed_item_and_tells_the_application():
    network, device = joined()
    item_id = network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))

    network.acknowledge()

    (event,) = network.of("txack")
    frame = network.downlinks[0]
    assert (event.queue_item_id, event.f_cnt_down, event.gateway_id) == (item_id, 0, GATEWAY)
    assert event.downlink_id == frame.downlink_id
    assert event.tx_info == frame.items[0].tx_info
    assert event.time.ToMilliseconds() == network.now_ms
    assert dict(event.device_info.tags) == {"profile": "p", "who": "device"}
    assert network.queue(device) == []


def test_tx_ack_shows_the_window_that_was_used():
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))

    network.acknowledge(gw.TOO_LATE, gw.OK)

    assert network.of("txack")[0].tx_info == network.downlinks[0].items[1].tx_info


def test_tx_ack_of_an_empty_frame_is_no_event():
    network, device = joined()
    network.uplink(device.uplink(b"\x01", 2, confirmed=True))

    network.acknowledge()

    assert network.of("txack") == []


@pytest.mark.parametrize("status", [gw.TOO_LATE, gw.DUTY_CYCLE_OVERFLOW, gw.TX_FREQ, gw.INTERNAL_ERROR])
def test_negative_tx_ack_is_logged_and_the_item_is_sent_again_with_the_same_counter(status):
    network, device = joined()
    item_id = network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))

    network.acknowledge(gw.COLLISION_PACKET, status)

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.ERROR, integration.DOWNLINK_GATEWAY)
    assert event.description == gw.TxAckStatus.Name(status)
    assert dict(event.context) == {}
    assert dict(event.device_info.tags)["app"] == "a"
    network.uplink(device.uplink(b"\x01", 2))
    read = device.read(network.downlinks[-1].items[0].phy_payload)
    assert (read.payload, read.f_cnt) == (b"\x0a", 0)
    network.acknowledge()
    assert [each.queue_item_id for each in network.of("txack")] == [item_id]


def test_gateway_may_acknowledge_the_first_item_alone():
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))

    network.acknowledge(gw.TX_FREQ)

    assert network.of("log")[0].description == "TX_FREQ"


def test_frame_without_word_for_30_s_is_sent_again_with_the_same_counter():
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))
    silent = network.downlinks[-1]
    network.run(30_000)

    network.acknowledge(frame=silent)

    assert network.refused == ["no tx ack in time", "tx ack for unknown downlink"]
    assert network.of("txack") == []
    network.uplink(device.uplink(b"\x01", 2))
    assert device.read(network.downlinks[-1].items[0].phy_payload).f_cnt == 0


def test_second_word_on_one_frame_is_refused():
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    network.acknowledge()

    assert network.refused == ["tx ack for unknown downlink"]
    assert len(network.of("txack")) == 1


def test_tx_ack_with_more_items_than_the_frame_had_is_refused():
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))

    network.acknowledge(gw.TOO_LATE, gw.TOO_LATE, gw.OK)

    assert network.refused == ["tx ack with too many items"]
    assert network.of("txack") == []


def test_tx_ack_without_items_is_refused():
    network, _ = joined()

    network.core.on_tx_ack(gw.DownlinkTxAck(gateway_id=GATEWAY, downlink_id=1), network.now_ms)
    network.collect()

    assert network.refused == ["tx ack without items"]


def test_tx_ack_for_an_item_that_was_flushed_tells_nothing_and_keeps_the_counter():
    network, device = joined()
    network.enqueue(device, b"\x0a")
    network.uplink(device.uplink(b"\x01", 2))
    for item in network.queue(device):
        network.core.state.registry.remove_queue_item(item.id)

    network.acknowledge()

    assert network.of("txack") == []
    assert network.refused == ["tx ack for what is gone"]
    network.uplink(device.uplink(b"\x01", 2, confirmed=True))
    assert device.read(network.downlinks[-1].items[0].phy_payload).f_cnt == 0
