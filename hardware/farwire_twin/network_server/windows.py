"""Where and when a downlink may be sent: the gateway, and the receive windows of the device.

[chirpstack/src downlink/helpers.rs, downlink/data.rs, downlink/join.rs]
"""

from dataclasses import dataclass

from chirpstack_api import gw

from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.records import HeardBy, Session, UplinkSet
from farwire_twin.network_server.region import JOIN_ACCEPT_DELAY_S
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State
from farwire_twin.network_server.timestamps import seconds

# SNR in dB below which a spreading factor is not received [config.rs: get_required_snr_for_sf].
REQUIRED_SNR_DB = {6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}


@dataclass(slots=True)
class Window:
    """One chance to send, and the FRMPayload (with FOpts) that still fits it."""

    tx_info: gw.DownlinkTxInfo
    room: int


def remember_gateways(session: Session, uplink: UplinkSet) -> None:
    """Keep how this uplink was heard, for the downlink."""
    session.heard_dr = uplink.dr
    session.heard_by = [
        HeardBy(each.gateway_id, each.rssi, each.snr, each.board, each.antenna, each.context)
        for each in uplink.rx_info
    ]


def select_gateway(state: State, owners: Owners, session: Session) -> HeardBy:
    """The gateway to send through: any with margin enough, weighted by priority, else the best there is."""
    usable = [(_margin_db(state, session, each), each.rssi_dbm, each) for each in session.heard_by]
    usable = [entry for entry in usable if _may_send(state, owners, entry[2].gateway_id)]
    if not usable:
        raise RefusedError("no gateway for downlink", dev_eui=owners.device.dev_eui)
    usable.sort(key=lambda entry: entry[:2], reverse=True)
    good = [
        each
        for margin_db, _, each in usable
        if margin_db >= state.region.settings.gateway_prefer_min_margin_db
    ]
    if not good:
        return usable[0][2]
    weights = [state.registry.gateway(each.gateway_id).message.downlink_priority or 1 for each in good]
    return state.random.choices(good, weights)[0]


def join_windows(state: State, uplink: UplinkSet, gateway: HeardBy) -> list[Window]:
    """RX1 and RX2 of a join-accept: always the region's own parameters."""
    region = state.region
    first_s, second_s = JOIN_ACCEPT_DELAY_S
    rx1_hz, rx1_dr = region.rx1(uplink.tx_info.frequency, uplink.dr, 0)
    return [
        _window(state, gateway, rx1_hz, rx1_dr, _delay(first_s), 0),
        _window(state, gateway, region.table.rx2_freq_hz, region.table.rx2_dr, _delay(second_s), 0),
    ]


def class_a_windows(
    state: State, owners: Owners, session: Session, uplink: UplinkSet, gateway: HeardBy
) -> list[Window]:
    """RX1 and RX2 after `uplink`, as the device has been told them."""
    dwell = session.downlink_dwell_time_400ms
    rx1_hz, rx1_dr = state.region.rx1(uplink.tx_info.frequency, uplink.dr, session.rx1_dr_offset, dwell)
    profile = owners.profile.message
    delay_s = session.rx1_delay_s or 1
    return [
        _window(state, gateway, rx1_hz, rx1_dr, _delay(delay_s), state.region.max_downlink(profile, rx1_dr)),
        _rx2(state, owners, session, gateway, _delay(delay_s + 1)),
    ]


def class_c_window(state: State, owners: Owners, session: Session, gateway: HeardBy) -> Window:
    """RX2, at once."""
    at_once = gw.Timing(immediately=gw.ImmediatelyTimingInfo())
    return _rx2(state, owners, session, gateway, at_once)


def _rx2(state: State, owners: Owners, session: Session, gateway: HeardBy, timing: gw.Timing) -> Window:
    frequency_hz = session.rx2_frequency_hz or state.region.table.rx2_freq_hz
    room = state.region.max_downlink(owners.profile.message, session.rx2_dr)
    return _window(state, gateway, frequency_hz, session.rx2_dr, timing, room)


def _window(
    state: State, gateway: HeardBy, frequency_hz: int, dr: int, timing: gw.Timing, room: int
) -> Window:
    tx_info = gw.DownlinkTxInfo(
        frequency=frequency_hz,
        power=state.region.downlink_power_dbm(frequency_hz),
        modulation=state.region.modulation(dr),
        board=gateway.board,
        antenna=gateway.antenna,
        timing=timing,
        context=gateway.context,
    )
    return Window(tx_info, room)


def _delay(delay_s: int) -> gw.Timing:
    return gw.Timing(delay=gw.DelayTimingInfo(delay=seconds(delay_s)))


def _margin_db(state: State, session: Session, heard: HeardBy) -> float:
    spreading_factor, _ = state.region.table.data_rates[session.heard_dr]
    return heard.snr_db - REQUIRED_SNR_DB[spreading_factor]


def _may_send(state: State, owners: Owners, gateway_id: str) -> bool:
    gateway = state.registry.gateways.get(gateway_id)
    if gateway is None:
        return False
    tenant_id = gateway.message.tenant_id
    return (
        tenant_id == owners.tenant.message.id
        or not state.registry.tenant(tenant_id).message.private_gateways_down
    )
