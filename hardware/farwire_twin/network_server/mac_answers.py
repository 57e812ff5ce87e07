"""MAC commands that a device sent: its questions, its answers to ours [chirpstack/src maccommand/*.rs]."""

from collections.abc import Callable
from dataclasses import dataclass, field

from google.protobuf.timestamp_pb2 import Timestamp

from farwire_twin.network_server import channel_plan, events, mac_commands
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.mac_commands import Block, LinkAdrReq
from farwire_twin.network_server.records import Session, UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.state import State
from farwire_twin.network_server.timestamps import to_gps_ms
from farwire_twin.network_server.windows import REQUIRED_SNR_DB

NEW_CHANNEL_BYTES = 6
# Sticky: the device repeats these until it hears any downlink (LoRaWAN 1.0.4 §5.5, §5.8).
WANT_DOWNLINK = (mac_commands.RX_PARAM_SETUP, mac_commands.RX_TIMING_SETUP)


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
    payloads: list[bytes]
    asked: bytes  # the block that they answer, b"" if nothing was asked


def handle(
    state: State, owners: Owners, session: Session, uplink: UplinkSet, commands: bytes, time: Timestamp
) -> Answered:
    """Take the commands in order; an answer to nothing asked is counted and changes nothing."""
    blocks: list[Block] = []
    found = mac_commands.read_uplink(commands)
    for cid, payloads in found.items():
        asked = session.mac_pending.pop(cid, b"")
        received = Received(state, owners, session, uplink, time, payloads, asked)
        if cid in QUESTIONS:
            blocks.append(QUESTIONS[cid](received))
        elif cid == mac_commands.DEV_STATUS:
            _dev_status(received)
        elif cid not in ANSWERS:
            state.counters["mac commands ignored"] += 1
        elif asked:
            ANSWERS[cid](received)
        else:
            state.counters["mac answers to nothing asked"] += 1
    return Answered(blocks, any(cid in WANT_DOWNLINK for cid in found))


def _link_check(received: Received) -> Block:
    spreading_factor = received.uplink.tx_info.modulation.lora.spreading_factor
    margin_db = max(each.snr for each in received.uplink.rx_info) - REQUIRED_SNR_DB[spreading_factor]
    return mac_commands.link_check_ans(int(max(margin_db, 0.0)), len(received.uplink.rx_info))


def _device_time(received: Received) -> Block:
    return mac_commands.device_time_ans(to_gps_ms(received.time))


def _dev_status(received: Received) -> None:
    battery, margin = received.payloads[0]
    margin_db = (margin & 0x3F) - (0x40 if margin & 0x20 else 0)  # signed, 6 bits
    device = received.owners.device
    device.margin_db = margin_db
    device.external_power = battery == 0
    device.battery_percent = int(battery / 254 * 10_000) / 100 if 0 < battery < 255 else None
    message = events.status(received.owners, received.uplink, received.time, battery, margin_db)
    received.state.publish(received.owners, "status", message)


def _link_adr(received: Received) -> None:
    session = received.session
    mask_ok, dr_ok, power_ok = (all(each[0] >> bit & 1 for each in received.payloads) for bit in range(3))
    requests = LinkAdrReq.read(received.asked)
    last = requests[-1]
    if not mask_ok or (session.adr and not (dr_ok and power_ok)):
        _count_error(session, mac_commands.LINK_ADR)
        return
    try:
        channels = channel_plan.after(received.state.region, session.enabled_channels, requests)
    except RefusedError:
        received.state.counters["mac answers not understood"] += 1
        return
    session.enabled_channels = channels
    session.mac_errors.pop(mac_commands.LINK_ADR, None)
    session.nb_trans = last.nb_trans
    if dr_ok:
        session.dr = last.dr
    if power_ok:
        session.tx_power_index = last.tx_power


def _rx_param_setup(received: Received) -> None:
    session = received.session
    if received.payloads[0][0] & 0b111 != 0b111:
        _count_error(session, mac_commands.RX_PARAM_SETUP)
        return
    session.mac_errors.pop(mac_commands.RX_PARAM_SETUP, None)
    session.rx1_dr_offset, session.rx2_dr = received.asked[1] >> 4, received.asked[1] & 15
    session.rx2_frequency_hz = mac_commands.frequency_hz(received.asked[2:5])


def _new_channel(received: Received) -> None:
    session = received.session
    asked = [
        received.asked[at : at + NEW_CHANNEL_BYTES] for at in range(0, len(received.asked), NEW_CHANNEL_BYTES)
    ]
    if len(asked) != len(received.payloads):
        received.state.counters["mac answers not understood"] += 1
        return
    for request, answer in zip(asked, received.payloads, strict=True):
        if answer[0] & 0b11 != 0b11:
            _count_error(session, mac_commands.NEW_CHANNEL)
            continue
        session.mac_errors.pop(mac_commands.NEW_CHANNEL, None)
        index = request[1]
        session.extra_channels_hz[index] = mac_commands.frequency_hz(request[2:5])
        if index not in session.enabled_channels:
            session.enabled_channels.append(index)


def _rx_timing_setup(received: Received) -> None:
    received.session.rx1_delay_s = received.asked[1]


def _count_error(session: Session, cid: int) -> None:
    session.mac_errors[cid] = session.mac_errors.get(cid, 0) + 1


QUESTIONS: dict[int, Callable[[Received], Block]] = {
    mac_commands.LINK_CHECK: _link_check,
    mac_commands.DEVICE_TIME: _device_time,
}
ANSWERS: dict[int, Callable[[Received], None]] = {
    mac_commands.LINK_ADR: _link_adr,
    mac_commands.RX_PARAM_SETUP: _rx_param_setup,
    mac_commands.NEW_CHANNEL: _new_channel,
    mac_commands.RX_TIMING_SETUP: _rx_timing_setup,
}
