"""DeviceService: sessions [chirpstack api/device.rs]."""

from collections.abc import Callable, Mapping
from typing import Any

from chirpstack_api import api, common
from google.protobuf.empty_pb2 import Empty

from farwire_twin.network_server import device_queue
from farwire_twin.network_server.core import NetworkCore
from farwire_twin.network_server.errors import InvalidArgumentError
from farwire_twin.network_server.identifiers import parse_dev_addr, parse_eui64, parse_key, parse_uuid
from farwire_twin.network_server.join import random_dev_addr
from farwire_twin.network_server.records import Session


def activate(core: NetworkCore, request: api.ActivateDeviceRequest, _now_ms: int) -> Empty:
    """Give a device a session by hand (ABP)."""
    if not request.HasField("device_activation"):
        raise InvalidArgumentError("device_activation is missing")
    asked = request.device_activation
    state = core.state
    owners = state.registry.owners(parse_eui64(asked.dev_eui))
    profile, device = owners.profile.message, owners.device
    parse_key(asked.s_nwk_s_int_key)
    parse_key(asked.nwk_s_enc_key)  # LoRaWAN 1.0.x: all three are the NwkSKey
    session = Session(
        region_config_id="",  # set by the first uplink
        dev_addr=parse_dev_addr(asked.dev_addr),
        nwk_s_key=parse_key(asked.f_nwk_s_int_key),
        app_s_key=parse_key(asked.app_s_key),
        f_cnt_down=asked.n_f_cnt_down,
        skip_f_cnt_check=device.message.skip_fcnt_check,
    )
    if not profile.supports_otaa:
        session.rx1_delay_s, session.rx1_dr_offset = profile.abp_rx1_delay, profile.abp_rx1_dr_offset
        session.rx2_dr, session.rx2_frequency_hz = profile.abp_rx2_dr, profile.abp_rx2_freq
    if profile.flush_queue_on_activate:
        device_queue.flush(state, device.dev_eui)
    device.session = session
    device.f_cnt_up = asked.f_cnt_up
    device.enabled_class = common.CLASS_C if owners.profile.is_class_c else common.CLASS_A
    state.registry.set_session(device)
    return Empty()


def deactivate(core: NetworkCore, request: api.DeactivateDeviceRequest, _now_ms: int) -> Empty:
    """Take a device's session and queue away."""
    device = core.state.registry.device(parse_eui64(request.dev_eui))
    device_queue.flush(core.state, device.dev_eui)
    device.session = None
    core.state.registry.set_session(device)
    return Empty()


def get_activation(
    core: NetworkCore, request: api.GetDeviceActivationRequest, _now_ms: int
) -> api.GetDeviceActivationResponse:
    """A device's session; none before it is activated."""
    device = core.state.registry.device(parse_eui64(request.dev_eui))
    session = device.session
    if session is None:
        return api.GetDeviceActivationResponse()
    nwk_s_key = session.nwk_s_key.hex()
    return api.GetDeviceActivationResponse(
        device_activation=api.DeviceActivation(
            dev_eui=device.dev_eui,
            dev_addr=f"{session.dev_addr:08x}",
            app_s_key=session.app_s_key.hex(),
            nwk_s_enc_key=nwk_s_key,
            s_nwk_s_int_key=nwk_s_key,
            f_nwk_s_int_key=nwk_s_key,
            f_cnt_up=device.f_cnt_up,
            n_f_cnt_down=session.f_cnt_down,
        )
    )


def get_random_dev_addr(
    core: NetworkCore, request: api.GetRandomDevAddrRequest, _now_ms: int
) -> api.GetRandomDevAddrResponse:
    """A DevAddr of this network."""
    if request.dev_eui:
        core.state.registry.device(parse_eui64(request.dev_eui))
    elif request.tenant_id:
        core.state.registry.tenant(parse_uuid(request.tenant_id))
    else:
        raise InvalidArgumentError("either dev_addr or tenant_id must be set")
    return api.GetRandomDevAddrResponse(dev_addr=f"{random_dev_addr(core.state):08x}")


METHODS: Mapping[str, Callable[[NetworkCore, Any, int], Any]] = {
    "Activate": activate,
    "Deactivate": deactivate,
    "GetActivation": get_activation,
    "GetRandomDevAddr": get_random_dev_addr,
}
