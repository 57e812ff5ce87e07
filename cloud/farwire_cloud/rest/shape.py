"""Model -> what the REST API answers with. Pure."""

from typing import Any

from farwire_cloud.model import deliveries, orders, readings
from farwire_cloud.model.device import DeviceState
from farwire_cloud.orders import documents
from farwire_cloud.rest import answers
from farwire_cloud.store.marshal import Item
from farwire_cloud.store.order_items import Desired, StoredKey
from farwire_codecs import lpp_types
from farwire_codecs.log_report import LogReport
from farwire_codecs.lpp_names import NAMES, TypeName
from farwire_codecs.state_report import RESET_REASONS
from farwire_contract.v1 import telemetry_pb2 as contract

REPORTS = ("log", "crash_report")  # by farwire_codecs.log_piece.KINDS
ERASED = ("records", "alarms", "logs")  # by the bits of farwire_codecs.command.Erase


def value(reading: readings.Reading) -> answers.Value:
    """Return a value."""
    return answers.Value(**_value(reading))


def timed_value(reading: readings.Reading, time_ms: int, record: int) -> answers.TimedValue:
    """Return a value with its time; `record` 0: a live value."""
    return answers.TimedValue(**_value(reading), time_ms=time_ms, record=record)


def named_value(reading: readings.NamedReading, time_ms: int) -> answers.NamedValue:
    """Return a named value with its time."""
    return answers.NamedValue(name=reading.name, unit=reading.unit, value=reading.value, time_ms=time_ms)


def record(found: readings.Record, stored_ms: int) -> answers.Record:
    """Return a record."""
    return answers.Record(
        number=found.number,
        time_ms=found.time_ms,
        stored_ms=stored_ms,
        readings=[value(reading) for reading in found.readings],
    )


def alarm(dev_eui: str, found: deliveries.Alarm) -> answers.Alarm:
    """Return a start or an end of an alarm."""
    return answers.Alarm(
        dev_eui=dev_eui,
        number=found.number,
        channel=found.channel,
        condition=contract.Condition.Name(found.condition),
        active=found.active,
        time_ms=found.time_ms,
        value=value(found.value) if found.value else None,
    )


def device(state: DeviceState) -> answers.Device:
    """Return a device."""
    about = state.about.content if state.about else deliveries.About(state.dev_eui, "", "", "", ())
    active = [
        deliveries.Alarm(each.number, channel, condition, each.active, each.time_ms, each.value)
        for (channel, condition), each in sorted(state.alarms.items())
        if each.active
    ]
    return answers.Device(
        dev_eui=state.dev_eui,
        name=about.name,
        application_id=about.application_id,
        profile_name=about.profile_name,
        tags=dict(about.tags),
        last_seen_ms=state.last_seen_ms,
        joined_ms=state.joined.time_ms if state.joined else None,
        records=answers.RecordsOfDevice(
            stored=len(state.records),
            through=state.through,
            missing=state.missing,
            gone=state.gone,
            conflicts=state.conflicts,
            alarms_through=state.alarms_through,
        ),
        last=[
            timed_value(readings.Reading(*series, last.raw), last.time_ms, last.number)
            for series, last in sorted(state.last.items())
        ],
        named=[
            named_value(readings.NamedReading(name, last.unit, last.value), last.time_ms)
            for name, last in sorted(state.named.items())
        ],
        alarms=[alarm(state.dev_eui, each) for each in active],
        radio=_radio(state),
        report=_report(state),
        status=_status(state),
    )


def order(found: orders.Order) -> answers.Order:
    """Return an order."""
    is_command = isinstance(found.body, orders.Command)
    return answers.Order(
        order_id=found.order_id,
        dev_eui=found.dev_eui,
        kind="command" if is_command else "configuration",
        fate=found.fate.value,
        detail=found.decisive.detail,
        created_ms=found.created_ms,
        expires_ms=found.expires_ms,
        confirmed=found.confirmed,
        attempts=found.attempts,
        created_by=found.created_by,
        command=_command(found.body) if isinstance(found.body, orders.Command) else None,
        configuration_hash=None if isinstance(found.body, orders.Command) else f"{found.body.hash:08x}",
        history=[
            answers.Step(
                step=step.name,
                time_ms=step.time_ms,
                attempt=step.attempt,
                detail=step.detail,
                queue_item_id=step.queue_item_id,
            )
            for step in found.steps
        ],
    )


