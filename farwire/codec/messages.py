"""Frames <-> JSON, by FPort: what `farwire codec decode --json` prints, `farwire codec encode` takes.

{"port": 211, "frame": "alarm", "alarms": [...]}; what goes down is one key more, as one types it
in ChirpStack's UI: {"port": 221, "frame": "command", "command": {"reboot": {"number": 9}}}.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from farwire.codec import configuration_json, history_json, periods_json, small_json
from farwire.codec import given as check
from farwire.codec.lpp_json import AGREED, read_aged_items, read_items, show_items
from farwire_codecs import lpp, lpp_history, ports, uplink
from farwire_codecs.downlink import decode_downlink
from farwire_codecs.errors import MalformedError, RangeError, UnknownBaseError
from farwire_codecs.lpp_profiles import Profile
from farwire_codecs.lpp_types import FULL_SCALE_GPS
from farwire_codecs.schema import Schema

DOWN_ONLY = (ports.LPP_ACTUATORS, ports.ACKNOWLEDGEMENT, ports.COMMAND, ports.CONFIGURATION)

FRAMES = {
    "lpp_dynamic": ports.LPP_DYNAMIC,
    "lpp_packed": ports.LPP_PACKED,
    "lpp_gps": ports.LPP_GPS,
    "lpp_actuators": ports.LPP_ACTUATORS,
    "lpp_device_period": ports.LPP_DEVICE_PERIOD,
    "lpp_sensor_period": ports.LPP_SENSOR_PERIOD,
    "lpp_sensor_enable": ports.LPP_SENSOR_ENABLE,
    "history": ports.HISTORY,
    "alarm": ports.ALARM,
    "state_report": ports.STATE,
    "command_answer": ports.COMMAND_ANSWER,
    "log_piece": ports.LOG,
    "acknowledgement": ports.ACKNOWLEDGEMENT,
    "command": ports.COMMAND,
    "configuration": ports.CONFIGURATION,
}
LPP_HISTORY = "lpp_history"  # of 100 ports

MODEL_IS_THE_BRIDGES = (
    "only the bridge that acknowledged the record has the model; a node that is told so (base_wanted) sends "
    "its records again without one"
)

_BY_KEY = {
    "actuators": "lpp_actuators",
    "device_period": "lpp_device_period",
    "sensor_periods": "lpp_sensor_period",
    "sensor_enable": "lpp_sensor_enable",
    "acknowledgement": "acknowledgement",
    "command": "command",
    "alarms": "alarm",
    "records": "history",
} | dict.fromkeys(configuration_json.FORMS, "configuration")
_ITEMS = ("lpp_dynamic", "lpp_packed", "lpp_gps", LPP_HISTORY)


@dataclass(frozen=True, slots=True)
class Known:
    """What a frame does not say itself."""

    profile: Profile = AGREED
    padded: bool = False
    schemas: Mapping[int, Schema] = field(default_factory=dict)


def is_down(f_port: int, down: bool) -> bool:
    """Return whether a frame goes down: it was said so, or nothing goes up on this port."""
    return down or f_port in DOWN_ONLY


def decode(f_port: int, payload: bytes, known: Known, down: bool = False) -> dict[str, Any]:
    """Return a frame as JSON; raises CodecError."""
    frame = frame_of(f_port)
    head = {"port": f_port, "frame": frame}
    if is_down(f_port, down):
        return head | _SHOW[frame](decode_downlink(f_port, payload))
    try:
        found: Any = uplink.decode_uplink(
            f_port, payload, known.schemas.get, known.profile.types, known.profile.readers, known.padded
        )
    except UnknownBaseError as error:
        raise MalformedError(f"{error}: {MODEL_IS_THE_BRIDGES}") from error
    if frame in _ITEMS:
        return head | {"items": show_items(found, known.profile)}
    if frame == "history":
        return head | history_json.show_batch(found, payload)
    return head | _SHOW[frame](found)


def encode(message: Any, known: Known, limit: int, f_port: int | None = None) -> tuple[int, list[bytes]]:
    """Return the FPort and the frames, more than one only of a configuration; raises CodecError.

    `f_port`: what to encode for, where the message does not say so itself.
    """
    body = dict(check.a_map("message", message))
    if len(body) == 1 and next(iter(body)) in small_json.COMMANDS:
        body = {"command": body}
    body.pop("explain", None)
    told = body.pop("port", f_port)
    if told is not None:
        check.whole("port", told, 1, 255)
    frame = body.pop("frame", None) or _frame_by_key(body) or (told and frame_of(told))
    if not isinstance(frame, str) or (frame != LPP_HISTORY and frame not in FRAMES):
        expected = ", ".join((*FRAMES, LPP_HISTORY))
        raise MalformedError(f"frame is {check.shown(frame)}, expected a port or one of {expected}")
    if frame in _ITEMS:
        port, frames = _encode_items(frame, body, known.profile, told)
    elif frame == "configuration":
        port, frames = FRAMES[frame], configuration_json.read_configuration(body, limit)
    else:
        key = next((key for key, of in _BY_KEY.items() if of == frame and key != "records"), None)
        if key is not None:
            check.an_object(frame, body, (key,))
        port, frames = FRAMES[frame], [_READ[frame](body, limit)]
    for each in (told, f_port):
        if each is not None and each != port:
            raise RangeError(f"port is {each}, but {frame} goes to port {port}")
    longest = max(map(len, frames))
    if longest > limit:
        raise RangeError(f"frame has {longest} bytes, the limit is {limit}")
    return port, frames


def frame_of(f_port: int) -> str:
    """Return what a port's frames are called; raises RangeError for a port without any."""
    if ports.LPP_HISTORY_FIRST <= f_port <= ports.LPP_HISTORY_LAST:
        return LPP_HISTORY
    for frame, port in FRAMES.items():
        if port == f_port:
            return frame
    known = ", ".join(str(port) for port in sorted(FRAMES.values()))
    raise RangeError(
        f"port is {f_port}, expected one of {known}, {ports.LPP_HISTORY_FIRST} to {ports.LPP_HISTORY_LAST}, "
        "or --vendor with another device's codec file"
    )


