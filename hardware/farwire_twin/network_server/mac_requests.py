"""What the network asks of a device with a downlink [chirpstack/src downlink/data.rs: set_mac_commands]."""

from dataclasses import replace

from farwire_twin.network_server import channel_plan, mac_commands
from farwire_twin.network_server.mac_commands import Block
from farwire_twin.network_server.records import Session
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State

NEW_CHANNELS_AT_ONCE = 3
# After more refusals than this a command is not sent again [network.max_mac_command_error_count].
MAX_ERRORS = 1
DAY_MS = 24 * 3_600_000
# Two commands that change the same thing do not travel together.
CONFLICTS = {mac_commands.NEW_CHANNEL: mac_commands.LINK_ADR, mac_commands.LINK_ADR: mac_commands.NEW_CHANNEL}


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
    ]
    kept: list[Block] = []
    for block in wanted:
        conflicting = any(each.cid == CONFLICTS.get(block.cid) for each in kept)
        if session.mac_errors.get(block.cid, 0) <= MAX_ERRORS and not conflicting:
            kept.append(block)
    return kept


def _new_channels(state: State, session: Session) -> list[Block]:
    wanted = {index: channel for index, channel in enumerate(state.region.channels) if channel.extra}
    for index in [index for index in session.extra_channels_hz if index not in wanted]:
        del session.extra_channels_hz[index]
    commands = [
        mac_commands.new_channel_req(index, channel.frequency_hz, channel.min_dr, channel.max_dr)
        for index, channel in wanted.items()
        if session.extra_channels_hz.get(index) != channel.frequency_hz
    ]
    octets = b"".join(commands[:NEW_CHANNELS_AT_ONCE])
    return [Block(mac_commands.NEW_CHANNEL, octets)] if octets else []


def _channel_mask(state: State, session: Session) -> list[Block]:
    requests = channel_plan.requests(state.region, session.enabled_channels)
    if not requests:
        return []
    requests[-1] = replace(
        requests[-1], dr=session.dr, tx_power=session.tx_power_index, nb_trans=session.nb_trans
    )
    return [Block(mac_commands.LINK_ADR, b"".join(request.encode() for request in requests))]


def _device_status(owners: Owners, session: Session, now_ms: int) -> list[Block]:
    times_a_day = owners.profile.message.device_status_req_interval
    if times_a_day == 0:
        return []
    last_ms = session.last_device_status_request_ms
    if last_ms is not None and now_ms - last_ms < DAY_MS / times_a_day:
        return []
    session.last_device_status_request_ms = now_ms
    return [mac_commands.dev_status_req()]


def _receive_windows(state: State, owners: Owners, session: Session) -> list[Block]:
    wanted = state.region.settings
    blocks = []
    here = (session.rx2_frequency_hz, session.rx2_dr, session.rx1_dr_offset)
    if here != (wanted.rx2_frequency_hz, wanted.rx2_dr, wanted.rx1_dr_offset):
        blocks.append(
            mac_commands.rx_param_setup_req(wanted.rx1_dr_offset, wanted.rx2_dr, wanted.rx2_frequency_hz)
        )
    delay_s = max(wanted.rx1_delay_s, owners.profile.message.rx1_delay)
    if session.rx1_delay_s != delay_s:
        blocks.append(mac_commands.rx_timing_setup_req(delay_s))
    return blocks
