"""Modbus RTU: frames, values in registers, and a line that several drivers share."""

import struct
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.drivers import modbus, modbus_values, sdm120
from farwire_node.drivers.modbus_output import ModbusOutput
from farwire_node.drivers.modbus_port import ModbusPort
from farwire_node.drivers.modbus_register_output import ModbusRegisterOutput
from farwire_node.drivers.modbus_sensor import Field, ModbusSensor
from farwire_node.drivers.modbus_sensor import make as make_register
from farwire_node.errors import ActuatorError
from farwire_node.sensors import faults
from farwire_node.sensors.fault_watch import Watch
from farwire_node.sensors.sampler import Plan, Sampler
from farwire_node.sensors.sensor import Sensor
from tests.node.drivers.chips import ModbusDevice, ModbusLine
from tests.node.drivers.places import place

BAUD = 9600
HOLDING_U16, HOLDING_I16, HOLDING_U32, HOLDING_I32, HOLDING_F32 = range(32, 37)
INPUT_F32 = 41


def line_of(*units: int, latency_ms: int = 20) -> tuple[ModbusPort, ModbusLine]:
    line = ModbusLine({unit: ModbusDevice(unit) for unit in units}, latency_ms)
    return ModbusPort(line, BAUD, line.sleep_ms), line


def reading(sensor: Sensor, line: ModbusLine) -> tuple[list[tuple[int, ...] | None], bytes]:
    watch = Watch(sensor)
    watch.wake(line.now_ms)
    line.now_ms += sensor.warm_up_ms
    return watch.read(line.now_ms)


def test_a_request_is_the_specifications() -> None:
    # Modbus Application Protocol V1.1b3 6.3: registers 108 to 110; the checksum by the serial line's 6.2.2
    request = modbus.read(0x11, modbus.READ_HOLDING, 107, 3)

    assert request.frame.hex(" ") == "11 03 00 6b 00 03 76 87"
    assert request.size == 11


def test_writing_several_registers_and_reading_them_back() -> None:
    port, line = line_of(9)

    echoed = port.call(modbus.write_registers(9, 4, [1, 0xFFFF, 300]))

    assert echoed == bytes((0, 4, 0, 3))
    assert line.devices[9].holding == {4: 1, 5: 0xFFFF, 6: 300}
    assert port.call(modbus.read(9, modbus.READ_HOLDING, 4, 3)) == bytes((0, 1, 255, 255, 1, 44))


@pytest.mark.parametrize(
    ("driver", "words", "value"),
    [
        (HOLDING_U16, (0xFFFE,), 65_534),
        (HOLDING_U32, (1, 2), 65_538),
        (HOLDING_F32, (0x42F6, 0xE979), 123_456),  # 123.456
    ],
)
def test_a_register_is_read_as_the_number_of_the_driver_says(
    driver: int, words: tuple[int, ...], value: int
) -> None:
    port, line = line_of(3)
    line.devices[3].holding = dict(enumerate(words, start=100))

    assert reading(make_register(port, place(driver, 3, 100)), line)[0] == [(value,)]


@pytest.mark.parametrize(("driver", "words"), [(HOLDING_I16, (0xFF85,)), (HOLDING_I32, (0xFFFF, 0xFF85))])
def test_signed_registers_need_a_signed_type(driver: int, words: tuple[int, ...]) -> None:
    port, line = line_of(3)
    line.devices[3].holding = dict(enumerate(words))

    assert reading(make_register(port, place(driver, 3 + 256 * 103)), line)[0] == [(-123,)]  # -12.3 degrees


@given(st.floats(width=32, allow_nan=False, allow_infinity=False), st.sampled_from([1, 10, 100, 1000]))
def test_a_float_is_scaled_without_floats(value: float, scale: int) -> None:
    data = struct.pack(">f", value)
    if abs(value) >= 2.0**64:
        with pytest.raises(faults.FaultError):
            modbus_values.value_at(modbus_values.F32, data, 0, scale)
        return

    found = modbus_values.value_at(modbus_values.F32, data, 0, scale)

    # A single times 1000 is exact in a double: halves away from zero.
    product = abs(value) * scale
    whole = int(product) + (product - int(product) >= 0.5)
    assert found == (whole if value > 0 else -whole)


