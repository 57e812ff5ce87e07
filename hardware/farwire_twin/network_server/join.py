"""OTAA join of LoRaWAN 1.0.x devices [chirpstack/src uplink/join.rs, downlink/join.rs]."""

from chirpstack_api import common, gw, integration

from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan import join
from farwire_twin.network_server import device_queue, events, heard, windows
from farwire_twin.network_server.downlink import keep_sent
from farwire_twin.network_server.errors import NotFoundError, RefusedError
from farwire_twin.network_server.records import DeviceKeys, Session, UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.rx_time import rx_time
from farwire_twin.network_server.state import SentFrame, State

JOIN_NONCE_END = (1 << 24) - 1
LORAWAN_1_0 = (
    common.LORAWAN_1_0_0,
    common.LORAWAN_1_0_1,
    common.LORAWAN_1_0_2,
    common.LORAWAN_1_0_3,
    common.LORAWAN_1_0_4,
)


def handle(state: State, uplink: UplinkSet, now_ms: int) -> None:
    """Answer a join-request. RefusedError when it is dropped; some refusals also tell the application."""
    try:
        dev_eui = f"{join.read_join_request(uplink.phy_payload).dev_eui:016x}"
    except FrameError as error:
        raise RefusedError("malformed frame", error=str(error)) from error
    try:
        owners = state.registry.owners(dev_eui)
        keys = state.registry.keys(dev_eui)
    except NotFoundError as error:
        known = dev_eui in state.registry.devices
        raise RefusedError("device without keys" if known else "unknown device", dev_eui=dev_eui) from error
    heard.check_region(state, owners)
    if owners.profile.message.region_config_id not in ("", state.region.settings.id):
        raise RefusedError("device profile of another region", dev_eui=dev_eui)
    heard.keep_gateways_of(state, owners, uplink)
    _check_allowed(owners)
    # The event shows the device as it was: its class changes with this join.
    device_info = events.device_info(owners)
    request = _checked_request(state, owners, keys, uplink, now_ms)
    session, phy_payload = _activate(state, owners, keys, request, now_ms)
    _send(state, owners, session, uplink, phy_payload, now_ms)
    time = rx_time(uplink.rx_info, now_ms)
    message = events.join(device_info, uplink, time, session.dev_addr, session.region_config_id)
    state.publish(owners, "join", message)


def _check_allowed(owners: Owners) -> None:
    dev_eui = owners.device.dev_eui
    if owners.device.message.is_disabled:
        raise RefusedError("device is disabled", dev_eui=dev_eui)
    if not owners.profile.message.supports_otaa:
        raise RefusedError("otaa is disabled", dev_eui=dev_eui)
    if owners.profile.message.mac_version not in LORAWAN_1_0:
        raise RefusedError("unsupported lorawan version", dev_eui=dev_eui)


def _checked_request(
    state: State, owners: Owners, keys: DeviceKeys, uplink: UplinkSet, now_ms: int
) -> join.JoinRequest:
    """The request, if its MIC is right and its DevNonce new; the nonce is used up then."""
    dev_eui = owners.device.dev_eui
    try:
        request = join.decode_join_request(uplink.phy_payload, keys.nwk_key, state.crypto)
    except MicError as error:
        description = "MIC of join-request is invalid, make sure keys are correct"
        code = integration.UPLINK_MIC
        state.log(owners, now_ms, integration.ERROR, code, description, deduplication_id=uplink.id)
        raise RefusedError("join request mic", dev_eui=dev_eui) from error
    used = keys.dev_nonces.setdefault(f"{request.join_eui:016x}", [])
    if request.dev_nonce in used:
        state.log(
            owners,
            now_ms,
            integration.ERROR,
            integration.OTAA,
            "DevNonce has already been used",
            deduplication_id=uplink.id,
            join_eui=f"{request.join_eui:016x}",
            dev_nonce=request.dev_nonce,
        )
        raise RefusedError("dev nonce used", dev_eui=dev_eui, dev_nonce=request.dev_nonce)
    if keys.join_nonce >= JOIN_NONCE_END:
        raise RefusedError("join nonces used up", dev_eui=dev_eui)
    used.append(request.dev_nonce)
    return request


def _activate(
    state: State, owners: Owners, keys: DeviceKeys, request: join.JoinRequest, now_ms: int
) -> tuple[Session, bytes]:
    """Give the device a new session; returns it with the join-accept."""
    region, mac_version = state.region, owners.profile.message.mac_version
    dev_addr = random_dev_addr(state)
    accept = join.JoinAccept(
        join_nonce=keys.join_nonce,
        net_id=state.settings.net_id,
        dev_addr=dev_addr,
        rx1_dr_offset=region.settings.rx1_dr_offset,
        rx2_dr=region.settings.rx2_dr,
        rx_delay_s=region.settings.rx1_delay_s,
        cf_list=region.cf_list(mac_version),
    )
    phy_payload = bytes(join.encode_join_accept(accept, keys.nwk_key, state.crypto))
    nwk_s_key, app_s_key = join.session_keys(
        keys.nwk_key, keys.join_nonce, state.settings.net_id, request.dev_nonce, state.crypto
    )
    keys.join_nonce += 1
    keys.updated_at_ms = now_ms
    channels, extra_hz = region.channels_of_cf_list(mac_version)
    device = owners.device
    session = Session(
        region_config_id=region.settings.id,
        dev_addr=dev_addr,
        nwk_s_key=bytes(nwk_s_key),
        app_s_key=bytes(app_s_key),
        skip_f_cnt_check=device.message.skip_fcnt_check,
        rx1_delay_s=region.settings.rx1_delay_s,
        rx1_dr_offset=region.settings.rx1_dr_offset,
        rx2_dr=region.settings.rx2_dr,
        rx2_frequency_hz=region.table.rx2_freq_hz,
        enabled_channels=channels,
        extra_channels_hz=extra_hz,
    )
    if owners.profile.message.flush_queue_on_activate:
        device_queue.flush(state, device.dev_eui)
    device.session = session
    device.f_cnt_up = 0
    device.enabled_class = common.CLASS_C if owners.profile.is_class_c else common.CLASS_A
    device.message.join_eui = f"{request.join_eui:016x}"
    state.registry.set_session(device)
    state.registry.touch("device_keys", device.dev_eui)
    return session, phy_payload


def random_dev_addr(state: State) -> int:
    """A random DevAddr of the network: type 0 NetID, 7 bits of prefix (LoRaWAN 1.0.4 §6.1.1)."""
    return (state.settings.net_id & 0x3F) << 25 | state.random.getrandbits(25)


def _send(
    state: State, owners: Owners, session: Session, uplink: UplinkSet, phy_payload: bytes, now_ms: int
) -> None:
    windows.remember_gateways(session, uplink)
    gateway = windows.select_gateway(state, owners, session)
    frame = gw.DownlinkFrame(downlink_id=state.random.getrandbits(32), gateway_id=gateway.gateway_id)
    for window in windows.join_windows(state, uplink, gateway):
        frame.items.add(phy_payload=phy_payload, tx_info=window.tx_info)
    keep_sent(state, SentFrame(frame, owners.device.dev_eui, None, 0, now_ms))
