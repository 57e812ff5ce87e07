from typing import Any

import pytest

from farwire_node.lorawan import regions
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.driver import Driver
from farwire_twin.world.on_air import Copy, Signal
from farwire_twin.world.propagation import Place

FREQ_HZ = 868_100_000
TX_MS = 42  # 10 bytes at SF7: 41,216 us
SEND = Transmit(bytes(10), FREQ_HZ, 7, 125_000, 14, TX_MS)


class Script:
    """A node that wants given steps at given times, and writes down what happens to it."""

    def __init__(self, steps: dict[int, Any]) -> None:
        self._steps = steps
        self.seen: list[tuple[str, int]] = []
        self.polls = 0

    def poll(self, now_ms: int) -> Any:
        self.polls += 1
        due = [at for at in self._steps if at <= now_ms]
        if due:
            return self._steps.pop(due[0])
        return Sleep(min(self._steps, default=10**9))

    def on_tx_done(self, now_ms: int) -> None:
        self.seen.append(("tx_done", now_ms))

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        assert isinstance(rssi_dbm, int)
        assert isinstance(snr_db, int)
        self.seen.append((frame.decode(), now_ms))

    def on_listen_end(self, now_ms: int) -> None:
        self.seen.append(("nothing", now_ms))

    def events(self) -> list[Any]:
        return []


class Mast:
    """A gateway that answers each uplink after a delay."""

    def __init__(self, clock: Clock, channel: Channel, delay_ms: int) -> None:
        self.place = Place(0.0, 0.0)
        self._clock, self._channel, self._delay_ms = clock, channel, delay_ms
        channel.up.add_receiver(self)

    def on_uplink(self, copy: Copy) -> None:
        self._clock.after(self._delay_ms, self._answer)

    def _answer(self) -> None:
        signal = Signal(b"answer", FREQ_HZ, 7, 125_000, 14, self.place, self._clock.now_ms, 41_216)
        self._channel.send_downlink(self, signal)


def run(script: Script, answer_after_ms: int | None = None, until_ms: int = 100_000) -> Accounting:
    clock = Clock()
    channel = Channel(clock)
    accounting = Accounting(regions.EU868, 0)
    if answer_after_ms is not None:
        Mast(clock, channel, answer_after_ms)
    driver = Driver("00", script, Place(20.0, 0.0), clock, channel, accounting)
    clock.start()
    clock.at(0, driver.power_on)
    clock.pace(0)
    while clock.now_ms < until_ms and clock.run_next():
        pass
    return accounting


def test_a_node_learns_when_its_frame_is_out() -> None:
    script = Script({100: SEND})

    run(script)

    assert script.seen == [("tx_done", 100 + TX_MS)]


def test_a_node_gets_the_answer_that_comes_in_its_window() -> None:
    script = Script({0: SEND, TX_MS + 1_001: Listen(FREQ_HZ, 7, 125_000, TX_MS + 1_008)})

    run(script, answer_after_ms=1_000)

    assert script.seen == [("tx_done", TX_MS), ("answer", TX_MS + 1_000 + TX_MS)]


def test_a_node_that_gets_no_answer_is_told_when_its_window_ends() -> None:
    script = Script({0: SEND, TX_MS + 1_001: Listen(FREQ_HZ, 7, 125_000, TX_MS + 1_008)})

    run(script, answer_after_ms=2_000)

    assert script.seen[-1] == ("nothing", TX_MS + 1_008)


def test_a_sleeping_node_costs_nothing() -> None:
    script = Script({90_000: Sleep(90_001)})

    run(script)

    assert script.polls <= 4


def test_a_node_that_never_sleeps_is_found_out() -> None:
    class Restless(Script):
        def poll(self, now_ms: int) -> Any:
            return "again"

    class Sending(Script):
        def poll(self, now_ms: int) -> Any:
            return SEND

    with pytest.raises(TypeError, match="no step"):
        run(Restless({}))
    with pytest.raises(RuntimeError, match="radio is busy"):
        run(Sending({}))


def test_what_a_node_sends_is_on_the_books_with_the_airtime_of_its_length() -> None:
    lying = Transmit(bytes(10), FREQ_HZ, 7, 125_000, 14, 1)

    accounting = run(Script({0: lying}))

    assert accounting.nodes.by_sender_us == {"00": 41_216}


OPEN = Listen(FREQ_HZ, 7, 125_000, None)


def test_a_listening_without_an_end_brings_a_frame_whenever_it_comes() -> None:
    script = Script({0: SEND, TX_MS: OPEN})

    run(script, answer_after_ms=60_000)

    assert script.seen == [("tx_done", TX_MS), ("answer", 60_000 + 2 * TX_MS)]


def test_a_listening_without_an_end_gives_way_to_a_frame_and_to_a_window() -> None:
    script = Script({0: OPEN, 1_000: SEND, 2_000: OPEN, 3_000: Listen(FREQ_HZ, 7, 125_000, 3_010)})

    run(script)

    assert script.seen == [("tx_done", 1_000 + TX_MS), ("nothing", 3_010)]


def test_a_frame_that_is_coming_in_is_cut_off_by_the_next_step() -> None:
    script = Script({0: SEND, TX_MS: OPEN, TX_MS + 1_010: Listen(FREQ_HZ, 8, 125_000, TX_MS + 1_020)})

    run(script, answer_after_ms=1_000)

    assert script.seen == [("tx_done", TX_MS), ("nothing", TX_MS + 1_020)]


def test_a_window_that_ends_now_switches_the_receiver_off() -> None:
    script = Script({0: SEND, TX_MS: OPEN, 500: Listen(FREQ_HZ, 7, 125_000, 500)})

    run(script, answer_after_ms=1_000)

    assert script.seen == [("tx_done", TX_MS), ("nothing", 500)]
