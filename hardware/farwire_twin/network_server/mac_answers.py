"""MAC commands that a device sent: its questions, its answers to ours [chirpstack/src maccommand/*.rs]."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from farwire_node.lorawan.mac_commands import (
    DeviceTimeAns,
    DeviceTimeReq,
    DevStatusAns,
    LinkADRAns,
    LinkCheckAns,
    LinkCheckReq,
    NewChannelAns,
    RXParamSetupAns,
    RXTimingSetupAns,
    TXParamSetupAns,
)
from farwire_twin.network_server import channel_plan, events
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.mac_blocks import Block, block, read_uplink, requests_of
from farwire_twin.network_server.records import Session, UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State
from farwire_twin.network_server.timestamps import to_gps_ms
from farwire_twin.network_server.windows import REQUIRED_SNR_DB

MOST = 255  # of a byte
# Sticky: the device repeats these until it hears any downlink (LoRaWAN 1.0.4 §5.5, §5.8).
WANT_DOWNLINK = (RXParamSetupAns, RXTimingSetupAns)


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back to the device."""

    blocks: list[Block] = field(default_factory=list)
    must_send: bool = False


NOTHING = Answered()


@dataclass(frozen=True, slots=True)
class Received:
    """The commands of one CID with what is needed to handle them."""

    state: State
    owners: Owners
    session: Session
    uplink: UplinkSet
    time: Timestamp  # of reception
    cid: int
    commands: list[Any]
    asked: list[Any]  # the commands that they answer


def handle(
    state: State, owners: Owners, session: Session, uplink: UplinkSet, octets: bytes, time: Timestamp
) -> Answered:
    """Take the commands in order; an answer to nothing asked is counted and changes nothing."""
    blocks: list[Block] = []
    found = read_uplink(octets)
    for cid, commands in found.items():
        asked = requests_of(session.mac_pending.pop(cid, b""))
        received = Received(state, owners, session, uplink, time, cid, commands, asked)
        kind = type(commands[0])
        if kind in QUESTIONS:
            blocks.append(QUESTIONS[kind](received))
        elif kind is DevStatusAns:
            _dev_status(received)
        elif kind not in ANSWERS:
            state.counters["mac commands ignored"] += 1
        elif asked:
            ANSWERS[kind](received)
        else:
            state.counters["mac answers to nothing asked"] += 1
    must_send = any(isinstance(commands[0], WANT_DOWNLINK) for commands in found.values())
    return Answered(blocks, must_send)


def _link_check(received: Received) -> Block:
    spreading_factor = received.uplink.tx_info.modulation.lora.spreading_factor
    margin_db = max(each.snr for each in received.uplink.rx_info) - REQUIRED_SNR_DB[spreading_factor]
    return block(LinkCheckAns(min(int(max(margin_db, 0.0)), MOST), min(len(received.uplink.rx_info), MOST)))


def _device_time(received: Received) -> Block:
    gps_ms = to_gps_ms(received.time)
    return block(DeviceTimeAns(gps_ms // 1000, gps_ms % 1000 * 256 // 1000))


def _dev_status(received: Received) -> None:
    battery, margin_db = received.commands[0]
    device = received.owners.device
    device.margin_db = margin_db
    device.external_power = battery == 0
    device.battery_percent = int(battery / 254 * 10_000) / 100 if 0 < battery < 255 else None
    message = events.status(received.owners, received.uplink, received.time, battery, margin_db)
    received.state.publish(received.owners, "status", message)


def _link_adr(received: Received) -> None:
    session = received.session
    mask_ok, dr_ok, power_ok = (all(each[at] for each in received.commands) for at in range(3))
    if not mask_ok or (session.adr and not (dr_ok and power_ok)):
        _count_error(received)
        return
    try:
        channels = channel_plan.after(received.state.region, session.enabled_channels, received.asked)
    except RefusedError:
        received.state.counters["mac answers not understood"] += 1
        return
    last = received.asked[-1]
    session.enabled_channels = channels
    session.mac_errors.pop(received.cid, None)
    session.nb_trans = last.nb_trans
    if dr_ok:
        session.dr = last.dr
    if power_ok:
        session.tx_power_index = last.tx_power


def _rx_param_setup(received: Received) -> None:
    session, asked = received.session, received.asked[0]
    if not all(received.commands[0]):
        _count_error(received)
        return
    session.mac_errors.pop(received.cid, None)
    session.rx1_dr_offset, session.rx2_dr = asked.rx1_dr_offset, asked.rx2_dr
    session.rx2_frequency_hz = asked.freq_hz


def _new_channel(received: Received) -> None:
    session = received.session
    if len(received.asked) != len(received.commands):
        received.state.counters["mac answers not understood"] += 1
        return
    for request, answer in zip(received.asked, received.commands, strict=True):
        if not all(answer):
            _count_error(received)
            continue
        session.mac_errors.pop(received.cid, None)
        session.extra_channels_hz[request.ch_index] = request.freq_hz
        if request.ch_index not in session.enabled_channels:
            session.enabled_channels.append(request.ch_index)


def _rx_timing_setup(received: Received) -> None:
    received.session.rx1_delay_s = received.asked[0].delay


def _tx_param_setup(received: Received) -> None:
    session, asked = received.session, received.asked[0]
    session.uplink_dwell_time_400ms = bool(asked.uplink_dwell)
    session.downlink_dwell_time_400ms = bool(asked.downlink_dwell)
    session.uplink_max_eirp_index = asked.max_eirp_index


def _count_error(received: Received) -> None:
    errors = received.session.mac_errors
    errors[received.cid] = errors.get(received.cid, 0) + 1


QUESTIONS: dict[type[Any], Callable[[Received], Block]] = {
    LinkCheckReq: _link_check,
    DeviceTimeReq: _device_time,
}
ANSWERS: dict[type[Any], Callable[[Received], None]] = {
    LinkADRAns: _link_adr,
    RXParamSetupAns: _rx_param_setup,
    NewChannelAns: _new_channel,
    RXTimingSetupAns: _rx_timing_setup,
    TXParamSetupAns: _tx_param_setup,
}
