"""Class C devices get their queue at once, in RX2, with pauses."""

from tests.twin.network_server.rig import joined


def class_c():
    network, device = joined(supports_class_c=True, class_c_timeout=10)
    network.uplink(device.uplink(b"\x01", 2))
    network.run(6_000)
    network.events.clear()
    return network, device


def test_item_is_sent_within_a_second_in_rx2_immediately():
    network, device = class_c()
    network.enqueue(device, b"\x0a")

    network.run(1_000)

    (frame,) = network.downlinks
    (item,) = frame.items
    assert item.tx_info.timing.HasField("immediately")
    assert (item.tx_info.frequency, item.tx_info.modulation.lora.spreading_factor) == (869_525_000, 12)
    assert device.read(item.phy_payload).payload == b"\x0a"


def test_device_without_first_uplink_waits():
    network, device = joined(supports_class_c=True)
    network.enqueue(device, b"\x0a")

    network.run(20_000)

    assert network.downlinks == []


def test_device_is_left_alone_for_5_s_after_an_uplink():
    network, device = class_c()
    network.uplink(device.uplink(b"\x01", 2))
    network.enqueue(device, b"\x0a")

    network.run(4_000)
    assert network.downlinks == []

    network.run(2_000)
    assert len(network.downlinks) == 1


def test_items_follow_each_other_every_5_s():
    network, device = class_c()
    network.enqueue(device, b"\x0a")
    network.enqueue(device, b"\x0b")

    network.run(1_000)
    network.acknowledge()
    network.run(4_000)
    assert len(network.downlinks) == 1

    network.run(2_000)
    assert [device.read(each.items[0].phy_payload).payload for each in network.downlinks] == [
        b"\x0a",
        b"\x0b",
    ]


def test_confirmed_item_blocks_the_queue_until_its_time_out():
    network, device = class_c()
    item_id = network.enqueue(device, b"\x0a", confirmed=True)
    network.run(1_000)
    network.acknowledge()

    network.run(9_000)
    assert network.of("ack") == []

    network.run(3_000)
    (event,) = network.of("ack")
    assert (event.queue_item_id, event.acknowledged, event.deduplication_id) == (item_id, False, "")


def test_scheduler_rests_when_there_is_nothing_to_send():
    network, device = class_c()
    network.enqueue(device, b"\x0a")
    network.run(1_000)
    network.acknowledge()

    network.run(60_000)

    assert network.core.next_timer() is None
    assert device.f_cnt == 1
