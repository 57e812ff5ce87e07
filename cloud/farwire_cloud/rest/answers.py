"""What the REST API answers with: pydantic models, so that the OpenAPI document says the same."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Milliseconds = Annotated[int, Field(description="UTC, ms since 1970")]


class Value(BaseModel):
    """One value: the integers as sent, and scaled by their type."""

    channel: int
    type: int = Field(description="Cayenne LPP type")
    name: str = Field(description="of the type, as ChirpStack calls it")
    unit: str
    axes: list[str] = Field(description="names of the values, empty where there is one without a name")
    raw: list[int]
    values: list[float]
    decimals: list[int] = Field(description="how many digits after the point each value has")


class TimedValue(Value):
    """A value and when it was measured."""

    time_ms: Milliseconds
    record: int = Field(description="number of its record, 0 for a live value")


class Readings(BaseModel):
    """A page of readings, by record number (records) or time (live values)."""

    dev_eui: str
    source: Literal["records", "live"]
    readings: list[TimedValue]
    cursor: str | None = Field(description="give it back for the next page; null: that was the last one")


class NamedValue(BaseModel):
    """One value of a device that its vendor's codec reads, and when its frame was heard."""

    name: str = Field(description="as the codec calls it, parts joined by dots")
    unit: str = Field(description="empty: none, or not known")
    value: bool | float | str
    time_ms: Milliseconds


class NamedReadings(BaseModel):
    """A page of named readings, by time."""

    dev_eui: str
    readings: list[NamedValue]
    cursor: str | None = Field(description="give it back for the next page; null: that was the last one")


class Record(BaseModel):
    """One sampling instant."""

    number: int
    time_ms: Milliseconds
    stored_ms: Milliseconds
    readings: list[Value]


class Records(BaseModel):
    """A page of records by number."""

    dev_eui: str
    records: list[Record]
    after: int | None = Field(description="give it back for the next page; null: that was the last one")


class Alarm(BaseModel):
    """A start or an end of an alarm."""

    dev_eui: str
    number: int
    channel: int
    condition: str
    active: bool
    time_ms: Milliseconds
    value: Value | None


class Alarms(BaseModel):
    """Alarms, the newest first."""

    alarms: list[Alarm]
    before: int | None = Field(default=None, description="give it back for the next page")


class RadioOfDevice(BaseModel):
    """The newest frame heard."""

    time_ms: Milliseconds
    dev_addr: str
    f_cnt: int
    f_port: int
    data_rate: int
    frequency_hz: int
    rssi_dbm: int
    snr_db: float
    gateways: int


class ReportOfDevice(BaseModel):
    """The newest state report of the node."""

    time_ms: Milliseconds
    configuration_hash: str
    reset_reason: str
    uptime_s: int
    battery_mv: int = Field(description="0: mains or unknown")
    oldest_record: int
    next_record: int
    dropped_records: int
    sampling_interval_s: int
    oldest_alarm: int = Field(description="alarms before it were erased at the node; 0: none were")


class StatusOfDevice(BaseModel):
    """The newest status of the device's MAC."""

    time_ms: Milliseconds
    battery_percent: float | None
    external_power: bool
    margin_db: int


class RecordsOfDevice(BaseModel):
    """How complete the records are."""

    stored: int
    through: int = Field(description="every record up to this one is stored, or will never come")
    missing: int = Field(description="awaited: below the newest stored one, still held by the node")
    gone: int = Field(description="given up by the node before they came")
    conflicts: int = Field(description="came with a number that another content already has")
    alarms_through: int = Field(description="likewise, of alarms: what is missing of them was erased")


class Device(BaseModel):
    """One device."""

    dev_eui: str
    name: str
    application_id: str
    profile_name: str
    tags: dict[str, str]
    last_seen_ms: Milliseconds
    joined_ms: Milliseconds | None
    records: RecordsOfDevice
    last: list[TimedValue] = Field(description="the newest value of each channel and type")
    named: list[NamedValue] = Field(
        description="of a device that its vendor's codec reads: the newest value of each name"
    )
    alarms: list[Alarm] = Field(description="active ones")
    radio: RadioOfDevice | None
    report: ReportOfDevice | None
    status: StatusOfDevice | None


