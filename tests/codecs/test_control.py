"""Acknowledgement, alarm, command and state report: what they refuse, and why."""

import pytest

from farwire_codecs import acknowledgement, alarm, command, state_report, uplink
from farwire_codecs.acknowledgement import Acknowledgement
from farwire_codecs.alarm import Alarm
from farwire_codecs.errors import (
    CodecError,
    MalformedError,
    RangeError,
    UnknownCommandError,
    UnknownTypeError,
)
from farwire_codecs.state_report import StateReport
from farwire_contract.v1 import telemetry_pb2
from tests.codecs.frames import CASES, decoded, nothing_known

HOT = Alarm(5, 3, 103, alarm.HIGH, True, 2500, (912,))
REPORT = StateReport(0, 0, 0, 0, 1, 1, 0, 60, 0)


def test_acknowledgement_needs_at_most_eleven_bytes_without_its_bitmap() -> None:
    largest = Acknowledgement(0xFFFFFFFF, b"\xff" * 40, 0xFFFFFFFF, True, True)

    frame = acknowledgement.encode(largest, 11)

    assert len(frame) == 11
    assert acknowledgement.decode(frame) == largest._replace(stored_above=b"")


def test_acknowledgement_that_does_not_fit_is_refused() -> None:
    with pytest.raises(RangeError, match="needs 3 bytes, the limit is 2"):
        acknowledgement.encode(Acknowledgement(0, b"", 0, False, False), 2)


@pytest.mark.parametrize("frame", ["02 00 00 00", "02 00 00 02 01 00", "08 00 00", "00 8000 00"])
def test_acknowledgement_that_no_encoder_writes_is_refused(frame: str) -> None:
    with pytest.raises(MalformedError):
        acknowledgement.decode(bytes.fromhex(frame))


@pytest.mark.parametrize(
    ("alarms", "error"),
    [
        ([HOT, HOT], RangeError),
        ([HOT._replace(number=0)], RangeError),
        ([HOT._replace(number=2**32)], RangeError),
        ([HOT._replace(channel=256)], RangeError),
        ([HOT._replace(type_id=122)], UnknownTypeError),
        ([HOT._replace(condition=0)], RangeError),
        ([HOT._replace(age_ms=-1000)], RangeError),
        ([HOT._replace(raw=(40000,))], RangeError),
        ([HOT._replace(raw=(1, 2))], MalformedError),
    ],
)
def test_alarms_that_no_frame_can_carry_are_refused(alarms: list[Alarm], error: type[CodecError]) -> None:
    with pytest.raises(error):
        alarm.encode(alarms, 51)


@pytest.mark.parametrize(
    "frame",
    [
        "00",  # none
        "01 00 03 67 80 00 0000",  # condition 0
        "01 00 03 67 87 00 0000",  # condition 7
        "01 ff ff ff ff 0f 03 67 c1 00",  # a number beyond 32 bits
    ],
)
def test_alarm_frame_that_no_encoder_writes_is_refused(frame: str) -> None:
    with pytest.raises(MalformedError):
        alarm.decode(bytes.fromhex(frame))


def test_no_alarms_give_no_frame() -> None:
    assert alarm.encode([], 51) == (b"", 0)
    assert alarm.encode([HOT], 7) == (b"", 0)


def test_age_is_carried_to_the_nearest_eighth_of_a_second() -> None:
    for age_ms, carried in ((0, 0), (62, 0), (63, 125), (187, 125), (188, 250), (1000, 1000)):
        frame, _ = alarm.encode([HOT._replace(age_ms=age_ms)], 51)

        assert alarm.decode(frame)[0].age_ms == carried


def test_command_of_an_unknown_kind_can_still_be_answered() -> None:
    with pytest.raises(UnknownCommandError, match="command 258 has kind 31") as caught:
        command.decode(bytes.fromhex("1f 0102 99"))

    assert caught.value.number == 258


@pytest.mark.parametrize("what", ["08", "ff", "09", "80 00"])
def test_erasure_of_something_unknown_is_answered_and_not_carried_out_in_part(what: str) -> None:
    with pytest.raises(UnknownCommandError, match="command 258 has what 0x") as caught:
        command.decode(bytes.fromhex("05 0102" + what))

    assert caught.value.items == (258,)


