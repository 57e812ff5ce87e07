"""Example entries and deliveries."""

from collections.abc import Iterable, Sequence
from typing import Any

from farwire_contract.v1 import telemetry_pb2 as contract

EUI = "70b3d57ed0000001"
OTHER_EUI = "70b3d57ed0000002"
T0 = 1_785_000_000_000  # UTC ms, in July 2026
TEMPERATURE, HUMIDITY = 103, 104


def device(dev_eui: str = EUI, name: str = "pump-1") -> contract.Device:
    return contract.Device(
        dev_eui=dev_eui, name=name, application_id="app-1", profile_name="twin", tags={"hall": "3"}
    )


def uplink(identity: str = "a1", **fields: Any) -> contract.Uplink:
    return contract.Uplink(
        deduplication_id=identity,
        dev_addr="01020304",
        f_cnt=7,
        f_port=210,
        data_rate=5,
        frequency_hz=868_100_000,
        rssi_dbm=-97,
        snr_db=7.25,
        gateways=2,
        payload=b"\x01\x02",
        **fields,
    )


def reading(channel: int = 1, lpp_type: int = TEMPERATURE, raw: Sequence[int] = (215,)) -> contract.Reading:
    return contract.Reading(channel=channel, lpp_type=lpp_type, raw=raw)


def named_reading(name: str = "level", unit: str = "cm", number: float = 7.5) -> contract.NamedReading:
    return contract.NamedReading(name=name, unit=unit, number=number)


def record(number: int, time_ms: int | None = None, raw: int | None = None) -> contract.Record:
    """A record that follows from its number, one a minute."""
    return contract.Record(
        number=number,
        time_ms=T0 + number * 60_000 if time_ms is None else time_ms,
        readings=[
            reading(1, TEMPERATURE, [200 + number if raw is None else raw]),
            reading(2, HUMIDITY, [number % 200]),
        ],
    )


def entry(
    dev_eui: str = EUI, *, id_: int = 1, time_ms: int = T0, identity: str = "a1", **body: Any
) -> contract.Entry:
    return contract.Entry(id=id_, device=device(dev_eui), uplink=uplink(identity), time_ms=time_ms, **body)


def records_entry(
    numbers: Iterable[int],
    dev_eui: str = EUI,
    *,
    wanted: bool = False,
    id_: int = 1,
) -> contract.Entry:
    """An entry with records that follow from their numbers, heard with the last of them."""
    records = [record(number) for number in numbers]
    return entry(
        dev_eui,
        id_=id_,
        time_ms=max((each.time_ms for each in records), default=T0),
        identity=f"f-{records[0].number if records else 0}-{len(records)}",
        records=contract.Records(records=records, acknowledgement_wanted=wanted),
    )


def alarm(
    number: int, *, active: bool = True, channel: int = 1, condition: int = contract.HIGH
) -> contract.Alarm:
    return contract.Alarm(
        number=number,
        channel=channel,
        condition=condition,  # type: ignore[arg-type]
        active=active,
        time_ms=T0 + number * 1000,
        value=reading(channel, TEMPERATURE, [900 + number]),
    )


def alarms_entry(*alarms: contract.Alarm, dev_eui: str = EUI) -> contract.Entry:
    identity = f"al-{'-'.join(str(each.number) for each in alarms)}"
    return entry(dev_eui, identity=identity, alarms=contract.AlarmReport(alarms=alarms))


def state_entry(
    *,
    hash_: int = 0,
    oldest: int = 1,
    upcoming: int = 1,
    time_ms: int = T0,
    dev_eui: str = EUI,
    reset_reason: int = 1,
    oldest_alarm: int = 0,
) -> contract.Entry:
    report = contract.StateReport(
        configuration_hash=hash_,
        reset_reason=reset_reason,
        uptime_s=3600,
        battery_mv=3300,
        oldest_record=oldest,
        next_record=upcoming,
        dropped_records=0,
        sampling_interval_s=60,
        oldest_alarm=oldest_alarm,
    )
    return entry(dev_eui, time_ms=time_ms, identity=f"s-{time_ms}", state=report)


def request(*entries: contract.Entry) -> contract.DeliverRequest:
    return contract.DeliverRequest(bridge_id="bridge-1", entries=entries)
