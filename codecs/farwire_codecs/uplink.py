"""What a node sent, by FPort. Host only."""

from collections.abc import Callable

from farwire_codecs import alarm, batch, command, lpp, ports, state_report
from farwire_codecs.errors import UnknownTypeError
from farwire_codecs.lpp_types import TYPES, LppType
from farwire_codecs.schema import Schema

Uplink = list[lpp.Item] | batch.Batch | list[alarm.Alarm] | state_report.StateReport | command.CommandAnswer


def decode_uplink(
    f_port: int,
    payload: bytes,
    schema_for: Callable[[int], Schema | None],
    types: dict[int, LppType] = TYPES,
) -> Uplink:
    """Return the message of an uplink: for LPP and alarm ports a list of its items or alarms.

    `schema_for` returns the device's schema of an id, or None; `types` is the table of the device's LPP
    profile. Raises CodecError and nothing else, UnknownTypeError for a port without a codec.
    """
    match f_port:
        case ports.LPP_DYNAMIC:
            return lpp.decode_dynamic(payload, types)
        case ports.LPP_PACKED:
            return lpp.decode_packed(payload, types)
        case ports.LPP_GPS:
            return lpp.decode_gps(payload)
        case ports.HISTORY:
            return batch.decode(payload, schema_for)
        case ports.ALARM:
            return alarm.decode(payload)
        case ports.STATE:
            return state_report.decode(payload)
        case ports.COMMAND_ANSWER:
            return command.decode_answer(payload)
        case _:
            raise UnknownTypeError(f"FPort {f_port} carries nothing that is decoded here")
