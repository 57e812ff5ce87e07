"""Cayenne LPP's other ports against known answers and a second decoder: history, actuators, periods."""

import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import lpp, lpp_actuators, lpp_history, lpp_periods, ports
from farwire_codecs.downlink import decode_downlink
from farwire_codecs.errors import CodecError, MalformedError, RangeError, TruncatedError, UnknownTypeError
from farwire_codecs.lpp_actuators import Output
from farwire_codecs.lpp_history import AgedItem
from farwire_codecs.lpp_names import readings
from farwire_codecs.lpp_periods import DevicePeriod, SensorEnable, SensorPeriod
from farwire_codecs.lpp_types import to_raw
from farwire_codecs.uplink import decode_uplink
from tests.codecs import frames, second_decoder
from tests.codecs import strategies as any_

VECTORS: list[dict[str, Any]] = json.loads(frames.PATH.with_name("lpp.json").read_text())["vectors"]

HERE = {
    "uplink-history",
    "downlink-value",
    "downlink-actuator",
    "downlink-device-period",
    "uplink-device-period",
    "downlink-sensor-period",
    "downlink-sensor-enable",
}
IN_TEST_LPP = {"uplink-dynamic", "conflict", "uplink-packed", "malformed", "odd-but-legal"}


def vectors(*kinds: str) -> Any:
    found = [vector for vector in VECTORS if vector["kind"] in kinds]
    return pytest.mark.parametrize("vector", found, ids=[vector["id"] for vector in found])


def stopped_at(decode: Callable[[bytes], Any], payload: bytes) -> tuple[int, Any]:
    """Return where a decoder stopped, at the end if it did not, and what it had until there."""
    try:
        return len(payload), decode(payload)
    except CodecError as error:
        return error.offset, list(error.items)


def test_every_known_answer_is_asked_for() -> None:
    assert {vector["kind"] for vector in VECTORS} == HERE | IN_TEST_LPP


@vectors("uplink-history")
def test_known_history_has_its_ages(vector: dict[str, Any]) -> None:
    ages = (60, 0)  # the vector's note
    wanted = [
        AgedItem(item["channel"], item["type"], age_s, to_raw(item["type"], (item["value"],)))
        for item, age_s in zip(vector["expect"], ages, strict=True)
    ]

    items = decode_uplink(vector["fport"], bytes.fromhex(vector["hex"]), frames.nothing_known)

    assert items == wanted
    assert lpp_history.encode_history(wanted).hex() == vector["hex"]
    assert lpp_history.port_of(1) == vector["fport"]


