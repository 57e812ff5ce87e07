"""The ledger: no rolling hour exceeds the law, judged by a checker that shares nothing with it."""

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.errors import StorageError
from farwire_node.lorawan.duty_cycle import DutyCycle
from farwire_node.lorawan.ledger import BUCKET_MS, Ledger
from farwire_node.lorawan.regions import SubBand

HOUR_MS = 3_600_000
LIMIT_MS = 36_000
BANDS = (SubBand(0, 1, LIMIT_MS, 14), SubBand(1, 2, 3_600, 14))


def worst_hour_ms(frames):
    """Return the most airtime in any window of an hour, given (start, end) of each frame.

    The worst window ends where some frame ends: sliding it further right only loses, further left too.
    """
    return max(
        (
            sum(max(0, min(end, edge) - max(start, edge - HOUR_MS)) for start, end in frames)
            for _, edge in frames
        ),
        default=0,
    )


def test_checker_finds_a_window_that_cuts_a_frame():
    frames = [(0, 1_000), (HOUR_MS - 500, HOUR_MS + 500)]

    assert worst_hour_ms(frames) == 500 + 1_000


# A request: how long the node waits before it, how long the frame is, whether it is urgent.
requests = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 1_000, 60_000)) | st.integers(0, 900_000),
        st.integers(30, 3_000),
        st.booleans(),
    ),
    min_size=1,
    max_size=120,
)


@given(requests=requests, reserve=st.integers(0, 60))
def test_no_rolling_hour_exceeds_the_limit_whatever_is_asked(requests, reserve):
    ledger = Ledger(BANDS, reserve)
    sent, ordinary, now_ms = [], [], 0

    for wait_ms, airtime_ms, urgent in requests:
        now_ms += wait_ms
        if ledger.earliest_ms(0, airtime_ms, now_ms, urgent) == now_ms:
            ledger.charge(0, airtime_ms, now_ms)
            sent.append((now_ms, now_ms + airtime_ms))
            if not urgent:
                ordinary.append((now_ms, now_ms + airtime_ms))
            now_ms += airtime_ms

    assert worst_hour_ms(sent) <= LIMIT_MS
    assert worst_hour_ms(ordinary) <= LIMIT_MS - LIMIT_MS * reserve // 100


@given(requests=requests, delay_ms=st.integers(0, 900))
def test_limit_holds_when_the_radio_starts_a_little_late(requests, delay_ms):
    ledger = Ledger(BANDS, 0)
    sent, now_ms = [], 0

    for _, airtime_ms, _ in requests:
        now_ms = ledger.earliest_ms(0, airtime_ms, now_ms, True)
        ledger.charge(0, airtime_ms, now_ms)
        now_ms += delay_ms
        sent.append((now_ms, now_ms + airtime_ms))
        now_ms += airtime_ms

    assert worst_hour_ms(sent) <= LIMIT_MS


@given(requests=requests)
def test_promised_moment_is_kept(requests):
    ledger = Ledger(BANDS, 20)
    now_ms = 0

    for _, airtime_ms, urgent in requests:
        promised_ms = ledger.earliest_ms(0, airtime_ms, now_ms, urgent)
        assert promised_ms is not None
        assert promised_ms >= now_ms
        assert ledger.earliest_ms(0, airtime_ms, promised_ms, urgent) == promised_ms
        if promised_ms > now_ms:
            assert ledger.earliest_ms(0, airtime_ms, promised_ms - 1, urgent) == promised_ms
        now_ms = promised_ms
        ledger.charge(0, airtime_ms, now_ms)
        now_ms += airtime_ms


@given(
    requests=requests, cuts=st.sets(st.integers(0, 119)), orderly=st.booleans(), gap_ms=st.integers(0, 10**7)
)
def test_no_rolling_hour_exceeds_the_limit_over_restarts(requests, cuts, orderly, gap_ms):
    ledger = Ledger(BANDS, 10)
    stored = None
    sent, now_ms = [], 0

    for number, (wait_ms, airtime_ms, urgent) in enumerate(requests):
        now_ms += wait_ms
        if number in cuts:
            if orderly:
                stored = ledger.saved(False)
            now_ms += gap_ms
            ledger = Ledger(BANDS, 10)
            if stored is not None:
                ledger.restore(stored, now_ms)
                stored = ledger.saved(False)
        if ledger.earliest_ms(0, airtime_ms, now_ms, urgent) == now_ms:
            ledger.charge(0, airtime_ms, now_ms)
            if ledger.must_save:
                stored = ledger.saved(True)
            sent.append((now_ms, now_ms + airtime_ms))
            now_ms += airtime_ms

    assert worst_hour_ms(sent) <= LIMIT_MS


def test_frame_counts_by_its_end_where_it_reaches_into_the_next_bucket():
    ledger = Ledger(BANDS, 0)
    start_ms = BUCKET_MS - 1
    ledger.charge(0, LIMIT_MS, start_ms)

    next_ms = ledger.earliest_ms(0, 1_000, start_ms + LIMIT_MS, True)

    assert worst_hour_ms([(start_ms, start_ms + LIMIT_MS), (next_ms, next_ms + 1_000)]) <= LIMIT_MS


def test_busy_device_that_loses_power_all_the_time_keeps_the_law():
    ledger, stored = Ledger(BANDS, 0), None
    dice = random.Random(1)
    sent, now_ms = [], 0

    while now_ms < 6 * HOUR_MS:
        if dice.random() < 0.02:
            ledger = Ledger(BANDS, 0)
            ledger.restore(stored, now_ms)
            stored = ledger.saved(False)
        airtime_ms = dice.randrange(30, 800)
        now_ms = ledger.earliest_ms(0, airtime_ms, now_ms, True)
        ledger.charge(0, airtime_ms, now_ms)
        if ledger.must_save:
            stored = ledger.saved(True)
        sent.append((now_ms, now_ms + airtime_ms))
        now_ms += airtime_ms + dice.randrange(20_000)

    assert 30_000 < worst_hour_ms(sent) <= LIMIT_MS


