"""How often a device may ask to join, and on which channels and data rates."""

import itertools
import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from farwire_node.lorawan.join_backoff import JoinBackoff
from farwire_node.lorawan.join_plan import JoinPlan
from farwire_node.lorawan.regions import EU868, US915

HOUR_MS = 3_600_000


def attempts(until_ms, airtimes_ms, started_ms=0):
    """Return (start, airtime) of every attempt of a device that asks as soon as it may."""
    backoff = JoinBackoff(started_ms)
    now_ms, done = started_ms, []
    while True:
        airtime_ms = airtimes_ms[len(done) % len(airtimes_ms)]
        now_ms = backoff.earliest_ms(airtime_ms, now_ms)
        if now_ms >= until_ms:
            return done
        backoff.charge(airtime_ms, now_ms)
        done.append((now_ms, airtime_ms))
        now_ms += airtime_ms


def spent_ms(done, from_ms, to_ms):
    return sum(airtime_ms for start_ms, airtime_ms in done if from_ms <= start_ms < to_ms)


airtimes = st.lists(st.integers(28, 1_483), min_size=1, max_size=6)


@given(airtimes_ms=airtimes, started_ms=st.integers(0, 10**9))
def test_budget_of_every_phase_is_kept(airtimes_ms, started_ms):
    done = attempts(started_ms + 83 * HOUR_MS, airtimes_ms, started_ms)

    hour = [started_ms + hours * HOUR_MS for hours in (0, 1, 11, 35, 59, 83)]
    assert spent_ms(done, hour[0], hour[1]) <= 36_000
    assert spent_ms(done, hour[1], hour[2]) <= 36_000
    for first, last in itertools.pairwise(hour[2:]):
        assert spent_ms(done, first, last) <= 8_700


@given(airtimes_ms=airtimes)
def test_attempts_keep_their_distance(airtimes_ms):
    done = attempts(12 * HOUR_MS, airtimes_ms)

    for (start_ms, airtime_ms), (next_ms, _) in itertools.pairwise(done):
        assert next_ms - start_ms >= airtime_ms * (100 if start_ms < HOUR_MS else 1_000)


def test_most_of_the_first_hour_is_used():
    assert spent_ms(attempts(HOUR_MS, [1_483]), 0, HOUR_MS) > 30_000


def test_device_never_stops_asking():
    done = attempts(30 * 24 * HOUR_MS, [1_483])

    assert done[-1][0] > 29 * 24 * HOUR_MS


def test_spread_grows_with_the_wait():
    backoff = JoinBackoff(0)

    backoff.charge(1_000, 0)

    assert backoff.spread_ms(0) == 2_000 + 25_000
    assert backoff.spread_ms(100_000) == 2_000


def test_eu868_prefers_fast_rates_and_reaches_far_now_and_then():
    plan = JoinPlan(EU868, random.Random(7).randrange)

    drawn = Counter(plan.next_attempt()[0] for _ in range(2_000))

    assert set(drawn) == {0, 1, 2, 3, 4, 5}
    assert drawn[5] > drawn[3] > drawn[0] > 0
    assert plan.next_attempt()[1] == (0, 1, 2)


def test_us915_alternates_between_a_bank_and_its_wide_channel():
    plan = JoinPlan(US915, random.Random(7).randrange)

    drawn = [plan.next_attempt() for _ in range(16)]

    assert [dr for dr, _ in drawn] == [0, 4] * 8
    assert all(len(channels) == (8 if dr == 0 else 1) for dr, channels in drawn)


def test_us915_tries_every_bank_before_one_comes_again():
    plan = JoinPlan(US915, random.Random(7).randrange)

    for _ in range(3):
        drawn = [plan.next_attempt() for _ in range(16)]
        assert sorted(channels[0] // 8 for dr, channels in drawn if dr == 0) == list(range(8))
        assert sorted(channels[0] - 64 for dr, channels in drawn if dr == 4) == list(range(8))