class Devices(BaseModel):
    """A page of devices by DevEUI."""

    devices: list[Device]
    after: str | None = Field(description="give it back for the next page; null: that was the last one")


class Step(BaseModel):
    """One thing that happened to an order."""

    step: str
    time_ms: Milliseconds
    attempt: int = Field(description="of the sending, from 1; 0 where it has none")
    detail: str
    queue_item_id: str = Field(description="in the network server's queue")


class Command(BaseModel):
    """What was asked."""

    number: int = Field(description="how the node knows it")
    command: str
    channel: int | None = None
    value: float | None = None
    report: str | None = None
    offset: int | None = None
    what: list[str] | None = None


class Order(BaseModel):
    """Something asked of a device, and where it stands."""

    order_id: str
    dev_eui: str
    kind: Literal["command", "configuration"]
    fate: str = Field(description="queued, sent, acknowledged, failed, expired or superseded")
    detail: str = Field(description="of the step that the fate follows from")
    created_ms: Milliseconds
    expires_ms: Milliseconds
    confirmed: bool
    attempts: int
    created_by: str
    command: Command | None = None
    configuration_hash: str | None = None
    history: list[Step]


class Orders(BaseModel):
    """A page of orders, the newest first."""

    orders: list[Order]
    before: str | None = Field(description="give it back for the next page; null: that was the last one")


class Setting(BaseModel):
    """One setting."""

    key: str
    scope: str = Field(description="whose it is: node, channel, sensor or server")
    index: int | None = Field(description="which channel, sensor or server; null: the node")
    value: bool | int | str = Field(description="a secret's is never shown, but masked")
    unit: str = Field(description="empty: none; raw: in the integers of the channel's LPP type")


class DesiredConfiguration(BaseModel):
    """What an operator wants."""

    hash: str
    settings: list[Setting]
    set_ms: Milliseconds
    set_by: str


class ReportedConfiguration(BaseModel):
    """What the node says that it runs."""

    hash: str
    time_ms: Milliseconds
    sampling_interval_s: int
    settings: list[Setting] | None = Field(description="null: a document that was never ordered here")


class Configuration(BaseModel):
    """Desired and reported configuration; `in_sync` null: one of them is not known."""

    dev_eui: str
    desired: DesiredConfiguration | None
    reported: ReportedConfiguration | None
    in_sync: bool | None
    order: Order | None = Field(description="the newest one that carries the desired configuration")


class Refusal(BaseModel):
    """A frame or an entry that was refused, kept for inspection."""

    time_ms: Milliseconds
    reason: str
    detail: str
    f_port: int | None
    payload_hex: str | None


class Refusals(BaseModel):
    """Refused frames, the newest first."""

    refusals: list[Refusal]


class MissingBytes(BaseModel):
    """A part of a report that did not come; `send_log` with `first` as offset asks for it."""

    first: int
    end: int | None = Field(description="byte after the part; null: how long the report is, is not known")


class NodeLog(BaseModel):
    """A node's log or crash report, put together from what came of it."""

    time_ms: Milliseconds = Field(description="when its newest piece was heard")
    report: str = Field(description="log or crash_report")
    number: int = Field(description="one more with every report of the node")
    whole: bool
    missing: list[MissingBytes]
    text: str = Field(description="up to the first part that is missing")
    lines: list[str]


class NodeLogs(BaseModel):
    """Logs and crash reports of a device, the newest first."""

    dev_eui: str
    logs: list[NodeLog]


class Event(BaseModel):
    """A join, a status or a message of the network server."""

    time_ms: Milliseconds
    kind: str
    content: dict[str, object]


class Events(BaseModel):
    """Events of a device, the newest first."""

    events: list[Event]


class Stats(BaseModel):
    """Sums over all devices, and what this copy of the service counted since its start."""

    devices: int
    records: int
    missing: int
    gone: int
    conflicts: int
    active_alarms: int
    open_orders: int
    newest_ms: Milliseconds
    counters: dict[str, int]


class KeyOut(BaseModel):
    """An API key, without its secret."""

    key_id: str
    name: str
    role: str
    created_ms: Milliseconds


class NewKey(KeyOut):
    """A new API key: the only time that `key` is shown."""

    key: str


class Keys(BaseModel):
    """All stored API keys."""

    keys: list[KeyOut]