def test_steady_traffic_gets_nearly_all_that_the_law_allows():
    ledger = Ledger(BANDS, 0)
    now_ms = spent_ms = 0

    while now_ms < 24 * HOUR_MS:
        now_ms = ledger.earliest_ms(0, 400, now_ms, False)
        ledger.charge(0, 400, now_ms)
        spent_ms += 400
        now_ms += 400

    assert spent_ms > 0.95 * 24 * LIMIT_MS


def test_reserve_is_left_for_urgent_frames():
    ledger = Ledger(BANDS, 20)
    now_ms = 0
    while ledger.earliest_ms(0, 1_000, now_ms, False) == now_ms:
        ledger.charge(0, 1_000, now_ms)
        now_ms += 1_000

    assert ledger.earliest_ms(0, 1_000, now_ms, False) > now_ms + HOUR_MS - 60_000
    assert ledger.earliest_ms(0, 1_000, now_ms, True) == now_ms


def test_bands_do_not_pay_for_each_other():
    ledger = Ledger(BANDS, 0)

    ledger.charge(0, LIMIT_MS, 0)

    assert ledger.earliest_ms(0, 1, LIMIT_MS, True) > LIMIT_MS
    assert ledger.earliest_ms(1, 3_600, LIMIT_MS, True) == LIMIT_MS


def test_frame_longer_than_the_whole_allowance_never_goes():
    ledger = Ledger(BANDS, 20)

    assert ledger.earliest_ms(1, 3_000, 0, False) is None
    assert ledger.earliest_ms(1, 3_000, 0, True) == 0
    assert ledger.earliest_ms(1, 3_601, 0, True) is None


def test_spending_is_forgotten_a_bucket_after_the_hour_at_the_latest():
    ledger = Ledger(BANDS, 0)
    ledger.charge(0, 1_000, 5_000)

    assert ledger.spent_ms(0, 6_000) == 1_000
    assert ledger.spent_ms(0, 6_000 + HOUR_MS - 1) == 1_000
    assert ledger.spent_ms(0, 6_000 + HOUR_MS + BUCKET_MS) == 0


def test_orderly_restart_costs_nothing():
    ledger = Ledger(BANDS, 0)
    ledger.charge(0, 1_000, 5_000)
    later = Ledger(BANDS, 0)

    later.restore(ledger.saved(False), 10_000)

    assert later.spent_ms(0, 10_000) == 1_000
    assert later.spent_ms(1, 10_000) == 0


def test_clock_that_went_back_makes_everything_count_as_spent_now():
    ledger = Ledger(BANDS, 0)
    ledger.charge(0, LIMIT_MS, 10 * HOUR_MS)
    later = Ledger(BANDS, 0)

    later.restore(ledger.saved(False), 0)

    assert later.earliest_ms(0, 1_000, 0, True) >= HOUR_MS


def test_unreadable_account_counts_as_spent():
    ledger = Ledger(BANDS, 0)

    ledger.exhaust(50_000)

    assert ledger.earliest_ms(0, 1_000, 50_000, True) > HOUR_MS


def test_saves_are_rare():
    ledger = Ledger(BANDS, 0)
    now_ms = saves = 0
    for _ in range(96):  # a day of one frame every quarter of an hour
        ledger.charge(0, 370, now_ms)
        if ledger.must_save:
            ledger.saved(True)
            saves += 1
        now_ms += 900_000

    assert saves <= 16


@given(raw=st.binary(max_size=60))
def test_any_stored_bytes_give_an_account_or_a_storage_error(raw):
    with contextlib.suppress(StorageError):
        Ledger(BANDS, 0).restore(raw, 0)


@given(frames=st.lists(st.tuples(st.integers(0, 600_000), st.integers(30, 3_000)), min_size=1, max_size=50))
def test_network_limit_holds_in_the_long_run(frames):
    limit = DutyCycle()
    now_ms = spent_ms = 0
    for wait_ms, airtime_ms in frames:
        now_ms = limit.earliest_ms(now_ms + wait_ms, False, 7)
        limit.charge(airtime_ms, now_ms, 7)
        spent_ms += airtime_ms

    assert limit.earliest_ms(now_ms, False, 7) >= spent_ms * 128


def test_urgent_frame_goes_on_top_of_a_debt_of_an_hour_but_not_of_more():
    limit = DutyCycle()
    limit.charge(1_000, 0, 10)  # 1024 s

    assert limit.earliest_ms(0, False, 10) == 1_024_000
    assert limit.earliest_ms(0, True, 10) == 0

    for _ in range(3):
        limit.charge(1_000, 0, 10)

    assert limit.earliest_ms(0, True, 10) == 4 * 1_024_000 - HOUR_MS


def test_lifted_limit_is_forgotten():
    limit = DutyCycle()
    limit.charge(1_000, 0, 15)

    assert limit.earliest_ms(0, False, 0) == 0


@pytest.mark.parametrize("exponent", range(1, 16))
def test_pause_after_one_frame_is_the_one_of_the_specification(exponent):
    limit = DutyCycle()

    limit.charge(400, 0, exponent)

    off_ms = limit.earliest_ms(400, False, exponent) - 400
    assert off_ms == 400 * 2**exponent - 400
