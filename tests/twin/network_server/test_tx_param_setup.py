"""TxParamSetupReq: what the server asks in AU915 and AS923, and that the node's MAC and it agree."""

from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from chirpstack_api import common

from farwire_node.lorawan import mac_commands, regions
from farwire_node.lorawan.mac_commands import TXParamSetupAns, TXParamSetupReq
from farwire_node.steps import Transmit
from farwire_twin.network_server.settings import EU868, RegionSettings, region_settings
from tests.node.lorawan.fakes import APP_KEY, DEV_EUI, JOIN_EUI, OnAir, World
from tests.twin.network_server.device import Device
from tests.twin.network_server.rig import Rig, rig

AU915 = replace(region_settings("AU915"), uplink_max_eirp_dbm=30.0)
AS923 = replace(region_settings("AS923-1"), uplink_max_eirp_dbm=16.0)
LIFTED = pytest.mark.parametrize(
    ("name", "plan", "eirp_index"), [("AU915", AU915, 13), ("AS923-1", AS923, 5)], ids=["AU915", "AS923-1"]
)


@dataclass
class Served:
    """The embedded server as the network of a World."""

    plan: RegionSettings
    name: str
    profile: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.region = regions.by_name(self.name)
        self.rx2_dr = self.region.rx2_dr
        self.rx2_freq_hz = self.region.rx2_freq_hz
        self.rig: Rig = rig(self.plan, **self.profile)
        self.rig.add(Device(DEV_EUI, JOIN_EUI, APP_KEY))
        self.asked: list[Any] = []
        self.answers: list[Any] = []

    def hear(self, sent: Transmit, end_ms: int) -> OnAir | None:
        """Take an uplink; return the downlink in the first window."""
        before = len(self.rig.downlinks)
        self.rig.now_ms += 60_000
        self.rig.uplink(
            sent.frame, frequency_hz=sent.freq_hz, spreading_factor=sent.sf, bandwidth_hz=sent.bw_hz
        )
        if len(self.rig.downlinks) == before:
            return None
        self.rig.acknowledge()
        item = self.rig.downlinks[-1].items[0]
        lora = item.tx_info.modulation.lora
        start_ms = end_ms + 1000 * item.tx_info.timing.delay.delay.seconds
        return OnAir(
            start_ms, item.tx_info.frequency, lora.spreading_factor, lora.bandwidth, item.phy_payload
        )

    @property
    def session(self) -> Any:
        return self.rig.core.state.registry.device(f"{DEV_EUI:016x}").session


def world(name: str, plan: RegionSettings, **profile: Any) -> World:
    network: Any = Served(plan, name, profile)
    return World(network, initial_dr=3).joined()


@LIFTED
def test_a_network_told_to_lifts_the_dwell_time_and_payloads_grow(
    name: str, plan: RegionSettings, eirp_index: int
) -> None:
    here = world(name, plan)
    assert here.mac.capacity(here.now_ms) == 53

    here.send()
    here.send()

    session = here.network.session
    assert here.mac.capacity(here.now_ms) == 115
    assert not session.uplink_dwell_time_400ms
    assert session.uplink_max_eirp_index == eirp_index
    assert not here.network.session.mac_pending


@LIFTED
def test_what_was_taken_is_not_asked_again(name: str, plan: RegionSettings, eirp_index: int) -> None:
    here = world(name, plan)
    for _ in range(3):
        here.send()
    before = len(here.network.rig.downlinks)

    for _ in range(5):
        here.send()

    assert len(here.network.rig.downlinks) == before


@LIFTED
def test_a_network_with_chirpstacks_defaults_asks_nothing(
    name: str, plan: RegionSettings, eirp_index: int
) -> None:
    here = world(name, replace(plan, uplink_max_eirp_dbm=0.0))
    for _ in range(3):
        here.send()

    assert here.mac.capacity(here.now_ms) == 53


def test_both_sides_keep_the_downlinks_dwell_time_from_the_same_frame_on() -> None:
    # At this offset a frame at DR3 is answered at DR2, and without the dwell time at DR0.
    plan = replace(AS923, uplink_dwell_time_400ms=True, downlink_dwell_time_400ms=True, rx1_dr_offset=3)
    here = world("AS923-1", plan)
    for _ in range(3):
        here.send()
    assert here.network.session.downlink_dwell_time_400ms

    here.network.rig.enqueue(Device(DEV_EUI), b"hello")
    here.send()

    assert (10, b"hello") in [event[:2] for event in here.events if len(event) == 2]


@pytest.mark.parametrize("version", [common.LORAWAN_1_0_1, common.LORAWAN_1_0_2])
def test_an_old_device_in_au915_is_not_asked(version: int) -> None:
    here = world("AU915", AU915, mac_version=version)
    for _ in range(3):
        here.send()

    assert here.mac.capacity(here.now_ms) == 53


def test_a_region_without_it_is_not_asked() -> None:
    here = world("EU868", replace(EU868, uplink_max_eirp_dbm=16.0))
    before = len(here.network.rig.downlinks)
    for _ in range(3):
        here.send()

    assert len(here.network.rig.downlinks) == before


def test_the_command_is_on_air_as_the_specification_has_it() -> None:
    octets = mac_commands.encode(TXParamSetupReq(downlink_dwell=1, uplink_dwell=0, max_eirp_index=5))

    assert octets == bytes((0x09, 0x25))
    assert mac_commands.decode(bytes((0x09,)), uplink=True) == [TXParamSetupAns()]
