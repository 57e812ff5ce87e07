"""Any message of ours, for Hypothesis."""

from hypothesis import strategies as st

from farwire_codecs import (
    acknowledgement,
    alarm,
    command,
    log_piece,
    lpp,
    lpp_history,
    lpp_periods,
    state_report,
)
from farwire_codecs.lpp_actuators import HIGHEST_CHANNEL, Output
from farwire_codecs.lpp_types import TYPES, LppType

u32 = st.integers(0, 0xFFFFFFFF)
u16 = st.integers(0, 0xFFFF)
byte = st.integers(0, 255)
type_ids = st.sampled_from([type_id for type_id in TYPES if type_id < 256])
payload_limits = st.integers(11, 242)


def raws(found: LppType) -> st.SearchStrategy[tuple[int, ...]]:
    """Return any value of a type, with its ends likely."""
    axes = []
    for axis in found.axes:
        low, high = axis.low, axis.high
        axes.append(st.integers(low, high) | st.sampled_from([low, high, 0]))
    return st.tuples(*axes)


@st.composite
def items(draw: st.DrawFn, types: dict[int, LppType] = TYPES) -> lpp.Item:
    type_id = draw(st.sampled_from([type_id for type_id in types if type_id < 256]))
    return lpp.Item(draw(byte), type_id, draw(raws(types[type_id])))


@st.composite
def aged_items(draw: st.DrawFn, channel: int, types: dict[int, LppType] = TYPES) -> lpp_history.AgedItem:
    type_id = draw(st.sampled_from([type_id for type_id in types if type_id < 256]))
    return lpp_history.AgedItem(channel, type_id, draw(u16), draw(raws(types[type_id])))


histories = st.integers(0, lpp_history.HIGHEST_CHANNEL).flatmap(
    lambda channel: st.lists(aged_items(channel), min_size=1, max_size=12)
)
outputs = st.lists(
    st.builds(Output, channel=st.integers(0, HIGHEST_CHANNEL), value_x100=st.integers(-32768, 32767))
)
device_periods = st.builds(
    lpp_periods.DevicePeriod, utc_s=st.none() | u32, transmit_period_s=st.none() | u32
).filter(lambda message: message != (None, None))
sensor_periods = st.lists(
    st.builds(lpp_periods.SensorPeriod, sensor=st.integers(0, lpp_periods.SENSORS - 1), period_s=u32),
    min_size=1,
    unique_by=lambda period: period.sensor,
).map(sorted)
sensor_enables = st.integers(1, lpp_periods.MASK_BYTES).flatmap(
    lambda size: st.builds(
        lpp_periods.SensorEnable, mask=st.integers(0, (1 << 8 * size) - 1), size=st.just(size)
    )
)


@st.composite
def log_pieces(draw: st.DrawFn) -> log_piece.LogPiece:
    data = draw(st.binary(min_size=1, max_size=log_piece.MAXIMUM_DATA))
    offset = draw(st.integers(0, 300) | st.integers(0, log_piece.MAXIMUM_REPORT))
    offset = min(offset, log_piece.MAXIMUM_REPORT - len(data))
    return log_piece.LogPiece(
        draw(st.sampled_from(log_piece.KINDS)), draw(u16), offset, draw(st.booleans()), data
    )


acknowledgements = st.builds(
    acknowledgement.Acknowledgement,
    through=u32,
    stored_above=st.binary(max_size=30).map(lambda bitmap: bitmap.rstrip(b"\x00")),
    alarms_through=u32,
    schema_wanted=st.booleans(),
    base_wanted=st.booleans(),
)


@st.composite
def alarms(draw: st.DrawFn) -> list[alarm.Alarm]:
    made = []
    number = 0
    for _ in range(draw(st.integers(1, 40))):
        number += draw(st.integers(1, 3) | st.integers(1, 100_000))
        type_id = draw(type_ids)
        made.append(
            alarm.Alarm(
                number=number,
                channel=draw(byte),
                type_id=type_id,
                condition=draw(st.sampled_from(alarm.CONDITIONS)),
                active=draw(st.booleans()),
                age_ms=125 * draw(st.integers(0, 100) | u32),
                raw=draw(st.none() | raws(TYPES[type_id])),
            )
        )
    return made


@st.composite
def state_reports(draw: st.DrawFn) -> state_report.StateReport:
    oldest = draw(u32)
    return state_report.StateReport(
        configuration_hash=draw(u32),
        reset_reason=draw(st.integers(0, len(state_report.RESET_REASONS) - 1)),
        uptime_s=draw(u32),
        battery_mv=draw(u16),
        oldest_record=oldest,
        next_record=draw(st.integers(oldest, 0xFFFFFFFF)),
        dropped_records=draw(u32),
        sampling_interval_s=draw(u32),
        oldest_alarm=draw(st.just(0) | u32),
    )


commands = st.one_of(
    st.builds(command.SetOutput, number=u16, channel=byte, value_x100=st.integers(-32768, 32767)),
    st.builds(command.ReportState, number=u16),
    st.builds(command.Reboot, number=u16),
    st.builds(command.SendLog, number=u16, report_kind=st.sampled_from(log_piece.KINDS), offset=u16),
    st.builds(command.Erase, number=u16, what=st.integers(1, command.ALL_HELD)),
)
answers = st.builds(command.CommandAnswer, number=u16, result=st.sampled_from(command.RESULTS))
