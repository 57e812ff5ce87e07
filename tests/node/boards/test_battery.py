"""A board's battery at an ADC: in state reports, and where the network asks for it."""

import pytest

from board_main.battery import EMPTY, FULL, NOT_KNOWN, Battery
from farwire_codecs import ports, state_report
from farwire_node.lorawan import frames
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.regions.eu868 import EU868
from tests.node.boards.board_run import HOUR_MS, Trial
from tests.node.program.whole_node import DEV_ADDR, Dice, Network

DIVIDER = {
    "battery_adc": 1,
    "battery_full_scale_mv": 6_600,
    "battery_empty_mv": 3_000,
    "battery_full_mv": 3_600,
}


class Listening(Network):
    """A network that remembers what it heard, and asks for the device's status once."""

    def __init__(self) -> None:
        super().__init__(Dice(5), 0, EU868.rx2_dr)
        self.heard: list[frames.DataFrame] = []

    def answer(self, phy: bytes, heard_ms: int) -> bytes | None:
        answer = super().answer(phy, heard_ms)
        if frames.frame_type(phy) == frames.JOIN_REQUEST:
            return answer
        self.heard.append(frames.decode_data(phy, *self.keys, frames.header(phy).f_cnt16, self.crypto))
        if len(self.heard) > 1:
            return answer
        question = mc.encode(mc.DevStatusReq())
        down = frames.DataFrame(
            False, False, DEV_ADDR, True, False, False, False, self.f_cnt_down, question, None, b""
        )
        self.f_cnt_down += 1
        return frames.encode_data(down, *self.keys, self.crypto)


def hour(**settings: int) -> Listening:
    """A board with these settings, and what its network heard of it in an hour."""
    trial = Trial(**settings)
    network = Listening()
    trial.lora.answer = network.answer
    trial.advance(HOUR_MS)
    return network


def states(network: Listening) -> set[int]:
    """The voltages of the state reports, in mV."""
    return {
        state_report.decode(frame.payload).battery_mv for frame in network.heard if frame.port == ports.STATE
    }


class Code:
    """An ADC that gives one code."""

    def __init__(self, code: int) -> None:
        self._code = code

    def read_u16(self) -> int:
        return self._code


def battery(millivolts: int) -> Battery:
    return Battery(Code(millivolts * 0xFFFF // 6_600), 6_600, 3_000, 3_600)


@pytest.mark.parametrize(
    ("millivolts", "level"),
    [(3_600, FULL), (4_200, FULL), (3_000, EMPTY), (2_000, EMPTY), (3_300, 127), (6_600, NOT_KNOWN)],
)
def test_the_level_goes_from_empty_to_full_and_says_where_it_is_not_known(
    millivolts: int, level: int
) -> None:
    cell = battery(millivolts)

    assert abs(cell.level(cell.millivolts()) - level) <= 1


def test_a_board_reports_its_batterys_voltage() -> None:
    assert states(hour(**DIVIDER)) == {3_300}


def test_a_board_without_the_setting_reports_none() -> None:
    assert states(hour()) == {0}


@pytest.mark.parametrize(("settings", "level"), [(DIVIDER, 127), ({}, NOT_KNOWN)])
def test_a_network_that_asks_is_told_the_level(settings: dict[str, int], level: int) -> None:
    told = [
        command
        for frame in hour(**settings).heard
        for command in mc.decode(frame.f_opts, True)
        if isinstance(command, mc.DevStatusAns)
    ]

    assert [command.battery for command in told] == [level]


def test_a_clock_that_goes_on_over_a_reset_gives_the_node_its_time() -> None:
    trial = Trial(rtc_goes_on=True)
    before_ms = trial.loop._clock.now_ms()
    trial.advance(HOUR_MS)

    assert before_ms == trial.started_ms // 1000 * 1000
    assert trial.network.records
