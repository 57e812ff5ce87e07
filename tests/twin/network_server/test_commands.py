"""`command/down` of the MQTT integration: enqueued, or refused with nothing but a count."""

import pytest
from chirpstack_api import integration
from google.protobuf.struct_pb2 import Struct

from tests.twin.network_server.device import Device
from tests.twin.network_server.rig import joined

ITEM_ID = "c0ffee00-0000-4000-8000-000000000001"


def command(device: Device, **fields):
    return integration.DownlinkCommand(
        **{"dev_eui": device.eui, "f_port": 10, "data": b"\x0a", "id": ITEM_ID} | fields
    )


def give(network, device, asked, application_id=None, topic_eui=None):
    network.core.on_command(
        application_id or network.application_id, topic_eui or device.eui, asked, network.now_ms
    )
    network.collect()


def test_id_of_the_command_becomes_that_of_the_queue_item():
    network, device = joined()

    give(network, device, command(device, confirmed=True))

    (item,) = network.queue(device)
    assert (item.id, item.f_port, item.data, item.confirmed) == (ITEM_ID, 10, b"\x0a", True)


def test_repeated_id_is_refused():
    network, device = joined()
    give(network, device, command(device))

    give(network, device, command(device, data=b"\x0b"))

    assert network.refused == ["command refused"]
    assert [item.data for item in network.queue(device)] == [b"\x0a"]


def test_command_without_id_gets_one():
    network, device = joined()

    give(network, device, command(device, id=""))
    give(network, device, command(device, id=""))

    assert len({item.id for item in network.queue(device)}) == 2


def test_expiry_of_the_command_is_kept():
    network, device = joined()
    asked = command(device)
    asked.expires_at.FromMilliseconds(network.now_ms + 5)

    give(network, device, asked)

    assert network.queue(device)[0].expires_at == asked.expires_at


def test_object_without_codec_is_an_empty_payload():
    network, device = joined()
    values = Struct()
    values.update({"a": 1})

    give(network, device, command(device, object=values))

    assert [item.data for item in network.queue(device)] == [b""]


@pytest.mark.parametrize(
    ("fields", "topic", "reason"),
    [
        ({"dev_eui": "70B3D57ED0000001"}, {}, "command for another device"),
        ({"dev_eui": "70b3d57ed0000002"}, {"topic_eui": "70b3d57ed0000002"}, "command refused"),
        ({"dev_eui": "xyz"}, {"topic_eui": "xyz"}, "command refused"),
        ({}, {"application_id": ITEM_ID}, "command from another application"),
        ({}, {"application_id": "not-a-uuid"}, "command refused"),
        ({"id": "not-a-uuid"}, {}, "command refused"),
        ({"f_port": 0}, {}, "command refused"),
        ({"f_port": 256}, {}, "command refused"),
    ],
)
def test_wrong_command_is_refused_and_changes_nothing(fields, topic, reason):
    network, device = joined()

    give(network, device, command(device, **fields), **topic)

    assert network.refused == [reason]
    assert network.queue(device) == []
    assert network.events == []


def test_f_port_is_cast_to_8_bits_as_chirpstack_does():
    network, device = joined()

    give(network, device, command(device, f_port=257))

    assert network.queue(device)[0].f_port == 1
