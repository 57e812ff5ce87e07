"""When an uplink was received [chirpstack/src uplink/helpers.rs: get_rx_timestamp]."""

from collections.abc import Sequence

from chirpstack_api import gw
from google.protobuf.timestamp_pb2 import Timestamp

from farwire_twin.network_server.timestamps import from_gps, from_timestamp, to_timestamp

# A gateway's own time is believed this far from the server's [gateway.rx_timestamp_max_drift].
MAX_DRIFT_MS = 30_000


def rx_time(rx_info: Sequence[gw.UplinkRxInfo], now_ms: int) -> Timestamp:
    """GPS time of the first gateway that has it, else a gateway's time near ours, else ours."""
    for each in rx_info:
        if each.HasField("time_since_gps_epoch"):
            return from_gps(each.time_since_gps_epoch)
    for each in rx_info:
        if each.HasField("gw_time") and abs(now_ms - from_timestamp(each.gw_time)) < MAX_DRIFT_MS:
            return Timestamp(seconds=each.gw_time.seconds, nanos=each.gw_time.nanos)
    return to_timestamp(now_ms)
