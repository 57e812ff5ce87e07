"""What goes down to a node, by FPort: for tools that show a queue item. Host only."""

from farwire_codecs import (
    acknowledgement,
    command,
    configuration,
    lpp_actuators,
    lpp_periods,
    ports,
)
from farwire_codecs.errors import UnknownTypeError

Downlink = (
    list[lpp_actuators.Output]
    | lpp_periods.DevicePeriod
    | list[lpp_periods.SensorPeriod]
    | lpp_periods.SensorEnable
    | acknowledgement.Acknowledgement
    | command.SetOutput
    | command.ReportState
    | command.Reboot
    | command.SendLog
    | command.Erase
    | configuration.Piece
)


def decode_downlink(f_port: int, payload: bytes) -> Downlink:
    """Return the message of a downlink: for LPP actuators and sensor periods a list.

    Raises CodecError and nothing else, UnknownTypeError for a port without a codec. What ChirpStack's own
    CAYENNE_LPP codec puts into the queue is laid out as an uplink, on whatever port it was given:
    lpp.decode_dynamic reads it.
    """
    match f_port:
        case ports.LPP_ACTUATORS:
            return lpp_actuators.decode_actuators(payload)
        case ports.LPP_DEVICE_PERIOD:
            return lpp_periods.decode_device_period(payload)
        case ports.LPP_SENSOR_PERIOD:
            return lpp_periods.decode_sensor_periods(payload)
        case ports.LPP_SENSOR_ENABLE:
            return lpp_periods.decode_sensor_enable(payload)
        case ports.ACKNOWLEDGEMENT:
            return acknowledgement.decode(payload)
        case ports.COMMAND:
            return command.decode(payload)
        case ports.CONFIGURATION:
            return configuration.decode_piece(payload)
        case _:
            raise UnknownTypeError(f"FPort {f_port} carries no downlink that is decoded here")