def configuration(
    state: DeviceState,
    desired: Desired | None,
    reported_document: bytes | None,
    newest_order: orders.Order | None,
) -> answers.Configuration:
    """Return desired and reported configuration; `reported_document` if the reported hash is known."""
    report = state.report
    in_sync = report.content.configuration_hash == desired.hash if report and desired else None
    return answers.Configuration(
        dev_eui=state.dev_eui,
        desired=answers.DesiredConfiguration(
            hash=f"{desired.hash:08x}",
            settings=settings(desired.document),
            set_ms=desired.set_ms,
            set_by=desired.set_by,
        )
        if desired
        else None,
        reported=answers.ReportedConfiguration(
            hash=f"{report.content.configuration_hash:08x}",
            time_ms=report.time_ms,
            sampling_interval_s=report.content.sampling_interval_s,
            settings=settings(reported_document) if reported_document is not None else None,
        )
        if report
        else None,
        in_sync=in_sync,
        order=order(newest_order) if newest_order else None,
    )


def settings(document: bytes) -> list[answers.Setting]:
    """Return the settings of a configuration document."""
    return [answers.Setting(**setting) for setting in documents.shown(document)]


def node_log(time_ms: int, report: LogReport) -> answers.NodeLog:
    """Return a log or a crash report, as far as it is there."""
    text = report.data.decode(errors="replace")
    return answers.NodeLog(
        time_ms=time_ms,
        report=REPORTS[report.kind],
        number=report.number,
        whole=not report.missing,
        missing=[answers.MissingBytes(first=gap.start, end=gap.end) for gap in report.missing],
        text=text,
        lines=text.splitlines(),
    )


def refusal(item: Item) -> answers.Refusal:
    """Return a refused frame."""
    heard = item.get("heard")
    payload = heard["payload"] if heard else item.get("entry")
    return answers.Refusal(
        time_ms=item["t"],
        reason=item["reason"],
        detail=item["detail"],
        f_port=heard["f_port"] if heard else None,
        payload_hex=payload.hex() if payload is not None else None,
    )


def key(stored: StoredKey) -> answers.KeyOut:
    """Return an API key."""
    return answers.KeyOut(
        key_id=stored.key_id, name=stored.name, role=stored.role, created_ms=stored.created_ms
    )


def _value(reading: readings.Reading) -> dict[str, Any]:
    name = NAMES.get(reading.lpp_type, TypeName(f"type{reading.lpp_type}"))
    known = reading.lpp_type in lpp_types.TYPES
    values = lpp_types.to_values(reading.lpp_type, reading.raw) if known else reading.raw
    axes = lpp_types.TYPES[reading.lpp_type].axes if known else ()
    decimals = [len(str(axis.steps - 1)) if axis.steps > 1 else 0 for axis in axes]
    return {
        "channel": reading.channel,
        "type": reading.lpp_type,
        "name": name.name,
        "unit": name.unit,
        "axes": list(name.axes),
        "raw": list(reading.raw),
        "values": list(values),
        "decimals": decimals if known else [0] * len(values),
    }


def _radio(state: DeviceState) -> answers.RadioOfDevice | None:
    if state.heard is None:
        return None
    heard = state.heard.content
    return answers.RadioOfDevice(
        time_ms=state.heard.time_ms,
        dev_addr=heard.dev_addr,
        f_cnt=heard.f_cnt,
        f_port=heard.f_port,
        data_rate=heard.data_rate,
        frequency_hz=heard.frequency_hz,
        rssi_dbm=heard.rssi_dbm,
        snr_db=heard.snr_db,
        gateways=heard.gateways,
    )


def _report(state: DeviceState) -> answers.ReportOfDevice | None:
    if state.report is None:
        return None
    report = state.report.content
    return answers.ReportOfDevice(
        time_ms=state.report.time_ms,
        configuration_hash=f"{report.configuration_hash:08x}",
        reset_reason=RESET_REASONS[report.reset_reason],
        uptime_s=report.uptime_s,
        battery_mv=report.battery_mv,
        oldest_record=report.oldest_record,
        next_record=report.next_record,
        dropped_records=report.dropped_records,
        sampling_interval_s=report.sampling_interval_s,
        oldest_alarm=report.oldest_alarm,
    )


def _status(state: DeviceState) -> answers.StatusOfDevice | None:
    if state.status is None:
        return None
    status = state.status.content
    return answers.StatusOfDevice(
        time_ms=state.status.time_ms,
        battery_percent=status.battery_percent if status.battery_percent >= 0 else None,
        external_power=status.external_power,
        margin_db=status.margin_db,
    )


def _command(body: orders.Command) -> answers.Command:
    match body.action:
        case orders.SetOutput(channel, value_x100):
            return answers.Command(
                number=body.number, command="set_output", channel=channel, value=value_x100 / 100
            )
        case orders.ReportState():
            return answers.Command(number=body.number, command="report_state")
        case orders.Reboot():
            return answers.Command(number=body.number, command="reboot")
        case orders.SendLog(kind, offset):
            return answers.Command(
                number=body.number, command="send_log", report=REPORTS[kind], offset=offset
            )
        case orders.Erase(what):
            named = [name for bit, name in enumerate(ERASED) if what >> bit & 1]
            return answers.Command(number=body.number, command="erase", what=named)
