"""What a node sent, by FPort. Host only."""

from collections.abc import Callable

from farwire_codecs import (
    alarm,
    batch,
    command,
    log_piece,
    lpp,
    lpp_history,
    lpp_periods,
    ports,
    state_report,
)
from farwire_codecs.errors import UnknownTypeError
from farwire_codecs.lpp_special import Reader
from farwire_codecs.lpp_types import TYPES, LppType
from farwire_codecs.schema import Schema

Uplink = (
    list[lpp.Item]
    | list[lpp_history.AgedItem]
    | lpp_periods.DevicePeriod
    | list[lpp_periods.SensorPeriod]
    | lpp_periods.SensorEnable
    | batch.Batch
    | list[alarm.Alarm]
    | state_report.StateReport
    | command.CommandAnswer
    | log_piece.LogPiece
)


def decode_uplink(
    f_port: int,
    payload: bytes,
    schema_for: Callable[[int], Schema | None],
    types: dict[int, LppType] = TYPES,
    readers: dict[int, Reader] | None = None,
    padded: bool = False,
) -> Uplink:
    """Return the message of an uplink: for LPP and alarm ports a list of its items or alarms.

    `schema_for` returns the device's schema of an id, or None; `types` and `readers` are those of the
    device's LPP profile; `padded`: zero bytes at the end of an LPP frame with items are left out. Raises
    CodecError and nothing else, UnknownTypeError for a port without a codec.
    """
    if ports.LPP_DYNAMIC <= f_port <= ports.LPP_HISTORY_LAST:
        return _decode_lpp(f_port, payload, types, readers, padded)
    match f_port:
        case ports.HISTORY:
            return batch.decode(payload, schema_for)
        case ports.ALARM:
            return alarm.decode(payload)
        case ports.STATE:
            return state_report.decode(payload)
        case ports.COMMAND_ANSWER:
            return command.decode_answer(payload)
        case ports.LOG:
            return log_piece.decode(payload)
        case _:
            raise _unknown(f_port)


def _decode_lpp(
    f_port: int,
    payload: bytes,
    types: dict[int, LppType],
    readers: dict[int, Reader] | None,
    padded: bool,
) -> Uplink:
    match f_port:
        case ports.LPP_DYNAMIC:
            return lpp.decode_dynamic(payload, types, padded, readers)
        case ports.LPP_PACKED:
            return lpp.decode_packed(payload, types, padded)
        case ports.LPP_GPS:
            return lpp.decode_gps(payload, padded)
        case ports.LPP_DEVICE_PERIOD:
            return lpp_periods.decode_device_period(payload)
        case ports.LPP_SENSOR_PERIOD:
            return lpp_periods.decode_sensor_periods(payload)
        case ports.LPP_SENSOR_ENABLE:
            return lpp_periods.decode_sensor_enable(payload)
    if f_port >= ports.LPP_HISTORY_FIRST:
        return lpp_history.decode_history(f_port, payload, types, padded)
    raise _unknown(f_port)


def _unknown(f_port: int) -> UnknownTypeError:
    return UnknownTypeError(f"FPort {f_port} carries nothing that is decoded here")
