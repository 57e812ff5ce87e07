"""Routes about devices and what they measured."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from farwire_cloud.ingest.bounds import LONGEST_NAME
from farwire_cloud.model.device import DeviceState
from farwire_cloud.rest import answers, history, shape
from farwire_cloud.rest.auth import Viewer
from farwire_cloud.rest.parameters import Channel, DevEui, Limit, TimeText, period, state_of
from farwire_cloud.rest.services import Provided
from farwire_cloud.store import keys
from farwire_cloud.store.device_items import listed_alarm_from_item, state_from_item
from farwire_cloud.store.items import alarm_from_item, record_from_item

router = APIRouter(tags=["devices"])

LARGEST_NUMBER = 2**32 - 1


@router.get("/devices")
def devices(
    services: Provided,
    _: Viewer,
    limit: Limit = 100,
    after: Annotated[str, Query(pattern="^[0-9a-f]{0,16}$")] = "",
) -> answers.Devices:
    """All devices, by DevEUI, each with its last values."""
    page = services.table.query(keys.all_devices(after), limit=limit, keys_only=True)
    dev_euis = [item["sk"] for item in page.items]
    found = services.table.get_many([keys.state(dev_eui) for dev_eui in dev_euis]) if dev_euis else {}
    states = []
    for dev_eui in dev_euis:
        item = found.get(keys.state(dev_eui))
        states.append(state_from_item(item) if item else DeviceState(dev_eui))
    return answers.Devices(devices=[shape.device(state) for state in states], after=page.next_sk)


@router.get("/devices/{dev_eui}")
def device(services: Provided, _: Viewer, dev_eui: DevEui) -> answers.Device:
    """One device."""
    return shape.device(state_of(services.table, dev_eui))


@router.get("/devices/{dev_eui}/readings")
def readings(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    channel: Channel = None,
    from_: Annotated[TimeText, Query(alias="from")] = None,
    to: TimeText = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    order: Literal["asc", "desc"] = "asc",
    source: Literal["records", "live"] | None = None,
) -> answers.Readings:
    """Readings of a period, both ends included.

    From records, in the order of their numbers (for a node, that of their times), unless the device has only
    ever sent live values; `source` chooses.
    """
    state = state_of(services.table, dev_eui)
    chosen = source or ("live" if state.last and not len(state.records) else "records")
    read = history.of_records if chosen == "records" else history.of_live
    page = read(
        services.table, dev_eui, period(from_, to), channel, limit, cursor, descending=order == "desc"
    )
    return answers.Readings(
        dev_eui=dev_eui,
        source=chosen,
        readings=[shape.timed_value(each.reading, each.time_ms, each.record) for each in page.found],
        cursor=page.cursor,
    )


@router.get("/devices/{dev_eui}/named")
def named(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    name: Annotated[str | None, Query(max_length=LONGEST_NAME, description="only this name")] = None,
    from_: Annotated[TimeText, Query(alias="from")] = None,
    to: TimeText = None,
    limit: Limit = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    order: Literal["asc", "desc"] = "asc",
) -> answers.NamedReadings:
    """Readings of a device that its vendor's codec reads, of a period, both ends included, by time."""
    state_of(services.table, dev_eui)
    page = history.of_named(
        services.table, dev_eui, period(from_, to), name, limit, cursor, descending=order == "desc"
    )
    return answers.NamedReadings(
        dev_eui=dev_eui,
        readings=[shape.named_value(each.reading, each.time_ms) for each in page.found],
        cursor=page.cursor,
    )


@router.get("/devices/{dev_eui}/records")
def records(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    after: Annotated[int, Query(ge=0, le=LARGEST_NUMBER)] = 0,
    limit: Limit = 1000,
) -> answers.Records:
    """Records by number, those above `after`: for audits and exports."""
    page = services.table.query(keys.records(dev_eui, after + 1), limit=limit)
    found = [shape.record(record_from_item(item), item["s"]) for item in page.items]
    if not found:
        state_of(services.table, dev_eui)
    return answers.Records(
        dev_eui=dev_eui, records=found, after=found[-1].number if found and page.next_sk else None
    )


@router.get("/devices/{dev_eui}/alarms")
def alarms_of_device(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    limit: Limit = 100,
    before: Annotated[int, Query(ge=0, le=LARGEST_NUMBER + 1)] = LARGEST_NUMBER + 1,
) -> answers.Alarms:
    """Starts and ends of the device's alarms, the newest first, those with numbers below `before`."""
    state_of(services.table, dev_eui)
    page = services.table.query(keys.alarms(dev_eui, 0, max(0, before - 1)), limit=limit, descending=True)
    found = [shape.alarm(dev_eui, alarm_from_item(item)) for item in page.items]
    return answers.Alarms(alarms=found, before=found[-1].number if page.next_sk else None)


@router.get("/alarms")
def alarms(services: Provided, _: Viewer, active: bool = True) -> answers.Alarms:
    """The active alarms of all devices; with `active=false` the last end of each that is over."""
    items = services.table.query(keys.all_alarms()).items
    found = [listed_alarm_from_item(item) for item in items]
    shown = [shape.alarm(each.dev_eui, each.alarm) for each in found if each.alarm.active is active]
    return answers.Alarms(alarms=sorted(shown, key=lambda each: (-each.time_ms, each.dev_eui)))


@router.get("/devices/{dev_eui}/refusals")
def refusals(services: Provided, _: Viewer, dev_eui: DevEui, limit: Limit = 100) -> answers.Refusals:
    """Frames and entries of the device that were refused, with the reason, the newest first."""
    items = services.table.query(keys.refusals(dev_eui), limit=limit, descending=True).items
    return answers.Refusals(refusals=[shape.refusal(item) for item in items])


@router.get("/devices/{dev_eui}/events")
def events(services: Provided, _: Viewer, dev_eui: DevEui, limit: Limit = 100) -> answers.Events:
    """Joins, statuses and messages of the network server about the device, the newest first."""
    state_of(services.table, dev_eui)
    items = services.table.query(keys.events(dev_eui), limit=limit, descending=True).items
    return answers.Events(
        events=[
            answers.Event(time_ms=item["t"], kind=item["kind"], content=item["content"]) for item in items
        ]
    )
