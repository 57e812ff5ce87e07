"""What a bridge delivers, after validation: one `Delivery` an entry, its body one of the classes below."""

from dataclasses import dataclass
from typing import TypeAlias

from farwire_cloud.model.readings import NamedReading, Reading, Record


@dataclass(frozen=True, slots=True)
class About:
    """What the network server says about a device."""

    dev_eui: str  # 16 lower-case hex digits
    name: str
    application_id: str
    profile_name: str
    tags: tuple[tuple[str, str], ...]  # sorted


@dataclass(frozen=True, slots=True)
class Heard:
    """The radio frame that a delivery came in."""

    deduplication_id: str
    dev_addr: str
    f_cnt: int
    f_port: int
    data_rate: int
    frequency_hz: int
    rssi_dbm: int
    snr_db: float
    gateways: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Records:
    """Records with their numbers; the node may want an acknowledgement now."""

    records: tuple[Record, ...]
    acknowledgement_wanted: bool


@dataclass(frozen=True, slots=True)
class LiveValues:
    """Values without a record number: plain Cayenne LPP, and what a vendor's codec named."""

    readings: tuple[Reading, ...]
    named: tuple[NamedReading, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A start or an end of an alarm."""

    number: int
    channel: int
    condition: int  # farwire.v1 Condition
    active: bool
    time_ms: int
    value: Reading | None


@dataclass(frozen=True, slots=True)
class Alarms:
    """Alarms of one frame."""

    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True, order=True)
class StateReport:
    """What a node says of itself."""

    configuration_hash: int
    reset_reason: int
    uptime_s: int
    battery_mv: int  # 0: mains or unknown
    oldest_record: int
    next_record: int
    dropped_records: int
    sampling_interval_s: int
    oldest_alarm: int = 0  # alarms before it were erased; 0: none were


@dataclass(frozen=True, slots=True)
class Answer:
    """A node's own answer to a command."""

    command_number: int
    result: int  # farwire.v1 CommandResult


@dataclass(frozen=True, slots=True)
class RefusedFrame:
    """A frame that nobody could decode."""

    reason: str
    detail: str


@dataclass(frozen=True, slots=True, order=True)
class Joined:
    """A new session."""

    dev_addr: str


@dataclass(frozen=True, slots=True, order=True)
class Status:
    """The MAC's own status answer."""

    battery_percent: float  # -1: unknown
    external_power: bool
    margin_db: int


@dataclass(frozen=True, slots=True)
class NetworkLog:
    """A message of the network server about a device."""

    level: str
    code: str
    description: str
    context: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class LogPiece:
    """A piece of a node's log or crash report."""

    kind: int  # farwire_codecs.log_piece.KINDS
    number: int  # the report's
    offset: int
    last: bool
    data: bytes


@dataclass(frozen=True, slots=True)
class FateReport:
    """Where an order stands, as the bridge sees it."""

    order_id: str
    fate: int  # farwire.v1 Fate
    detail: str
    queue_item_id: str
    attempt: int


Body: TypeAlias = (
    Records
    | LiveValues
    | Alarms
    | StateReport
    | Answer
    | RefusedFrame
    | Joined
    | Status
    | NetworkLog
    | LogPiece
    | FateReport
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One valid entry."""

    about: About
    heard: Heard | None
    time_ms: int  # UTC, when it happened
    body: Body

    @property
    def dev_eui(self) -> str:
        """The device that it is about."""
        return self.about.dev_eui