def _frame_by_key(body: Mapping[str, Any]) -> str | None:
    return next((frame for key, frame in _BY_KEY.items() if key in body), None)


def _encode_items(
    frame: str, body: dict[str, Any], profile: Profile, f_port: int | None
) -> tuple[int, list[bytes]]:
    check.an_object(frame, body, ("items",))
    if frame == LPP_HISTORY:
        channel = None if f_port is None else f_port - ports.LPP_HISTORY_FIRST
        aged = read_aged_items(body["items"], profile, channel)
        return lpp_history.port_of(aged[0].channel), [lpp_history.encode_history(aged, profile.types)]
    if frame == "lpp_gps":
        return FRAMES[frame], [lpp.encode_gps(read_items(body["items"], profile, FULL_SCALE_GPS))]
    items = read_items(body["items"], profile, numbered=frame == "lpp_packed")
    encode_items = lpp.encode_packed if frame == "lpp_packed" else lpp.encode_dynamic
    return FRAMES[frame], [encode_items(items, profile.types)]


_Show = Callable[[Any], dict[str, Any]]
_SHOW: Mapping[str, _Show] = {
    "lpp_actuators": periods_json.show_actuators,
    "lpp_device_period": periods_json.show_device_period,
    "lpp_sensor_period": periods_json.show_sensor_periods,
    "lpp_sensor_enable": periods_json.show_sensor_enable,
    "alarm": small_json.show_alarms,
    "state_report": small_json.show_state,
    "command_answer": small_json.show_answer,
    "log_piece": small_json.show_log,
    "acknowledgement": small_json.show_acknowledgement,
    "command": small_json.show_command,
    "configuration": configuration_json.show_piece,
}
_READ: Mapping[str, Callable[[dict[str, Any], int], bytes]] = {
    "lpp_actuators": periods_json.read_actuators,
    "lpp_device_period": periods_json.read_device_period,
    "lpp_sensor_period": periods_json.read_sensor_periods,
    "lpp_sensor_enable": periods_json.read_sensor_enable,
    "history": history_json.read_batch,
    "alarm": small_json.read_alarms,
    "state_report": small_json.read_state,
    "command_answer": small_json.read_answer,
    "log_piece": small_json.read_log,
    "acknowledgement": small_json.read_acknowledgement,
    "command": small_json.read_command,
}
