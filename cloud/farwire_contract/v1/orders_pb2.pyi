from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FollowRequest(_message.Message):
    __slots__ = ("bridge_id", "application_ids")
    BRIDGE_ID_FIELD_NUMBER: _ClassVar[int]
    APPLICATION_IDS_FIELD_NUMBER: _ClassVar[int]
    bridge_id: str
    application_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, bridge_id: _Optional[str] = ..., application_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("order_id", "dev_eui", "created_ms", "expires_ms", "confirmed", "attempts", "command", "configuration")
    ORDER_ID_FIELD_NUMBER: _ClassVar[int]
    DEV_EUI_FIELD_NUMBER: _ClassVar[int]
    CREATED_MS_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_MS_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    CONFIGURATION_FIELD_NUMBER: _ClassVar[int]
    order_id: str
    dev_eui: str
    created_ms: int
    expires_ms: int
    confirmed: bool
    attempts: int
    command: Command
    configuration: Configuration
    def __init__(self, order_id: _Optional[str] = ..., dev_eui: _Optional[str] = ..., created_ms: _Optional[int] = ..., expires_ms: _Optional[int] = ..., confirmed: _Optional[bool] = ..., attempts: _Optional[int] = ..., command: _Optional[_Union[Command, _Mapping]] = ..., configuration: _Optional[_Union[Configuration, _Mapping]] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("number", "set_output", "report_state", "reboot", "send_log", "erase")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    SET_OUTPUT_FIELD_NUMBER: _ClassVar[int]
    REPORT_STATE_FIELD_NUMBER: _ClassVar[int]
    REBOOT_FIELD_NUMBER: _ClassVar[int]
    SEND_LOG_FIELD_NUMBER: _ClassVar[int]
    ERASE_FIELD_NUMBER: _ClassVar[int]
    number: int
    set_output: SetOutput
    report_state: ReportState
    reboot: Reboot
    send_log: SendLog
    erase: Erase
    def __init__(self, number: _Optional[int] = ..., set_output: _Optional[_Union[SetOutput, _Mapping]] = ..., report_state: _Optional[_Union[ReportState, _Mapping]] = ..., reboot: _Optional[_Union[Reboot, _Mapping]] = ..., send_log: _Optional[_Union[SendLog, _Mapping]] = ..., erase: _Optional[_Union[Erase, _Mapping]] = ...) -> None: ...

class SetOutput(_message.Message):
    __slots__ = ("channel", "value_x100")
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    VALUE_X100_FIELD_NUMBER: _ClassVar[int]
    channel: int
    value_x100: int
    def __init__(self, channel: _Optional[int] = ..., value_x100: _Optional[int] = ...) -> None: ...

class ReportState(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Reboot(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class SendLog(_message.Message):
    __slots__ = ("kind", "offset")
    KIND_FIELD_NUMBER: _ClassVar[int]
    OFFSET_FIELD_NUMBER: _ClassVar[int]
    kind: int
    offset: int
    def __init__(self, kind: _Optional[int] = ..., offset: _Optional[int] = ...) -> None: ...

class Erase(_message.Message):
    __slots__ = ("what",)
    WHAT_FIELD_NUMBER: _ClassVar[int]
    what: int
    def __init__(self, what: _Optional[int] = ...) -> None: ...

class Configuration(_message.Message):
    __slots__ = ("document", "hash", "base")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    document: bytes
    hash: int
    base: bytes
    def __init__(self, document: _Optional[bytes] = ..., hash: _Optional[int] = ..., base: _Optional[bytes] = ...) -> None: ...
