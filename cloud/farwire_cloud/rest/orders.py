"""Routes that ask something of a device: commands and configuration."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from farwire_cloud.errors import InvalidError
from farwire_cloud.model import orders as model
from farwire_cloud.model.device import DeviceState
from farwire_cloud.orders.configurations import Target
from farwire_cloud.orders.documents import Change
from farwire_cloud.orders.ids import order_id as new_order_id
from farwire_cloud.rest import answers, shape
from farwire_cloud.rest.auth import Operator, Viewer
from farwire_cloud.rest.parameters import DevEui, Limit, OrderId, state_of
from farwire_cloud.rest.services import Provided, Services
from farwire_codecs import configuration_words, lpp_types
from farwire_codecs.configuration import KEYS, MAXIMUM_SETTINGS
from farwire_codecs.errors import CodecError
from farwire_codecs.log_piece import MAXIMUM_REPORT

router = APIRouter(tags=["orders"])

ANALOG_OUTPUT = 3  # LPP type: an output's value is carried at its resolution, 0.01
DAY_S = 86_400
_FIELDS = ("channel", "value", "report", "offset", "what", "confirm")  # that only some commands have
_FIELDS_OF = {
    "set_output": ("channel", "value"),
    "send_log": ("report", "offset"),
    "erase": ("what", "confirm"),
}
PAGES_LOOKED_AT = 10  # of orders, in search of one kind


class NewCommand(BaseModel):
    """A command."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    command: Literal["set_output", "report_state", "reboot", "send_log", "erase"]
    channel: int | None = Field(default=None, ge=0, le=255, description="set_output: which one")
    value: float | None = Field(
        default=None, ge=-327.68, le=327.67, description="set_output: in steps of 0.01"
    )
    report: Literal["log", "crash_report"] | None = Field(
        default=None, description="send_log: which; the log where this is left out"
    )
    offset: int | None = Field(
        default=None, ge=0, le=MAXIMUM_REPORT, description="send_log: from this byte on, 0 where left out"
    )
    what: list[Literal["records", "alarms", "logs"]] | None = Field(
        default=None,
        min_length=1,
        description="erase: what the node is to give up for good of what it holds, each named once",
    )
    confirm: str | None = Field(
        default=None, max_length=16, description="erase: the DevEUI again, because what is erased is lost"
    )
    expires_in_s: int = Field(default=DAY_S, ge=10, le=30 * DAY_S, description="not sent after this")
    confirmed: bool = Field(default=True, description="ask the device's MAC for an acknowledgement")
    attempts: int = Field(default=3, ge=1, le=20, description="how often it may be sent")


class NewSetting(BaseModel):
    """A setting to change; `value` null goes back to the value that the node left the factory with.

    What each key takes is listed in the API's schema, one alternative a key.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"oneOf": [configuration_words.json_schema(key) for key in KEYS.values()]},
    )

    key: str = Field(max_length=40)
    index: int | None = Field(default=None, strict=True, description="which channel, sensor or server")
    value: Any = Field(default=None, description="an integer, true or false, or a text, as the key wants it")


class NewSettings(BaseModel):
    """Settings to change; the others stay."""

    model_config = ConfigDict(extra="forbid")

    settings: list[NewSetting] = Field(min_length=1, max_length=MAXIMUM_SETTINGS)


@router.post("/devices/{dev_eui}/commands", status_code=202)
def command(services: Provided, who: Operator, dev_eui: DevEui, body: NewCommand) -> answers.Order:
    """Ask a device to do something once. The answer's `fate` is followed at its order."""
    action = _action(body, dev_eui)
    state = state_of(services.table, dev_eui)
    now_ms = services.clock()
    number = services.register.next_number(dev_eui)
    order = model.Order(
        order_id=new_order_id(now_ms),
        dev_eui=dev_eui,
        application_id=_application_of(state),
        created_ms=now_ms,
        expires_ms=now_ms + body.expires_in_s * 1000,
        confirmed=body.confirmed,
        attempts=body.attempts,
        created_by=who.name,
        body=model.Command(number, action),
        steps=(model.Step("created", now_ms),),
    )
    services.register.make(order, number)
    return shape.order(order)


@router.get("/devices/{dev_eui}/commands")
def commands(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    limit: Limit = 100,
    before: Annotated[str, Query(max_length=100)] = "",
) -> answers.Orders:
    """The device's commands with their fates and histories, the newest first."""
    return _orders(services, dev_eui, model.Command, limit, before)