@pytest.mark.parametrize("frame", ["05 0102", "05 0102 00", "05 0102 07 00"])
def test_erasure_that_names_nothing_or_too_much_is_refused(frame: str) -> None:
    with pytest.raises(CodecError) as caught:
        command.decode(bytes.fromhex(frame))

    assert not isinstance(caught.value, UnknownCommandError)


@pytest.mark.parametrize(
    "order",
    [
        command.SetOutput(65536, 1, 0),
        command.SetOutput(-1, 1, 0),
        command.SetOutput(1, 256, 0),
        command.SetOutput(1, 1, 32768),
        command.SetOutput(1, 1, -32769),
        command.Reboot(65536),
        command.Erase(1, 0),
        command.Erase(1, 8),
    ],
)
def test_command_out_of_range_is_refused(order: command.SetOutput | command.Reboot | command.Erase) -> None:
    with pytest.raises(RangeError):
        command.encode(order)


def test_answer_with_an_unknown_result_is_refused() -> None:
    with pytest.raises(MalformedError, match="result is 6"):
        command.decode_answer(bytes.fromhex("06 0001"))
    with pytest.raises(RangeError):
        command.encode_answer(command.CommandAnswer(1, 6))


@pytest.mark.parametrize(
    "report",
    [
        REPORT._replace(configuration_hash=2**32),
        REPORT._replace(reset_reason=9),
        REPORT._replace(battery_mv=65536),
        REPORT._replace(oldest_record=2),
        REPORT._replace(oldest_record=2**32 - 1, next_record=2**32),
        REPORT._replace(uptime_s=-1),
        REPORT._replace(oldest_alarm=2**32),
    ],
)
def test_state_report_out_of_range_is_refused(report: StateReport) -> None:
    with pytest.raises(RangeError):
        state_report.encode(report)


def test_state_report_of_a_reason_unknown_here_is_refused() -> None:
    with pytest.raises(RangeError, match="reset_reason is 9"):
        state_report.decode(bytes.fromhex("00 00000000 09 00 00 01 00 00 3c"))


def test_state_report_whose_oldest_alarm_is_none_is_refused() -> None:
    with pytest.raises(MalformedError, match="oldest_alarm is 0"):
        state_report.decode(bytes.fromhex("01 00000000 00 00 00 01 00 00 3c 00"))


def test_numbers_of_conditions_and_results_are_the_contracts() -> None:
    assert {telemetry_pb2.Condition.Name(number) for number in alarm.CONDITIONS} == {
        "HIGH",
        "LOW",
        "RATE",
        "STUCK",
        "SENSOR_FAILED",
        "OUT_OF_NORMAL",
    }
    for name in ("HIGH", "LOW", "RATE", "STUCK", "SENSOR_FAILED", "OUT_OF_NORMAL"):
        assert getattr(alarm, name) == telemetry_pb2.Condition.Value(name)
    for name in ("DONE", "REFUSED_UNKNOWN", "REFUSED_CHANNEL", "REFUSED_VALUE", "FAILED"):
        assert getattr(command, name) == telemetry_pb2.CommandResult.Value(name)


@pytest.mark.parametrize(
    ("frame", "f_port"),
    [("history", 210), ("alarm", 211), ("state_report", 212), ("command_answer", 213)],
)
def test_uplink_is_decoded_by_its_port(frame: str, f_port: int) -> None:
    for case in (case for case in CASES if case["frame"] == frame and not case.get("base")):
        payload = bytes.fromhex(case["hex"])
        message = decoded(case, payload)
        known = getattr(message, "schema", None)

        assert uplink.decode_uplink(f_port, payload, lambda _, schema=known: schema) == message


def test_port_without_a_codec_is_named() -> None:
    for f_port in (0, 99, 220, 224):
        with pytest.raises(UnknownTypeError, match=f"FPort {f_port} "):
            uplink.decode_uplink(f_port, b"", nothing_known)
