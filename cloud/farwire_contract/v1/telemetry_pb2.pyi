from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Condition(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CONDITION_UNSPECIFIED: _ClassVar[Condition]
    HIGH: _ClassVar[Condition]
    LOW: _ClassVar[Condition]
    RATE: _ClassVar[Condition]
    STUCK: _ClassVar[Condition]
    SENSOR_FAILED: _ClassVar[Condition]
    OUT_OF_NORMAL: _ClassVar[Condition]

class CommandResult(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    COMMAND_RESULT_UNSPECIFIED: _ClassVar[CommandResult]
    DONE: _ClassVar[CommandResult]
    REFUSED_UNKNOWN: _ClassVar[CommandResult]
    REFUSED_CHANNEL: _ClassVar[CommandResult]
    REFUSED_VALUE: _ClassVar[CommandResult]
    FAILED: _ClassVar[CommandResult]

class Fate(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FATE_UNSPECIFIED: _ClassVar[Fate]
    ACCEPTED: _ClassVar[Fate]
    ENQUEUED: _ClassVar[Fate]
    SENT: _ClassVar[Fate]
    ACKNOWLEDGED: _ClassVar[Fate]
    FATE_FAILED: _ClassVar[Fate]
    EXPIRED: _ClassVar[Fate]

class EntryStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENTRY_STATUS_UNSPECIFIED: _ClassVar[EntryStatus]
    STORED: _ClassVar[EntryStatus]
    REFUSED: _ClassVar[EntryStatus]
CONDITION_UNSPECIFIED: Condition
HIGH: Condition
LOW: Condition
RATE: Condition
STUCK: Condition
SENSOR_FAILED: Condition
OUT_OF_NORMAL: Condition
COMMAND_RESULT_UNSPECIFIED: CommandResult
DONE: CommandResult
REFUSED_UNKNOWN: CommandResult
REFUSED_CHANNEL: CommandResult
REFUSED_VALUE: CommandResult
FAILED: CommandResult
FATE_UNSPECIFIED: Fate
ACCEPTED: Fate
ENQUEUED: Fate
SENT: Fate
ACKNOWLEDGED: Fate
FATE_FAILED: Fate
EXPIRED: Fate
ENTRY_STATUS_UNSPECIFIED: EntryStatus
STORED: EntryStatus
REFUSED: EntryStatus

class DeliverRequest(_message.Message):
    __slots__ = ("bridge_id", "entries")
    BRIDGE_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    bridge_id: str
    entries: _containers.RepeatedCompositeFieldContainer[Entry]
    def __init__(self, bridge_id: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[Entry, _Mapping]]] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("id", "device", "uplink", "time_ms", "records", "live", "alarms", "state", "answer", "refused", "joined", "status", "fate", "log", "log_piece")
    ID_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    UPLINK_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    LIVE_FIELD_NUMBER: _ClassVar[int]
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    JOINED_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    FATE_FIELD_NUMBER: _ClassVar[int]
    LOG_FIELD_NUMBER: _ClassVar[int]
    LOG_PIECE_FIELD_NUMBER: _ClassVar[int]
    id: int
    device: Device
    uplink: Uplink
    time_ms: int
    records: Records
    live: LiveValues
    alarms: AlarmReport
    state: StateReport
    answer: CommandAnswer
    refused: Refused
    joined: Joined
    status: DeviceStatus
    fate: OrderFate
    log: NetworkLog
    log_piece: LogPiece
    def __init__(self, id: _Optional[int] = ..., device: _Optional[_Union[Device, _Mapping]] = ..., uplink: _Optional[_Union[Uplink, _Mapping]] = ..., time_ms: _Optional[int] = ..., records: _Optional[_Union[Records, _Mapping]] = ..., live: _Optional[_Union[LiveValues, _Mapping]] = ..., alarms: _Optional[_Union[AlarmReport, _Mapping]] = ..., state: _Optional[_Union[StateReport, _Mapping]] = ..., answer: _Optional[_Union[CommandAnswer, _Mapping]] = ..., refused: _Optional[_Union[Refused, _Mapping]] = ..., joined: _Optional[_Union[Joined, _Mapping]] = ..., status: _Optional[_Union[DeviceStatus, _Mapping]] = ..., fate: _Optional[_Union[OrderFate, _Mapping]] = ..., log: _Optional[_Union[NetworkLog, _Mapping]] = ..., log_piece: _Optional[_Union[LogPiece, _Mapping]] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("dev_eui", "name", "application_id", "profile_name", "tags")
    class TagsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DEV_EUI_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    PROFILE_NAME_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    dev_eui: str
    name: str
    application_id: str
    profile_name: str
    tags: _containers.ScalarMap[str, str]
    def __init__(self, dev_eui: _Optional[str] = ..., name: _Optional[str] = ..., application_id: _Optional[str] = ..., profile_name: _Optional[str] = ..., tags: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Uplink(_message.Message):
    __slots__ = ("deduplication_id", "dev_addr", "f_cnt", "f_port", "data_rate", "frequency_hz", "rssi_dbm", "snr_db", "gateways", "payload")
    DEDUPLICATION_ID_FIELD_NUMBER: _ClassVar[int]
    DEV_ADDR_FIELD_NUMBER: _ClassVar[int]
    F_CNT_FIELD_NUMBER: _ClassVar[int]
    F_PORT_FIELD_NUMBER: _ClassVar[int]
    DATA_RATE_FIELD_NUMBER: _ClassVar[int]
    FREQUENCY_HZ_FIELD_NUMBER: _ClassVar[int]
    RSSI_DBM_FIELD_NUMBER: _ClassVar[int]
    SNR_DB_FIELD_NUMBER: _ClassVar[int]
    GATEWAYS_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_FIELD_NUMBER: _ClassVar[int]
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
    def __init__(self, deduplication_id: _Optional[str] = ..., dev_addr: _Optional[str] = ..., f_cnt: _Optional[int] = ..., f_port: _Optional[int] = ..., data_rate: _Optional[int] = ..., frequency_hz: _Optional[int] = ..., rssi_dbm: _Optional[int] = ..., snr_db: _Optional[float] = ..., gateways: _Optional[int] = ..., payload: _Optional[bytes] = ...) -> None: ...

class Reading(_message.Message):
    __slots__ = ("channel", "lpp_type", "raw")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    LPP_TYPE_FIELD_NUMBER: _ClassVar[int]
    RAW_FIELD_NUMBER: _ClassVar[int]
    channel: int
    lpp_type: int
    raw: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, channel: _Optional[int] = ..., lpp_type: _Optional[int] = ..., raw: _Optional[_Iterable[int]] = ...) -> None: ...

class Record(_message.Message):
    __slots__ = ("number", "time_ms", "readings")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    number: int
    time_ms: int
    readings: _containers.RepeatedCompositeFieldContainer[Reading]
    def __init__(self, number: _Optional[int] = ..., time_ms: _Optional[int] = ..., readings: _Optional[_Iterable[_Union[Reading, _Mapping]]] = ...) -> None: ...

class Records(_message.Message):
    __slots__ = ("records", "acknowledgement_wanted")
    RECORDS_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENT_WANTED_FIELD_NUMBER: _ClassVar[int]
    records: _containers.RepeatedCompositeFieldContainer[Record]
    acknowledgement_wanted: bool
    def __init__(self, records: _Optional[_Iterable[_Union[Record, _Mapping]]] = ..., acknowledgement_wanted: _Optional[bool] = ...) -> None: ...

class LiveValues(_message.Message):
    __slots__ = ("readings", "named")
    READINGS_FIELD_NUMBER: _ClassVar[int]
    NAMED_FIELD_NUMBER: _ClassVar[int]
    readings: _containers.RepeatedCompositeFieldContainer[Reading]
    named: _containers.RepeatedCompositeFieldContainer[NamedReading]
    def __init__(self, readings: _Optional[_Iterable[_Union[Reading, _Mapping]]] = ..., named: _Optional[_Iterable[_Union[NamedReading, _Mapping]]] = ...) -> None: ...

class NamedReading(_message.Message):
    __slots__ = ("name", "unit", "number", "text", "flag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    unit: str
    number: float
    text: str
    flag: bool
    def __init__(self, name: _Optional[str] = ..., unit: _Optional[str] = ..., number: _Optional[float] = ..., text: _Optional[str] = ..., flag: _Optional[bool] = ...) -> None: ...

class Alarm(_message.Message):
    __slots__ = ("number", "channel", "condition", "active", "time_ms", "value")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    CONDITION_FIELD_NUMBER: _ClassVar[int]
    ACTIVE_FIELD_NUMBER: _ClassVar[int]
    TIME_MS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    number: int
    channel: int
    condition: Condition
    active: bool
    time_ms: int
    value: Reading
    def __init__(self, number: _Optional[int] = ..., channel: _Optional[int] = ..., condition: _Optional[_Union[Condition, str]] = ..., active: _Optional[bool] = ..., time_ms: _Optional[int] = ..., value: _Optional[_Union[Reading, _Mapping]] = ...) -> None: ...

class AlarmReport(_message.Message):
    __slots__ = ("alarms",)
    ALARMS_FIELD_NUMBER: _ClassVar[int]
    alarms: _containers.RepeatedCompositeFieldContainer[Alarm]
    def __init__(self, alarms: _Optional[_Iterable[_Union[Alarm, _Mapping]]] = ...) -> None: ...

class StateReport(_message.Message):
    __slots__ = ("configuration_hash", "reset_reason", "uptime_s", "battery_mv", "oldest_record", "next_record", "dropped_records", "sampling_interval_s", "oldest_alarm")
    CONFIGURATION_HASH_FIELD_NUMBER: _ClassVar[int]
    RESET_REASON_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    BATTERY_MV_FIELD_NUMBER: _ClassVar[int]
    OLDEST_RECORD_FIELD_NUMBER: _ClassVar[int]
    NEXT_RECORD_FIELD_NUMBER: _ClassVar[int]
    DROPPED_RECORDS_FIELD_NUMBER: _ClassVar[int]
    SAMPLING_INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    OLDEST_ALARM_FIELD_NUMBER: _ClassVar[int]
    configuration_hash: int
    reset_reason: int
    uptime_s: int
    battery_mv: int
    oldest_record: int
    next_record: int
    dropped_records: int
    sampling_interval_s: int
    oldest_alarm: int
    def __init__(self, configuration_hash: _Optional[int] = ..., reset_reason: _Optional[int] = ..., uptime_s: _Optional[int] = ..., battery_mv: _Optional[int] = ..., oldest_record: _Optional[int] = ..., next_record: _Optional[int] = ..., dropped_records: _Optional[int] = ..., sampling_interval_s: _Optional[int] = ..., oldest_alarm: _Optional[int] = ...) -> None: ...

class CommandAnswer(_message.Message):
    __slots__ = ("command_number", "result")
    COMMAND_NUMBER_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    command_number: int
    result: CommandResult
    def __init__(self, command_number: _Optional[int] = ..., result: _Optional[_Union[CommandResult, str]] = ...) -> None: ...

class LogPiece(_message.Message):
    __slots__ = ("kind", "number", "offset", "last", "data")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    kind: int
    number: int
    offset: int
    last: bool
    data: bytes
    def __init__(self, kind: _Optional[int] = ..., number: _Optional[int] = ..., offset: _Optional[int] = ..., last: _Optional[bool] = ..., data: _Optional[bytes] = ...) -> None: ...

class Refused(_message.Message):
    __slots__ = ("reason", "detail")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    reason: str
    detail: str
    def __init__(self, reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Joined(_message.Message):
    __slots__ = ("dev_addr",)
    DEV_ADDR_FIELD_NUMBER: _ClassVar[int]
    dev_addr: str
    def __init__(self, dev_addr: _Optional[str] = ...) -> None: ...

class DeviceStatus(_message.Message):
    __slots__ = ("battery_percent", "external_power", "margin_db")
    BATTERY_PERCENT_FIELD_NUMBER: _ClassVar[int]
    EXTERNAL_POWER_FIELD_NUMBER: _ClassVar[int]
    MARGIN_DB_FIELD_NUMBER: _ClassVar[int]
    battery_percent: float
    external_power: bool
    margin_db: int
    def __init__(self, battery_percent: _Optional[float] = ..., external_power: _Optional[bool] = ..., margin_db: _Optional[int] = ...) -> None: ...

class NetworkLog(_message.Message):
    __slots__ = ("level", "code", "description", "context")
    class ContextEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_FIELD_NUMBER: _ClassVar[int]
    level: str
    code: str
    description: str
    context: _containers.ScalarMap[str, str]
    def __init__(self, level: _Optional[str] = ..., code: _Optional[str] = ..., description: _Optional[str] = ..., context: _Optional[_Mapping[str, str]] = ...) -> None: ...

class OrderFate(_message.Message):
    __slots__ = ("order_id", "fate", "detail", "queue_item_id", "attempt")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    FATE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    QUEUE_ITEM_ID_FIELD_NUMBER: _ClassVar[int]
    ATTEMPT_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    fate: Fate
    detail: str
    queue_item_id: str
    attempt: int
    def __init__(self, order_id: _Optional[str] = ..., fate: _Optional[_Union[Fate, str]] = ..., detail: _Optional[str] = ..., queue_item_id: _Optional[str] = ..., attempt: _Optional[int] = ...) -> None: ...

class DeliverResponse(_message.Message):
    __slots__ = ("results", "acknowledgements")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGEMENTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[EntryResult]
    acknowledgements: _containers.RepeatedCompositeFieldContainer[Acknowledgement]
    def __init__(self, results: _Optional[_Iterable[_Union[EntryResult, _Mapping]]] = ..., acknowledgements: _Optional[_Iterable[_Union[Acknowledgement, _Mapping]]] = ...) -> None: ...

class EntryResult(_message.Message):
    __slots__ = ("id", "status", "detail")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    id: int
    status: EntryStatus
    detail: str
    def __init__(self, id: _Optional[int] = ..., status: _Optional[_Union[EntryStatus, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class Acknowledgement(_message.Message):
    __slots__ = ("dev_eui", "through", "stored_above", "alarms_through", "wanted")
    DEV_EUI_FIELD_NUMBER: _ClassVar[int]
    THROUGH_FIELD_NUMBER: _ClassVar[int]
    STORED_ABOVE_FIELD_NUMBER: _ClassVar[int]
    ALARMS_THROUGH_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    dev_eui: str
    through: int
    stored_above: bytes
    alarms_through: int
    wanted: bool
    def __init__(self, dev_eui: _Optional[str] = ..., through: _Optional[int] = ..., stored_above: _Optional[bytes] = ..., alarms_through: _Optional[int] = ..., wanted: _Optional[bool] = ...) -> None: ...
