"""The two receive windows: where they lie, and that a downlink always falls into them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.lorawan import cycle
from farwire_node.lorawan.airtime import symbol_us
from farwire_node.lorawan.cycle import Cycle
from farwire_node.lorawan.windows import window
from farwire_node.steps import Listen, Sleep, Transmit

MODULATIONS = [(sf, bw_hz) for bw_hz in (125_000, 250_000, 500_000) for sf in range(7, 13)]
UPLINK = Transmit(b"up", 868_100_000, 7, 125_000, 16, 50)
RX1 = (1_000, 868_100_000, 7, 125_000)
RX2 = (2_000, 869_525_000, 12, 125_000)


@given(
    modulation=st.sampled_from(MODULATIONS),
    delay_ms=st.integers(1, 16).map(lambda seconds: 1_000 * seconds),
    ppm=st.integers(0, 4_000),
    drift=st.floats(-1, 1),
    rounding_us=st.integers(-1_000, 1_000),
)
def test_five_symbols_of_the_preamble_fall_into_the_window(modulation, delay_ms, ppm, drift, rounding_us):
    sf, bw_hz = modulation
    opened = window(10_000, delay_ms, 868_100_000, sf, bw_hz, ppm)

    symbol = symbol_us(sf, bw_hz)
    starts_us = (10_000 + delay_ms) * 1_000 + drift * delay_ms * ppm / 1_000 + rounding_us
    heard_us = min(starts_us + 8 * symbol, opened.closes_ms * 1_000) - max(starts_us, opened.opens_ms * 1_000)
    assert heard_us >= 5 * symbol


@pytest.mark.parametrize(
    ("sf", "opens_ms", "closes_ms"),
    # LoRaMac-node's rule with a receive error of 2.1 ms, opened on the full ms before and closed on the one
    # after: 9 symbols of 1.024 ms about the fourth; 6 of 32.768 ms about the fourth.
    [(7, 10_999, 11_010), (12, 11_032, 11_230)],
)
def test_window_lies_about_the_middle_of_the_preamble(sf, opens_ms, closes_ms):
    opened = window(10_000, 1_000, 868_100_000, sf, 125_000, 100)

    assert abs(opened.opens_ms - opens_ms) <= 1
    assert abs(opened.closes_ms - closes_ms) <= 1


def test_window_is_wider_where_the_clock_is_worse():
    good = window(0, 5_000, 868_100_000, 7, 125_000, 10)
    bad = window(0, 5_000, 868_100_000, 7, 125_000, 4_000)

    assert bad.opens_ms < good.opens_ms
    assert bad.closes_ms > good.closes_ms


def listening_cycle():
    turn = Cycle(100)
    turn.start(UPLINK, (RX1, RX2), False, 0)
    turn.poll(0)
    turn.on_tx_done(50)
    return turn


def test_cycle_sends_then_waits_then_listens_twice():
    turn = Cycle(100)
    turn.start(UPLINK, (RX1, RX2), False, 0)

    assert turn.poll(0) is UPLINK
    assert isinstance(turn.poll(0), Sleep)
    turn.on_tx_done(50)
    first = turn.poll(50)
    assert isinstance(first, Sleep)
    assert first.until_ms == 1_050 - 1
    rx1 = turn.poll(first.until_ms)
    assert isinstance(rx1, Listen)
    assert rx1[:3] == (868_100_000, 7, 125_000)
    turn.next_window()
    second = turn.poll(rx1.until_ms)
    assert isinstance(second, Sleep)
    rx2 = turn.poll(second.until_ms)
    assert isinstance(rx2, Listen)
    assert rx2[:3] == (869_525_000, 12, 125_000)
    turn.next_window()
    assert turn.poll(rx2.until_ms) is None
    assert turn.phase == cycle.OVER


def test_step_is_returned_once():
    turn = listening_cycle()
    opens_ms = turn.poll(50).until_ms
    assert isinstance(turn.poll(opens_ms), Listen)

    again = turn.poll(opens_ms)

    assert isinstance(again, Sleep)
    assert again.until_ms > opens_ms


def test_windows_follow_the_true_end_of_the_frame():
    turn = Cycle(100)
    turn.start(UPLINK, (RX1, RX2), False, 0)
    turn.poll(0)

    turn.on_tx_done(63)

    assert turn.tx_end_ms == 63
    assert turn.poll(63).until_ms == 1_063 - 1


def test_driver_that_polls_too_late_misses_the_window_and_gets_the_next():
    turn = listening_cycle()

    step = turn.poll(1_500)

    assert isinstance(step, Sleep)
    assert isinstance(turn.poll(step.until_ms), Listen)
    assert turn.missed_windows == 1


def test_second_window_is_left_out_when_the_first_reception_lasts_past_it():
    turn = listening_cycle()
    turn.poll(turn.poll(50).until_ms)

    turn.next_window()

    assert turn.poll(4_000) is None
    assert turn.phase == cycle.OVER
    assert turn.missed_windows == 1


def test_answer_in_the_first_window_ends_the_cycle():
    turn = listening_cycle()
    turn.poll(turn.poll(50).until_ms)

    turn.finish()

    assert turn.phase == cycle.IDLE
    assert turn.poll(2_040) is None


def test_radio_that_never_reports_is_not_waited_for():
    turn = Cycle(100)
    turn.start(UPLINK, (RX1, RX2), False, 0)
    now_ms, steps = 0, []
    while turn.phase != cycle.OVER:
        step = turn.poll(now_ms)
        steps.append(step)
        if isinstance(step, Sleep):
            now_ms = step.until_ms

    assert sum(isinstance(step, Listen) for step in steps) == 1
    assert turn.radio_timeouts == 2
    assert turn.missed_windows == 1
    assert now_ms < 60_000


def test_late_reports_of_the_radio_change_nothing():
    turn = listening_cycle()
    turn.on_tx_done(500)
    turn.next_window()

    assert turn.tx_end_ms == 50
    assert turn.phase == cycle.WAITING


def test_end_is_known_before_the_frame_is_out():
    turn = Cycle(100)
    turn.start(UPLINK, (RX1, RX2), False, 0)
    early_ms = turn.ends_ms(0)
    turn.poll(0)
    turn.on_tx_done(50)

    assert turn.ends_ms(50) == early_ms
    assert 2_050 < early_ms < 2_400