@pytest.mark.parametrize("word", [0x7F80, 0xFF80, 0x7FC0])
def test_what_is_no_number_has_no_value(word: int) -> None:
    port, line = line_of(3)
    line.devices[3].inputs = {0: word, 1: 0}

    assert reading(make_register(port, place(INPUT_F32, 3)), line)[1] == bytes((faults.NO_VALUE,))


def test_a_meter_is_a_map_of_registers() -> None:
    port, line = line_of(1)
    line.devices[1].inputs = dict.fromkeys(range(14), 0)
    for first, number in ((0, 231.44), (6, 4.321), (12, 987.6)):
        line.devices[1].inputs[first], line.devices[1].inputs[first + 1] = struct.unpack(
            ">2H", struct.pack(">f", number)
        )

    assert reading(sdm120.make(port, place(address=1)), line)[0] == [(23_144,), (4_321,), (988,)]
    assert len(line.requests) == 1


def test_a_map_that_does_not_fit_one_request_is_refused() -> None:
    port, _ = line_of()
    fields = (Field(0, modbus_values.U16, 1, 100), Field(125, modbus_values.U16, 1, 100))

    with pytest.raises(ValueError, match="registers 0 to 125"):
        ModbusSensor(port, place(), modbus.READ_INPUT, fields)


def other_unit(answer: bytes) -> bytes:
    device = ModbusDevice(answer[0] + 1)
    device.holding = {0: 1}
    return device.answer(modbus.read(answer[0] + 1, modbus.READ_HOLDING, 0, 1).frame)


@pytest.mark.parametrize(
    ("trouble", "fault"),
    [
        (lambda answer: b"", faults.NO_ANSWER),
        (lambda answer: answer[:-1], faults.BAD_CHECKSUM),
        (lambda answer: answer[:1], faults.BAD_CHECKSUM),
        (lambda answer: answer[:3] + bytes((answer[3] ^ 1,)) + answer[4:], faults.BAD_CHECKSUM),
        (lambda answer: b"\x00" + answer, faults.BAD_CHECKSUM),
        (other_unit, faults.WRONG_DEVICE),
    ],
)
def test_a_damaged_answer_is_a_fault(trouble: Callable[[bytes], bytes], fault: int) -> None:
    port, line = line_of(3)
    line.devices[3].holding = {0: 77}
    line.devices[3].trouble = trouble

    assert reading(make_register(port, place(HOLDING_U16, 3)), line)[1] == bytes((fault,))


def test_an_exception_of_the_device_is_a_refusal_with_its_reason() -> None:
    port, line = line_of(3)
    sensor = make_register(port, place(HOLDING_U16, 3, register=9))

    sensor.wake(0)
    line.now_ms = 500

    with pytest.raises(faults.FaultError, match="illegal data address") as caught:
        sensor.read(500)
    assert caught.value.fault == faults.REFUSED


@given(st.binary(max_size=300))
def test_bytes_by_chance_are_a_fault(answer: bytes) -> None:
    for request in (modbus.read(1, modbus.READ_INPUT, 0, 2), modbus.write(1, modbus.WRITE_COIL, 0, 0xFF00)):
        with pytest.raises(faults.FaultError) as caught:
            modbus.data_of(request, answer)
        assert caught.value.fault in (faults.NO_ANSWER, faults.BAD_CHECKSUM)  # 16 bits of checksum by chance