@vectors("downlink-value", "downlink-actuator")
def test_known_actuator_command_is_read_with_and_without_its_mark(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    wanted = [Output(item["channel"], round(100 * item["value"])) for item in vector["expect"]]

    assert decode_downlink(ports.LPP_ACTUATORS, frame) == wanted
    assert lpp_actuators.encode_actuators(wanted) == (frame if frame[-1] == 0xFF else frame + b"\xff")


@vectors("downlink-device-period", "uplink-device-period")
def test_known_device_period_comes_both_ways(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    wanted = DevicePeriod(vector["meaning"].get("utc"), vector["meaning"].get("tx_period_s"))

    assert decode_downlink(vector["fport"], frame) == wanted
    assert decode_uplink(vector["fport"], frame, frames.nothing_known) == wanted
    assert lpp_periods.encode_device_period(wanted) == frame


@vectors("downlink-sensor-period")
def test_known_sensor_periods_come_both_ways(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    wanted = [SensorPeriod(*period) for period in vector["meaning"]["periods"]]

    assert decode_downlink(vector["fport"], frame) == wanted
    assert decode_uplink(vector["fport"], frame, frames.nothing_known) == wanted
    assert lpp_periods.encode_sensor_periods(wanted) == frame


@vectors("downlink-sensor-enable")
def test_known_sensor_enable_comes_both_ways(vector: dict[str, Any]) -> None:
    frame = bytes.fromhex(vector["hex"])
    wanted = SensorEnable(**vector["meaning"])

    assert decode_downlink(vector["fport"], frame) == wanted
    assert decode_uplink(vector["fport"], frame, frames.nothing_known) == wanted
    assert lpp_periods.encode_sensor_enable(wanted) == frame


@given(any_.histories)
def test_history_comes_back(items: list[AgedItem]) -> None:
    frame = lpp_history.encode_history(items)

    assert lpp_history.decode_history(lpp_history.port_of(items[0].channel), frame) == items
    assert second_decoder.lpp_history(frame) == [(item.type_id, item.age_s, item.raw) for item in items]


@given(any_.histories)
def test_cut_history_gives_whole_items_or_an_error_that_carries_them(items: list[AgedItem]) -> None:
    frame = lpp_history.encode_history(items)

    for length in range(len(frame)):
        offset, read = stopped_at(
            lambda cut: lpp_history.decode_history(100 + items[0].channel, cut), frame[:length]
        )

        assert read == items[: len(read)]
        assert (len(lpp_history.encode_history(read)) if read else 0) == offset


@given(any_.outputs)
def test_actuator_commands_come_back(outputs: list[Output]) -> None:
    frame = lpp_actuators.encode_actuators(outputs)

    assert lpp_actuators.decode_actuators(frame) == outputs
    assert lpp_actuators.decode_actuators(frame[:-1]) == outputs
    assert second_decoder.lpp_actuators(frame) == outputs


@given(any_.outputs)
def test_cut_actuator_command_gives_whole_outputs_or_an_error_that_carries_them(
    outputs: list[Output],
) -> None:
    frame = lpp_actuators.encode_actuators(outputs)

    for length in range(len(frame)):
        offset, read = stopped_at(lpp_actuators.decode_actuators, frame[:length])

        assert offset == length - length % 3
        assert read == outputs[: length // 3]


@given(any_.device_periods)
def test_device_period_comes_back_and_no_part_of_it_passes(message: DevicePeriod) -> None:
    frame = lpp_periods.encode_device_period(message)

    assert lpp_periods.decode_device_period(frame) == message
    assert second_decoder.lpp_device_period(frame) == message
    for length in range(len(frame)):
        with pytest.raises(TruncatedError):
            lpp_periods.decode_device_period(frame[:length])


@given(any_.sensor_periods)
def test_sensor_periods_come_back(periods: list[SensorPeriod]) -> None:
    frame = lpp_periods.encode_sensor_periods(periods)

    assert lpp_periods.decode_sensor_periods(frame) == periods
    assert second_decoder.lpp_sensor_periods(frame) == periods


@given(any_.sensor_periods)
def test_cut_sensor_periods_give_whole_groups_or_an_error_that_carries_them(
    periods: list[SensorPeriod],
) -> None:
    frame = lpp_periods.encode_sensor_periods(periods)

    for length in range(len(frame)):
        cut = frame[:length]
        offset, read = stopped_at(lpp_periods.decode_sensor_periods, cut)

        assert read == periods[: len(read)]
        assert length - 4 <= offset <= length
        with contextlib.suppress(CodecError):
            assert lpp_periods.encode_sensor_periods(lpp_periods.decode_sensor_periods(cut)) == cut


@given(any_.sensor_enables)
def test_sensor_enable_comes_back(message: SensorEnable) -> None:
    frame = lpp_periods.encode_sensor_enable(message)

    assert lpp_periods.decode_sensor_enable(frame) == message
    assert second_decoder.lpp_sensor_enable(frame) == {
        sensor: bool(message.mask >> sensor & 1) for sensor in range(8 * message.size)
    }


@pytest.mark.parametrize(
    ("encode", "message", "error"),
    [
        (lpp_history.encode_history, [], MalformedError),
        (lpp_history.encode_history, [AgedItem(100, 103, 0, (0,))], RangeError),
        (lpp_history.encode_history, [AgedItem(-1, 103, 0, (0,))], RangeError),
        (lpp_history.encode_history, [AgedItem(1, 103, 65_536, (0,))], RangeError),
        (lpp_history.encode_history, [AgedItem(1, 103, -1, (0,))], RangeError),
        (lpp_history.encode_history, [AgedItem(1, 103, 0, (32_768,))], RangeError),
        (lpp_history.encode_history, [AgedItem(1, 122, 0, (0,))], UnknownTypeError),
        (lpp_history.encode_history, [AgedItem(1, 392, 0, (0, 0, 0))], RangeError),
        (lpp_history.encode_history, [AgedItem(1, 103, 0, (0,)), AgedItem(2, 103, 0, (0,))], RangeError),
        (lpp_actuators.encode_actuators, [Output(255, 0)], RangeError),
        (lpp_actuators.encode_actuators, [Output(-1, 0)], RangeError),
        (lpp_actuators.encode_actuators, [Output(0, 32_768)], RangeError),
        (lpp_actuators.encode_actuators, [Output(0, -32_769)], RangeError),
        (lpp_periods.encode_device_period, DevicePeriod(None, None), MalformedError),
        (lpp_periods.encode_device_period, DevicePeriod(2**32, None), RangeError),
        (lpp_periods.encode_device_period, DevicePeriod(None, -1), RangeError),
        (lpp_periods.encode_sensor_periods, [], MalformedError),
        (lpp_periods.encode_sensor_periods, [SensorPeriod(32, 60)], RangeError),
        (lpp_periods.encode_sensor_periods, [SensorPeriod(0, 2**32)], RangeError),
        (lpp_periods.encode_sensor_periods, [SensorPeriod(1, 60), SensorPeriod(1, 60)], MalformedError),
        (lpp_periods.encode_sensor_periods, [SensorPeriod(9, 60), SensorPeriod(1, 60)], MalformedError),
        (lpp_periods.encode_sensor_enable, SensorEnable(0, 0), RangeError),
        (lpp_periods.encode_sensor_enable, SensorEnable(0, 5), RangeError),
        (lpp_periods.encode_sensor_enable, SensorEnable(256, 1), RangeError),
    ],
)
def test_what_no_frame_can_carry_is_refused(
    encode: Callable[[Any], bytes], message: Any, error: type[CodecError]
) -> None:
    with pytest.raises(error):
        encode(message)


@pytest.mark.parametrize(
    ("f_port", "frame", "error", "offset"),
    [
        (100, "67003c0110 7a0000", UnknownTypeError, 5),
        (100, "67003c0110 670000", TruncatedError, 5),
        (10, "010064 ff 00", MalformedError, 4),
        (10, "010064 0200", TruncatedError, 3),
        (11, "", TruncatedError, 0),
        (11, "00", MalformedError, 1),
        (11, "04 00000000", UnknownTypeError, 1),
        (11, "02 0000012c 00", MalformedError, 5),
        (11, "03 00000000 000000", TruncatedError, 5),
        (13, "", TruncatedError, 0),
        (13, "00", MalformedError, 0),
        (13, "01 0000003c 00", MalformedError, 5),
        (13, "03 0000003c 0000", TruncatedError, 5),
        (13, "00 00 00 00 00", MalformedError, 4),
        (14, "", TruncatedError, 0),
        (14, "0000000000", MalformedError, 0),
    ],
)
def test_damaged_frame_is_refused_with_the_byte_where_reading_stopped(
    f_port: int, frame: str, error: type[CodecError], offset: int
) -> None:
    decode = decode_downlink if f_port < 100 else lambda port, data: decode_uplink(port, data, lambda _: None)

    with pytest.raises(error) as caught:
        decode(f_port, bytes.fromhex(frame))

    assert caught.value.offset == offset


def test_history_has_a_port_for_channels_0_to_99_only() -> None:
    assert (lpp_history.port_of(0), lpp_history.port_of(99)) == (100, 199)
    for f_port in (99, 200):
        with pytest.raises(RangeError):
            lpp_history.decode_history(f_port, b"")


def test_zero_padding_is_left_out_on_every_port_only_on_request() -> None:
    zeros = bytes(12)
    for f_port, frame, items in (
        (1, "03670110", [lpp.Item(3, 103, (272,))]),
        (2, "670110", [lpp.Item(1, 103, (272,))]),
        (3, "0100000001 00000002 0003", [lpp.Item(1, 392, (1, 2, 3))]),
        (101, "67003c0110", [AgedItem(1, 103, 60, (272,))]),
    ):
        padded = bytes.fromhex(frame) + zeros + b"\x00"

        assert decode_uplink(f_port, padded, frames.nothing_known, padded=True) == items
        with pytest.raises(TruncatedError) as caught:
            decode_uplink(f_port, padded, frames.nothing_known)
        assert caught.value.items[:1] == tuple(items)


def test_reading_shows_what_was_on_air_beside_what_it_means() -> None:
    (aged,) = readings([AgedItem(5, 103, 60, (-123,))])
    (live,) = readings([lpp.Item(1, 136, (423519, -879094, 1000))])

    assert (aged.name, aged.unit, aged.raw, aged.value, aged.age_s) == (
        "temperatureSensor",
        "°C",
        (-123,),
        -12.3,
        60,
    )
    assert live.value == {"latitude": 42.3519, "longitude": -87.9094, "altitude": 10.0}
    assert (live.raw, live.age_s) == ((423519, -879094, 1000), None)


@given(st.binary(max_size=60), st.integers(0, 255), st.booleans())
def test_any_bytes_on_any_port_give_a_message_or_a_codec_error(
    payload: bytes, f_port: int, padded: bool
) -> None:
    for decode in (
        lambda frame: decode_downlink(f_port, frame),
        lambda frame: decode_uplink(f_port, frame, frames.nothing_known, padded=padded),
    ):
        offset, _ = stopped_at(decode, payload)

        assert 0 <= offset <= len(payload)
