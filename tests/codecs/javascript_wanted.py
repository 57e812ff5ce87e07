"""What decodeUplink and decodeDownlink must return: what farwire_codecs reads."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from farwire_codecs import batch_decoder, downlink, ports, uplink
from farwire_codecs.batch_layout import INLINE_SCHEMA, Batch
from farwire_codecs.errors import CodecError, UnknownBaseError, UnknownSchemaError
from farwire_codecs.lpp_profiles import Profile
from farwire_codecs.schema import Schema
from tests.codecs import javascript_histories, javascript_shown
from tests.codecs.frames import nothing_known
from tests.codecs.javascript_engine import Engine
from tests.codecs.javascript_shown import AGREED

UPLINKS: dict[int, Callable[[Any, Profile], dict[str, Any]]] = {
    ports.LPP_DYNAMIC: lambda found, profile: javascript_shown.items("lpp_dynamic", found, profile),
    ports.LPP_PACKED: lambda found, profile: javascript_shown.items("lpp_packed", found, profile),
    ports.LPP_GPS: lambda found, _: javascript_shown.items("lpp_gps", found),
    ports.ALARM: lambda found, _: javascript_shown.alarms(found),
    ports.STATE: lambda found, _: javascript_shown.report(found),
    ports.COMMAND_ANSWER: lambda found, _: javascript_shown.answer(found),
    ports.LOG: lambda found, _: javascript_shown.log(found),
    ports.LPP_DEVICE_PERIOD: lambda found, _: (
        {"frame": "lpp_device_period"} | javascript_shown.device_period(found)
    ),
    ports.LPP_SENSOR_PERIOD: lambda found, _: (
        {"frame": "lpp_sensor_period"} | javascript_shown.sensor_periods(found)
    ),
    ports.LPP_SENSOR_ENABLE: lambda found, _: (
        {"frame": "lpp_sensor_enable"} | javascript_shown.sensor_enable(found)
    ),
} | dict.fromkeys(range(ports.LPP_HISTORY_FIRST, ports.LPP_HISTORY_LAST + 1), javascript_shown.history)

DOWNLINKS: dict[int, Callable[[Any], dict[str, Any]]] = {
    ports.ACKNOWLEDGEMENT: javascript_shown.acknowledgement,
    ports.COMMAND: javascript_shown.typed_command,
    ports.CONFIGURATION: javascript_shown.piece,
    ports.LPP_ACTUATORS: javascript_shown.actuators,
    ports.LPP_DEVICE_PERIOD: javascript_shown.device_period,
    ports.LPP_SENSOR_PERIOD: javascript_shown.sensor_periods,
    ports.LPP_SENSOR_ENABLE: javascript_shown.sensor_enable,
}


def of_uplink(f_port: int, payload: bytes, profile: Profile = AGREED, padded: bool = False) -> dict[str, Any]:
    """Return what decodeUplink must return."""
    try:
        found = uplink.decode_uplink(f_port, payload, nothing_known, profile.types, profile.readers, padded)
    except CodecError as error:
        return {"errors": [str(error)]}
    return {"data": UPLINKS[f_port](found, profile)}


def of_downlink(f_port: int, payload: bytes) -> dict[str, Any]:
    """Return what decodeDownlink must return."""
    try:
        found = downlink.decode_downlink(f_port, payload)
    except CodecError as error:
        return {"errors": [javascript_shown.rounded(str(error))]}
    return {"data": DOWNLINKS[f_port](found)}


def downlinks_read(engine: Engine, frames: Iterable[tuple[int, bytes]]) -> Iterator[dict[str, Any]]:
    """Yield what decodeDownlink returns for each FPort and payload, to be compared with `of_downlink`."""
    for result in engine.decode_downlinks(frames):
        if "errors" in result:
            result["errors"] = [javascript_shown.rounded(text) for text in result["errors"]]
        yield result


def assert_read_alike(schema: Schema, payload: bytes, result: Any) -> Batch | None:
    """Compare what decodeUplink returned with what Python says; return what both have read."""
    try:
        batch = batch_decoder.decode(payload, lambda n: schema if n == schema.schema_id else None)
    except CodecError as error:
        assert_refused_alike(error, result)
        return None
    shown = javascript_histories.shown(batch, bool(payload[0] & INLINE_SCHEMA))
    assert result == {"data": shown}, payload.hex()
    return batch


def assert_refused_alike(error: CodecError, result: Any) -> None:
    """Compare what decodeUplink returned with the error of Python."""
    if isinstance(error, UnknownBaseError):
        assert result["data"]["history"]["not_shown"] == result["warnings"][0]
    elif isinstance(error, UnknownSchemaError):
        assert result["errors"][0].startswith(f"{error}: set the device's variable")
    else:
        assert result == {"errors": [str(error)]}