def test_devices_on_one_line_take_turns_and_are_sampled_at_the_same_instant() -> None:
    port, line = line_of(*range(1, 7), latency_ms=55)
    for unit, device in line.devices.items():
        device.holding = {0: 1000 + unit}
    sensors = [make_register(port, place(HOLDING_U16, unit, channel=unit)) for unit in range(1, 7)]
    sampler = Sampler(sensors, [Plan(10, True)] * 6, 0, lambda n: 0)

    samples = []
    while (next_ms := sampler.next_ms()) is not None and next_ms < 100_000:
        line.now_ms = next_ms
        sample = sampler.poll(next_ms)
        if sample is not None:
            samples.append(sample)

    assert {sample.values for sample in samples} == {tuple((1000 + unit,) for unit in range(1, 7))}
    assert line.collisions == 0
    silence_ms = 3.5 * 11_000 / BAUD
    starts = [at_ms for at_ms, _ in line.requests]
    gaps = [b - a for a, b in pairwise(starts)]
    assert min(gaps) >= 55 + silence_ms


def test_a_silent_device_costs_the_others_nothing() -> None:
    port, line = line_of(1, 2)
    line.devices[1].holding = line.devices[2].holding = {0: 5}
    line.devices[2].plugged = False
    watches = [Watch(make_register(port, place(HOLDING_U16, unit, channel=unit))) for unit in (1, 2)]

    for watch in reversed(watches):  # the later made has the longer lead
        watch.wake(line.now_ms)
        line.now_ms += port.turn_ms(modbus.read(1, 3, 0, 1))

    assert [watch.read(line.now_ms)[1][0] for watch in watches] == [faults.GOOD, faults.NO_ANSWER]


def test_a_turn_within_anothers_is_refused_and_disturbs_nothing() -> None:
    port, line = line_of(1, 2)
    line.devices[1].holding = line.devices[2].holding = {0: 5}
    first, second = (Watch(make_register(port, place(HOLDING_U16, unit))) for unit in (1, 2))

    first.wake(0)
    second.wake(3)
    line.now_ms = 200

    assert first.read(200)[1][0] == faults.GOOD
    assert second.read(200)[1][0] == faults.NO_ANSWER


def test_a_coil_is_switched_and_reported() -> None:
    port, line = line_of(5)
    output = ModbusOutput(port, place(address=5, register=2, channel=20))

    output.set(100)

    assert line.devices[5].coils == {2: 1}
    assert reading(output, line)[0] == [(1,)]
    output.set(0)
    assert reading(output, line)[0] == [(0,)]


def test_a_register_takes_a_set_point() -> None:
    port, line = line_of(5)
    output = ModbusRegisterOutput(port, place(address=5, register=2, channel=21))

    output.set(-250)

    assert reading(output, line)[0] == [(-250,)]


def test_a_relay_board_that_is_silent_or_says_something_else_did_not_do_it() -> None:
    port, line = line_of(5)
    output = ModbusOutput(port, place(address=5))
    line.devices[5].plugged = False
    with pytest.raises(ActuatorError, match="silent"):
        output.set(100)

    line.devices[5].plugged = True
    line.devices[5].trouble = lambda answer: modbus.write(5, modbus.WRITE_COIL, 0, 0).frame
    with pytest.raises(ActuatorError, match="something else"):
        output.set(100)


def test_a_command_between_request_and_answer_waits_for_it_and_both_come_through() -> None:
    port, line = line_of(1, 5)
    line.devices[1].holding = {0: 42}
    sensor, output = Watch(make_register(port, place(HOLDING_U16, 1))), ModbusOutput(port, place(address=5))

    sensor.wake(0)
    output.set(100)

    assert line.devices[5].coils == {0: 1}
    assert sensor.read(line.now_ms)[0] == [(42,)]
    assert line.collisions == 0


def test_the_driver_of_a_transceiver_is_on_while_sending_only() -> None:
    line = ModbusLine({1: ModbusDevice(1)})
    line.devices[1].holding = {0: 1}
    switched: list[bool] = []
    port = ModbusPort(line, BAUD, line.sleep_ms, direction=switched.append)

    port.call(modbus.read(1, modbus.READ_HOLDING, 0, 1))

    assert switched == [True, False]
