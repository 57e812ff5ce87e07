"""What the network asks of a device with a downlink [chirpstack/src downlink/data.rs: set_mac_commands]."""

from farwire_node.lorawan.mac_commands import (
    DevStatusReq,
    LinkADRReq,
    NewChannelReq,
    RXParamSetupReq,
    RXTimingSetupReq,
    TXParamSetupReq,
)
from farwire_twin.network_server import channel_plan
from farwire_twin.network_server.mac_blocks import Block, block
from farwire_twin.network_server.records import Session
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State

NEW_CHANNELS_AT_ONCE = 3
# After more refusals than this a command is not sent again [network.max_mac_command_error_count].
MAX_ERRORS = 1
DAY_MS = 24 * 3_600_000
# LinkADRReq and NewChannelReq change the same thing and do not travel together.
CONFLICTS = {0x03: 0x07, 0x07: 0x03}


def add_requests(
    state: State, owners: Owners, session: Session, answers: list[Block], now_ms: int
) -> list[Block]:
    """`answers` and behind them what the device should be asked, in ChirpStack's order."""
    wanted = [
        *answers,
        *_new_channels(state, session),
        *_channel_mask(state, session),
        *_device_status(owners, session, now_ms),
        *_receive_windows(state, owners, session),
        *_transmission(state, owners, session),
    ]
    kept: list[Block] = []
    for each in wanted:
        conflicting = any(other.cid == CONFLICTS.get(each.cid) for other in kept)
        if session.mac_errors.get(each.cid, 0) <= MAX_ERRORS and not conflicting:
            kept.append(each)
    return kept


def _new_channels(state: State, session: Session) -> list[Block]:
    wanted = {index: channel for index, channel in enumerate(state.region.channels) if channel.extra}
    for index in [index for index in session.extra_channels_hz if index not in wanted]:
        del session.extra_channels_hz[index]
    requests = [
        NewChannelReq(index, channel.frequency_hz, channel.max_dr, channel.min_dr)
        for index, channel in wanted.items()
        if session.extra_channels_hz.get(index) != channel.frequency_hz
    ]
    return [block(*requests[:NEW_CHANNELS_AT_ONCE])] if requests else []


def _channel_mask(state: State, session: Session) -> list[Block]:
    masks = channel_plan.masks(state.region, session.enabled_channels)
    # Only the last request's data rate, power and repetitions count (LoRaWAN 1.0.4 §5.3); ChirpStack leaves
    # the others' at 0.
    values = [(0, 0, 0)] * (len(masks) - 1) + [(session.dr, session.tx_power_index, session.nb_trans)]
    requests = [
        LinkADRReq(dr, tx_power, mask, control, nb_trans)
        for (control, mask), (dr, tx_power, nb_trans) in zip(masks, values, strict=False)
    ]
    return [block(*requests)] if requests else []


def _device_status(owners: Owners, session: Session, now_ms: int) -> list[Block]:
    times_a_day = owners.profile.message.device_status_req_interval
    if times_a_day == 0:
        return []
    last_ms = session.last_device_status_request_ms
    if last_ms is not None and now_ms - last_ms < DAY_MS / times_a_day:
        return []
    session.last_device_status_request_ms = now_ms
    return [block(DevStatusReq())]


def _receive_windows(state: State, owners: Owners, session: Session) -> list[Block]:
    wanted = state.region.settings
    blocks = []
    here = (session.rx1_dr_offset, session.rx2_dr, session.rx2_frequency_hz)
    should = (wanted.rx1_dr_offset, wanted.rx2_dr, wanted.rx2_frequency_hz)
    if here != should:
        blocks.append(block(RXParamSetupReq(*should)))
    delay_s = max(wanted.rx1_delay_s, owners.profile.message.rx1_delay)
    if session.rx1_delay_s != delay_s:
        blocks.append(block(RXTimingSetupReq(delay_s)))
    return blocks


def _transmission(state: State, owners: Owners, session: Session) -> list[Block]:
    wanted = state.region.tx_params(owners.profile.message.mac_version)
    here = (
        session.uplink_dwell_time_400ms,
        session.downlink_dwell_time_400ms,
        session.uplink_max_eirp_index,
    )
    if wanted is None or wanted == here:
        return []
    uplink_dwell, downlink_dwell, eirp_index = wanted
    return [block(TXParamSetupReq(int(downlink_dwell), int(uplink_dwell), eirp_index))]
