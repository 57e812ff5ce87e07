"""Milliseconds since 1970 (UTC) to and from protobuf's timestamps, and GPS time."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

GPS_EPOCH_MS = 315_964_800_000  # 1980-01-06T00:00:00Z
# UTC has been behind GPS time by so much since 2017-01-01 (IERS Bulletin C 52); earlier times are not needed.
GPS_LEAP_MS = 18_000


def to_timestamp(ms: int) -> Timestamp:
    """Timestamp of `ms`."""
    return Timestamp(seconds=ms // 1000, nanos=ms % 1000 * 1_000_000)


def from_timestamp(timestamp: Timestamp) -> int:
    """Milliseconds of `timestamp`, rounded down."""
    return int(timestamp.seconds) * 1000 + int(timestamp.nanos) // 1_000_000


def from_gps(since_epoch: Duration) -> Timestamp:
    """UTC of a duration since the GPS epoch, to the nanosecond."""
    seconds = int(since_epoch.seconds) + (GPS_EPOCH_MS - GPS_LEAP_MS) // 1000
    return Timestamp(seconds=seconds, nanos=since_epoch.nanos)


def to_gps_ms(timestamp: Timestamp) -> int:
    """Milliseconds since the GPS epoch, on GPS's clock."""
    return from_timestamp(timestamp) - GPS_EPOCH_MS + GPS_LEAP_MS


def seconds(whole: int) -> Duration:
    """A duration of `whole` seconds."""
    return Duration(seconds=whole)
