"""Data uplinks: whose, new or not, and what follows [chirpstack/src uplink/data.rs, storage/device.rs]."""

from dataclasses import dataclass
from functools import partial

from chirpstack_api import integration
from google.protobuf.timestamp_pb2 import Timestamp

from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan import frames
from farwire_twin.network_server import codec, device_queue, events, heard, mac_answers, windows
from farwire_twin.network_server.downlink import Response, respond
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.frame_counter import full_f_cnt
from farwire_twin.network_server.records import Device, Session, UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.rx_time import rx_time
from farwire_twin.network_server.state import State

# No class B or C downlink so soon after an uplink [network.scheduler.class_a_lock_duration].
CLASS_A_LOCK_MS = 5_000


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame whose MIC is right under the session of `device`."""

    device: Device
    session: Session
    frame: frames.DataFrame  # decrypted, with its 32-bit counter


def handle(state: State, uplink: UplinkSet, now_ms: int) -> None:
    """Take a data uplink. RefusedError when it is dropped; counter errors also tell the application."""
    found = _identify(state, uplink)
    owners = state.registry.owners(found.device.dev_eui)
    heard.check_region(state, owners)
    heard.keep_gateways_of(state, owners, uplink)
    time = rx_time(uplink.rx_info, now_ms)
    _check_counter(state, owners, found, uplink, time)
    _update(state, found, uplink, now_ms)
    answered = _mac_answers(state, owners, found, uplink, time)
    data = found.frame.payload if found.frame.port else b""
    message = events.up(
        owners,
        uplink,
        time,
        dev_addr=found.session.dev_addr,
        adr=bool(found.frame.adr),
        f_cnt=found.frame.f_cnt,
        f_port=found.frame.port or 0,
        confirmed=bool(found.frame.confirmed),
        data=data,
        decoded=codec.decoded(state, owners, uplink, data, now_ms),
        region_config_id=state.region.settings.id,
    )
    state.publish(owners, "up", message)
    if found.frame.ack:
        _acknowledged(state, owners, uplink, time)
    response = Response(
        uplink=uplink,
        dev_eui=found.device.dev_eui,
        must_send=bool(found.frame.adr_ack_req) or answered.must_send,
        must_ack=bool(found.frame.confirmed),
        mac_answers=answered.blocks,
    )
    # A device that was told a longer RX1 delay than the region's leaves the application that much more time.
    slack_ms = max(0, found.session.rx1_delay_s - state.region.settings.rx1_delay_s) * 1000
    due_ms = now_ms + state.settings.get_downlink_data_delay_ms + slack_ms
    state.timers.at(due_ms, partial(respond, state, response))
    state.decision_pending(due_ms)


def _identify(state: State, uplink: UplinkSet) -> Heard:
    """Whose frame it is: the MIC decides between devices that share a DevAddr."""
    try:
        header = frames.header(uplink.phy_payload)
    except FrameError as error:
        raise RefusedError("malformed frame", error=str(error)) from error
    candidates = [
        device for device in state.registry.devices_at(header.dev_addr) if not device.message.is_disabled
    ]
    if not candidates:
        raise RefusedError("unknown dev addr", dev_addr=f"{header.dev_addr:08x}")
    for device in candidates:
        session = device.session
        if session is None or session.region_config_id not in ("", state.region.settings.id):
            continue
        # A counter that was reset is signed with its 16 bits alone.
        for f_cnt in dict.fromkeys((full_f_cnt(device.f_cnt_up, header.f_cnt16), header.f_cnt16)):
            try:
                frame = frames.decode_data(
                    uplink.phy_payload, session.nwk_s_key, session.app_s_key, f_cnt, state.crypto
                )
            except MicError:
                continue
            except FrameError as error:
                raise RefusedError("malformed frame", error=str(error)) from error
            return Heard(device, session, frame)
    raise RefusedError("uplink mic", dev_addr=f"{header.dev_addr:08x}")


def _check_counter(state: State, owners: Owners, found: Heard, uplink: UplinkSet, time: Timestamp) -> None:
    """RefusedError for a counter that was used before, unless the device's is not checked."""
    f_cnt, expected = found.frame.f_cnt, found.device.f_cnt_up
    skipped = found.session.skip_f_cnt_check or found.device.message.skip_fcnt_check
    if f_cnt >= expected or skipped:
        return
    if f_cnt == expected - 1:
        reason, code = "f_cnt retransmission", integration.UPLINK_F_CNT_RETRANSMISSION
        description = "Uplink was flagged as re-transmission / frame-counter did not increment"
    else:
        reason, code = "f_cnt reset", integration.UPLINK_F_CNT_RESET
        description = "Frame-counter reset or rollover detected"
    state.log(
        owners,
        time,
        integration.WARNING,
        code,
        description,
        deduplication_id=uplink.id,
        f_cnt_up=f_cnt,
    )
    raise RefusedError(reason, dev_eui=found.device.dev_eui, f_cnt=f_cnt, expected=expected)


def _update(state: State, found: Heard, uplink: UplinkSet, now_ms: int) -> None:
    """What every accepted uplink changes: counter, gateways, data rate, locks."""
    device, session = found.device, found.session
    device.f_cnt_up = found.frame.f_cnt + 1
    device.last_seen_at_ms = now_ms
    device.dr = uplink.dr
    device.scheduler_run_after_ms = max(device.scheduler_run_after_ms or 0, now_ms + CLASS_A_LOCK_MS)
    session.adr = bool(found.frame.adr)
    session.region_config_id = state.region.settings.id
    if session.dr != uplink.dr:
        session.dr, session.tx_power_index = uplink.dr, 0
    if found.frame.adr_ack_req or not session.enabled_channels:
        # Whether the device went back to its own channels is not known: tell it all of them again.
        session.enabled_channels, session.extra_channels_hz = state.region.default_channels, {}
    windows.remember_gateways(session, uplink)
    state.registry.touch("device", device.dev_eui)


def _mac_answers(
    state: State, owners: Owners, found: Heard, uplink: UplinkSet, time: Timestamp
) -> mac_answers.Answered:
    """Take the MAC commands of FOpts and of FPort 0; the latter's answers replace the former's."""
    answered = mac_answers.NOTHING
    payload = found.frame.payload if found.frame.port == 0 else b""
    for commands in (found.frame.f_opts, payload):
        if commands:
            answered = mac_answers.handle(state, owners, found.session, uplink, commands, time)
    return answered


def _acknowledged(state: State, owners: Owners, uplink: UplinkSet, time: Timestamp) -> None:
    """The ACK bit: it means whichever item is pending."""
    item = device_queue.pending(state, owners.device.dev_eui)
    if item is None:
        state.counters["acks without pending item"] += 1
        return
    state.registry.remove_queue_item(item.id)
    state.publish(owners, "ack", events.ack(owners, item, time, True, uplink.id))
