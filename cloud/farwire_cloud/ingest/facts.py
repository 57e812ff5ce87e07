"""What a delivery adds to the view of its device. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from farwire_cloud.model.deliveries import (
    Alarm,
    Alarms,
    Answer,
    Delivery,
    Joined,
    LiveValues,
    LogPiece,
    Records,
    RefusedFrame,
    StateReport,
    Status,
)
from farwire_cloud.model.device import (
    LONGEST_SHOWN,
    AlarmKey,
    AlarmState,
    At,
    DeviceState,
    LastNamed,
    LastValue,
    merge,
)
from farwire_cloud.model.numbers import NumberSet
from farwire_cloud.model.readings import NamedReading, Reading, Record, Series

# Only the device itself can say these; a message of the network server or the bridge is no sign of life.
_HEARD = (Records, LiveValues, Alarms, StateReport, Answer, LogPiece, RefusedFrame, Joined, Status)


def of_delivery(delivery: Delivery) -> DeviceState:
    """Return what is known from a delivery alone, its records and alarms left out."""
    about = delivery.about
    state = DeviceState(
        about.dev_eui,
        about=At(delivery.time_ms, about) if about.name else None,
        heard=At(delivery.time_ms, replace(delivery.heard, payload=b"")) if delivery.heard else None,
        last_seen_ms=delivery.time_ms if isinstance(delivery.body, _HEARD) else 0,
    )
    match delivery.body:
        case LiveValues(readings, named):
            return replace(
                state,
                last=_last(readings, delivery.time_ms, 0),
                named={each.name: _last_named(each, delivery.time_ms) for each in named},
            )
        case StateReport() as report:
            floor = max(1, report.oldest_record)
            alarm_floor = max(1, report.oldest_alarm)
            newest = At(delivery.time_ms, report)
            return replace(state, report=newest, floor=floor, alarm_floor=alarm_floor)
        case Joined() as joined:
            return replace(state, joined=At(delivery.time_ms, joined))
        case Status() as status:
            return replace(state, status=At(delivery.time_ms, status))
        case _:
            return state


def of_records(dev_eui: str, records: Iterable[Record]) -> DeviceState:
    """Return what is known once these records are stored."""
    last: dict[Series, LastValue] = {}
    numbers = []
    for record in records:
        numbers.append(record.number)
        for series, value in _last(record.readings, record.time_ms, record.number).items():
            if series not in last or last[series].time_ms <= value.time_ms:
                last[series] = value
    return DeviceState(dev_eui, last=last, records=NumberSet.of(numbers))


def of_alarms(dev_eui: str, alarms: Iterable[Alarm]) -> DeviceState:
    """Return what is known once these alarms are stored."""
    state = DeviceState(dev_eui)
    for alarm in alarms:
        key: AlarmKey = (alarm.channel, alarm.condition)
        last = _last([alarm.value], alarm.time_ms, 0) if alarm.value else {}
        of_one = DeviceState(
            dev_eui,
            last=last,
            alarms={key: AlarmState(alarm.number, alarm.active, alarm.time_ms, alarm.value)},
            alarm_numbers=NumberSet.of([alarm.number]),
        )
        state = merge(state, of_one)
    return state


def _last(readings: Iterable[Reading], time_ms: int, number: int) -> dict[Series, LastValue]:
    return {reading.series: LastValue(time_ms, number, reading.raw) for reading in readings}


def _last_named(reading: NamedReading, time_ms: int) -> LastNamed:
    value = reading.value
    return LastNamed(time_ms, reading.unit, value[:LONGEST_SHOWN] if isinstance(value, str) else value)