@router.get("/devices/{dev_eui}/orders")
def orders(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    limit: Limit = 100,
    before: Annotated[str, Query(max_length=100)] = "",
) -> answers.Orders:
    """Everything asked of the device, commands and configurations, the newest first."""
    return _orders(services, dev_eui, (model.Command, model.Configuration), limit, before)


@router.get("/devices/{dev_eui}/commands/{order_id}")
@router.get("/devices/{dev_eui}/orders/{order_id}")
def order(services: Provided, _: Viewer, dev_eui: DevEui, order_id: OrderId) -> answers.Order:
    """One order: its fate and its history with times."""
    return shape.order(services.register.get(dev_eui, order_id))


@router.get("/devices/{dev_eui}/configuration")
def configuration(services: Provided, _: Viewer, dev_eui: DevEui) -> answers.Configuration:
    """What the device is to run, what it says that it runs, and whether these are the same."""
    return _configuration(services, state_of(services.table, dev_eui))


@router.put("/devices/{dev_eui}/configuration", status_code=202)
def configure(services: Provided, who: Operator, dev_eui: DevEui, body: NewSettings) -> answers.Configuration:
    """Change settings of the desired configuration; those that are not named stay as they are."""
    state = state_of(services.table, dev_eui)
    reported = state.report.content.configuration_hash if state.report else None
    target = Target(dev_eui, _application_of(state), reported)
    changes = [Change(setting.key, setting.index, setting.value) for setting in body.settings]
    services.configurations.change(target, changes, who.name, services.clock())
    return _configuration(services, state)


def _action(body: NewCommand, dev_eui: str) -> model.Action:
    for field in _FIELDS:
        if getattr(body, field) is not None and field not in _FIELDS_OF.get(body.command, ()):
            raise InvalidError(field, getattr(body, field), f"none, because {body.command} has none")
    if body.command == "set_output":
        if body.channel is None:
            raise InvalidError("channel", None, "0 to 255, because set_output needs one")
        if body.value is None:
            raise InvalidError("value", None, "-327.68 to 327.67, because set_output needs one")
        try:
            (value_x100,) = lpp_types.to_raw(ANALOG_OUTPUT, (body.value,))
        except CodecError as error:
            raise InvalidError("value", body.value, str(error)) from error
        return model.SetOutput(body.channel, value_x100)
    if body.command == "send_log":
        return model.SendLog(shape.REPORTS.index(body.report or "log"), body.offset or 0)
    if body.command == "erase":
        return _erase(body, dev_eui)
    return model.ReportState() if body.command == "report_state" else model.Reboot()


def _erase(body: NewCommand, dev_eui: str) -> model.Erase:
    what = body.what or []
    if not what or len(set(what)) < len(what):
        expected = f"some of {', '.join(shape.ERASED)}, each once, because erase needs them"
        raise InvalidError("what", body.what, expected)
    if body.confirm is None or body.confirm.lower() != dev_eui:
        raise InvalidError("confirm", body.confirm, f"{dev_eui}, because what is erased is lost")
    return model.Erase(sum(1 << shape.ERASED.index(name) for name in what))


def _application_of(state: DeviceState) -> str:
    return state.about.content.application_id if state.about else ""


def _orders(
    services: Services,
    dev_eui: str,
    kinds: type[model.Command] | tuple[type[model.Command], type[model.Configuration]],
    limit: int,
    before: str,
) -> answers.Orders:
    state_of(services.table, dev_eui)
    found: list[answers.Order] = []
    for _ in range(PAGES_LOOKED_AT):
        page = services.register.of_device(dev_eui, limit - len(found), before)
        found += [shape.order(each) for each in page.orders if isinstance(each.body, kinds)]
        before = page.before or ""
        if not before or len(found) == limit:
            break
    return answers.Orders(orders=found, before=before or None)


def _configuration(services: Services, state: DeviceState) -> answers.Configuration:
    dev_eui = state.dev_eui
    desired = services.configurations.desired(dev_eui)
    document = None
    if state.report:
        hash_ = state.report.content.configuration_hash
        known = desired is not None and desired.hash == hash_
        document = desired.document if known and desired else services.configurations.document(dev_eui, hash_)
    newest = services.register.find(dev_eui, desired.order_id) if desired else None
    return shape.configuration(state, desired, document, newest)
