"""What a device, a gateway and an application do together, for any network server to play along.

The same scene was played with a real ChirpStack 4, by hand, and is played with the embedded one in tests:
what both of them say, step by step, is then compared.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from chirpstack_api import gw

from tests.twin.network_server.device import Device

LINK_CHECK_REQ, DEVICE_TIME_REQ, DEV_STATUS_ANS = 0x02, 0x0D, 0x06
LPP_TEMPERATURE = bytes((1, 0x67, 0x00, 0xF0))
LPP_OF_MANY_TYPES = bytes.fromhex(
    "010001 0201ff 0302fe0c 0403ffff 0565ffff 066601 0767ff9c 0767 0110 0868c8 0971 04d2fb2e0000 0a732710"
    "0b86 04d2fb2e0064 0c88 06765ff2960a0003e8"
)
AN_HOUR_S = 3_600


class Network(Protocol):
    """A network server with one registered device and one gateway. Device-profile: OTAA, LoRaWAN 1.0.4,
    class A, one device status a day, no ADR, the queue kept over joins."""

    def step(self, name: str) -> None:
        """What comes from here on belongs to this step."""

    def hear(self, phy: bytes, **radio: Any) -> gw.DownlinkFrame | None:
        """The gateway hears a frame (`radio`: as `device.uplink_frame` has it); what it is told to send."""

    def acknowledge(self, statuses: Iterable[int]) -> None:
        """The gateway's word on the items of the last downlink."""

    def enqueue(self, device: Device, data: bytes, port: int, **asked: Any) -> str:
        """Append to the device's queue over the API; `expires_in_s` (may be negative) besides the fields of
        DeviceQueueItem."""

    def look(self, device: Device) -> None:
        """Read the device's queue over the API."""

    def flush(self, device: Device) -> None:
        """Empty the device's queue over the API."""


def play(network: Network, device: Device) -> None:
    """The whole scene, from before the join."""
    _join(network, device)
    _uplinks(network, device)
    _queue(network, device)
    _discarded(network, device)
    _counters(network, device)
    _status(network, device)


def play_decoded(network: Network, device: Device) -> None:
    """Uplinks of a device whose profile has the Cayenne LPP codec."""
    network.step("a join-request")
    accept = network.hear(device.join_request())
    assert accept is not None
    device.take_accept(accept.items[0].phy_payload)
    _sent(network)
    for name, payload, port in (
        ("values of many types", LPP_OF_MANY_TYPES, 1),
        ("a type that is not known", bytes((1, 0x67, 0x00, 0xF0, 2, 0xF0, 1)), 1),
        ("a value cut short", bytes((1, 0x67, 0x00)), 1),
        ("no payload", b"", 1),
        ("bytes that are no LPP on another port", b"\x20\x01\x02", 210),
    ):
        network.step(name)
        network.hear(device.uplink(payload, port))


def _sent(network: Network) -> None:
    network.acknowledge([gw.OK])


def _join(network: Network, device: Device) -> None:
    network.step("a join-request with a wrong MIC")
    network.hear(device.join_request()[:-1] + b"\x00")

    network.step("a join-request")
    accept = network.hear(device.join_request())
    assert accept is not None
    device.take_accept(accept.items[0].phy_payload)
    _sent(network)

    network.step("a DevNonce for the second time")
    again = Device(device.dev_eui, device.join_eui, device.app_key, device.dev_nonce - 1)
    network.hear(again.join_request())

    network.step("a join-request of an unknown device")
    network.hear(Device(dev_eui=0x70B3D57ED00000FF).join_request())


def _uplinks(network: Network, device: Device) -> None:
    network.step("the first uplink, which is answered by a question for the status")
    network.hear(device.uplink(LPP_TEMPERATURE, 1))
    _sent(network)

    network.step("a status on a battery")
    network.hear(device.uplink(f_opts=bytes((DEV_STATUS_ANS, 127, 0x3D))))

    network.step("a confirmed uplink")
    network.hear(device.uplink(LPP_TEMPERATURE, 1, confirmed=True), rssi_dbm=-120, snr_db=-6.5)
    _sent(network)

    network.step("a link check at SF12")
    network.hear(
        device.uplink(f_opts=bytes((LINK_CHECK_REQ,))), spreading_factor=12, frequency_hz=868_300_000
    )
    _sent(network)

    network.step("a question for the time")
    network.hear(device.uplink(b"\x01", 2, f_opts=bytes((DEVICE_TIME_REQ,))))
    _sent(network)


def _queue(network: Network, device: Device) -> None:
    network.step("an unconfirmed item is queued")
    network.enqueue(device, b"\x0a\x0b", 220)
    network.look(device)
    network.step("it is handed to the gateway")
    network.hear(device.uplink(b"\x01", 2))
    network.look(device)
    network.step("the gateway was too late")
    network.acknowledge([gw.TOO_LATE, gw.COLLISION_PACKET])
    network.look(device)
    network.step("it is handed out again, and sent in the second window")
    network.hear(device.uplink(b"\x01", 2))
    network.acknowledge([gw.TOO_LATE, gw.OK])
    network.look(device)

    network.step("a confirmed item is sent, and one waits behind it")
    network.enqueue(device, b"\x0c", 221, confirmed=True)
    network.enqueue(device, b"\x0d", 221, confirmed=True, expires_in_s=AN_HOUR_S)
    network.look(device)
    network.hear(device.uplink(b"\x01", 2))
    _sent(network)
    network.look(device)
    network.step("it is acknowledged, and the next one sent")
    network.hear(device.uplink(b"\x01", 2, ack=True))
    _sent(network)
    network.look(device)
    network.step("that one is not acknowledged")
    network.hear(device.uplink(b"\x01", 2))
    network.look(device)

    network.step("the queue is flushed")
    for data in (b"\x0e", b"\x0f"):
        network.enqueue(device, data, 222)
    network.look(device)
    network.flush(device)
    network.look(device)


def _discarded(network: Network, device: Device) -> None:
    network.step("an item that is too long at SF12")
    network.enqueue(device, bytes(60), 222)
    network.hear(device.uplink(b"\x01", 2), spreading_factor=12)
    network.look(device)

    network.step("an item that has expired")
    network.enqueue(device, b"\x10", 222, expires_in_s=-1)
    network.look(device)
    network.hear(device.uplink(b"\x01", 2))
    network.look(device)


def _counters(network: Network, device: Device) -> None:
    network.step("a counter for the second time")
    network.hear(device.uplink(b"\x02", 2, f_cnt=device.f_cnt - 1))
    network.step("an old counter")
    network.hear(device.uplink(b"\x02", 2, f_cnt=1))
    network.step("an uplink with a wrong MIC")
    network.hear(device.uplink(b"\x02", 2, f_cnt=device.f_cnt)[:-1] + b"\x00")


def _status(network: Network, device: Device) -> None:
    network.step("a status on external power")
    network.hear(device.uplink(f_opts=bytes((DEV_STATUS_ANS, 0, 7))))
    network.step("a status of an unknown battery")
    network.hear(device.uplink(b"\x01", 2, f_opts=bytes((DEV_STATUS_ANS, 255, 0x1F))))
