"""Confirmed items: pending after the tx ack, decided by the next uplink, never repeated."""

from chirpstack_api import gw, integration

from tests.twin.network_server.rig import joined


def test_confirmed_item_is_pending_once_a_gateway_took_it():
    network, device = joined()
    network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(b"\x01", 2))
    assert [item.is_pending for item in network.queue(device)] == [False]

    network.acknowledge()

    (item,) = network.queue(device)
    assert (item.is_pending, item.f_cnt_down) == (True, 0)
    assert len(network.of("txack")) == 1
    assert device.read(network.downlinks[0].items[0].phy_payload).confirmed


def test_ack_bit_of_the_next_uplink_acknowledges_the_item():
    network, device = joined()
    item_id = network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    network.uplink(device.uplink(b"\x02", 2, ack=True))

    (event,) = network.of("ack")
    assert (event.queue_item_id, event.acknowledged, event.f_cnt_down) == (item_id, True, 0)
    assert event.deduplication_id == network.of("up")[-1].deduplication_id
    assert network.queue(device) == []
    assert [each.event for each in network.events][-2:] == ["up", "ack"]


def test_next_uplink_without_ack_bit_gives_the_item_up():
    network, device = joined()
    item_id = network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    network.uplink(device.uplink(b"\x02", 2))

    (event,) = network.of("ack")
    assert (event.queue_item_id, event.acknowledged) == (item_id, False)
    assert event.deduplication_id == network.of("up")[-1].deduplication_id
    assert network.queue(device) == []
    assert len(network.downlinks) == 1


def test_item_behind_a_pending_one_goes_out_with_the_uplink_that_decides():
    network, device = joined()
    network.enqueue(device, b"\x0a", confirmed=True)
    network.enqueue(device, b"\x0b")
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    network.uplink(device.uplink(b"\x02", 2))

    assert [event.acknowledged for event in network.of("ack")] == [False]
    assert device.read(network.downlinks[-1].items[0].phy_payload).payload == b"\x0b"


def test_negative_tx_ack_leaves_a_confirmed_item_not_pending():
    network, device = joined()
    network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge(gw.TOO_LATE, gw.TOO_LATE)

    network.uplink(device.uplink(b"\x02", 2))

    assert network.of("ack") == []
    assert len(network.downlinks) == 2


def test_ack_bit_without_a_pending_item_is_counted():
    network, device = joined()

    network.uplink(device.uplink(b"\x01", 2, ack=True))

    assert network.of("ack") == []
    assert network.core.state.counters["acks without pending item"] == 1


def test_retransmission_does_not_decide_a_pending_item():
    network, device = joined()
    network.enqueue(device, b"\x0a", confirmed=True)
    network.uplink(device.uplink(b"\x01", 2))
    network.acknowledge()

    network.uplink(device.uplink(b"\x01", 2, f_cnt=0))

    assert network.of("ack") == []
    assert [item.is_pending for item in network.queue(device)] == [True]


def test_expired_item_is_discarded_with_a_log_and_the_next_one_sent():
    network, device = joined()
    from farwire_twin.network_server.timestamps import to_timestamp

    item_id = network.enqueue(device, b"\x0a", expires_at=to_timestamp(network.now_ms + 100))
    network.enqueue(device, b"\x0b")
    network.run(200)

    network.uplink(device.uplink(b"\x01", 2))

    (event,) = network.of("log")
    assert (event.level, event.code) == (integration.ERROR, integration.EXPIRED)
    assert event.description == "Device queue-item discarded because it has expired"
    assert dict(event.context) == {"queue_item_id": item_id}
    assert device.read(network.downlinks[0].items[0].phy_payload).payload == b"\x0b"
