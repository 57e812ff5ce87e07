"""Which channels a device has, which are on, and which one is next."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.errors import StorageError
from farwire_node.lorawan import cf_list
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.regions import EU868, US915, Channel

NARROW = (1 << 64) - 1
MORE_HZ = (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)


def plan_of(region):
    return ChannelPlan(region, Ledger(region.sub_bands, 0))


def dice(seed=1):
    return random.Random(seed).randrange


def test_device_starts_with_the_regions_own_channels():
    assert plan_of(EU868).channels_at(5) == (0, 1, 2)
    assert plan_of(US915).channels_at(0) == tuple(range(64))
    assert plan_of(US915).channels_at(4) == tuple(range(64, 72))


def test_cf_list_of_frequencies_adds_five_channels():
    plan = plan_of(EU868)

    plan.apply_cf_list(cf_list.encode_frequencies(MORE_HZ))

    assert plan.channels_at(0) == (0, 1, 2, 3, 4, 5, 6, 7)
    assert [plan.freq_hz(index) for index in range(3, 8)] == list(MORE_HZ)


def test_cf_list_leaves_out_what_is_outside_the_band():
    plan = plan_of(EU868)

    plan.apply_cf_list(cf_list.encode_frequencies((867_100_000, 868_650_000, 902_300_000, 0, 867_900_000)))

    assert plan.channels_at(0) == (0, 1, 2, 3, 7)


def test_cf_list_of_masks_leaves_one_bank_on():
    plan = plan_of(US915)

    plan.apply_cf_list(cf_list.encode_masks((0xFF00, 0, 0, 0, 0x0002)))

    assert plan.channels_at(3) == tuple(range(8, 16))
    assert plan.channels_at(4) == (65,)


@pytest.mark.parametrize(
    ("region", "raw"),
    [
        (EU868, cf_list.encode_masks((1,))),
        (US915, cf_list.encode_frequencies(MORE_HZ)),
        (US915, cf_list.encode_masks((0,))),
        (EU868, bytes(15) + b"\x07"),
        (EU868, b""),
    ],
)
def test_cf_list_that_is_not_the_regions_changes_nothing(region, raw):
    plan = plan_of(region)

    plan.apply_cf_list(raw)

    assert plan.mask == plan_of(region).mask


@pytest.mark.parametrize(
    ("ch_mask", "cntl", "expected"),
    [
        (0b101, 0, 0b101),
        (0b1111, 0, None),  # channel 3 has no frequency
        (0, 6, 0b111),
        (0, 5, None),
        (1, 1, None),
        (1, 7, None),
    ],
)
def test_mask_of_a_dynamic_plan_reaches_only_channels_that_exist(ch_mask, cntl, expected):
    assert plan_of(EU868).masked(0b111, ch_mask, cntl) == expected


@pytest.mark.parametrize(
    ("ch_mask", "cntl", "expected"),
    [
        (0x00FF, 0, (0xFF << 64) | NARROW & ~0xFFFF | 0xFF),
        (0x0001, 3, (0xFF << 64) | NARROW & ~(0xFFFF << 48) | 1 << 48),
        (0x0002, 4, (0x02 << 64) | NARROW),
        (0x0003, 5, (0x03 << 64) | 0xFFFF),
        (0x0080, 6, (0x80 << 64) | NARROW),
        (0x0002, 7, 0x02 << 64),
    ],
)
def test_mask_of_a_fixed_plan_acts_by_groups_and_banks(ch_mask, cntl, expected):
    plan = plan_of(US915)

    assert plan.masked(plan.mask, ch_mask, cntl) == expected


def test_channel_next_to_a_gap_between_sub_bands_does_not_fit():
    plan = plan_of(EU868)

    assert plan.fits(Channel(868_500_000, 0, 5))
    assert not plan.fits(Channel(868_500_000, 0, 6))  # 250 kHz reach over the edge at 868.6
    assert not plan.fits(Channel(868_600_000, 0, 5))
    assert not plan.fits(Channel(862_900_000, 0, 5))


def test_every_legal_channel_has_its_turn_before_one_comes_again():
    plan = plan_of(EU868)
    plan.apply_cf_list(cf_list.encode_frequencies(MORE_HZ))
    roll = dice()

    for _ in range(20):
        turn = []
        for _ in range(8):
            index = plan.choose(plan.channels_at(5), 50, 0, False, roll)
            plan.charge(index, 50, 0)
            turn.append(index)
        assert sorted(turn) == list(range(8))


def test_order_of_turns_is_not_always_the_same():
    plan, roll, turns = plan_of(EU868), dice(), set()
    for _ in range(20):
        turn = []
        for _ in range(3):
            index = plan.choose(plan.channels_at(5), 50, 0, False, roll)
            plan.charge(index, 50, 0)
            turn.append(index)
        turns.add(tuple(turn))

    assert len(turns) > 3


def test_channel_whose_sub_band_is_spent_is_left_out():
    plan = plan_of(EU868)
    plan.define(3, Channel(867_100_000, 0, 5))
    plan.charge(0, 36_000, 0)  # all of the hour of 868.0 to 868.6

    assert plan.choose(plan.channels_at(5), 50, 36_000, False, dice()) == 3
    assert plan.earliest_ms(plan.channels_at(5), 50, 36_000, False) == 36_000
    assert plan.earliest_ms((0, 1, 2), 50, 36_000, False) > 3_600_000


def test_two_sub_bands_carry_twice_as_much():
    plan = plan_of(EU868)
    plan.apply_cf_list(cf_list.encode_frequencies(MORE_HZ))
    now_ms, roll, used = 0, dice(), Counter()
    while True:
        index = plan.choose(plan.channels_at(0), 1_000, now_ms, False, roll)
        if index is None:
            break
        plan.charge(index, 1_000, now_ms)
        used["M" if index < 3 else "L"] += 1
        now_ms += 1_000

    assert used == {"L": 36, "M": 36}


def test_narrow_us915_channel_rests_after_its_turn():
    plan = plan_of(US915)
    plan.set_mask(1 << 5)

    plan.charge(5, 400, 1_000)

    assert plan.earliest_ms((5,), 400, 1_400, True) == 21_400
    assert plan.choose((5,), 400, 21_399, True, dice()) is None
    assert plan.choose((5,), 400, 21_400, True, dice()) == 5


def test_wide_us915_channel_does_not_rest():
    plan = plan_of(US915)

    plan.charge(64, 100, 1_000)

    assert plan.earliest_ms((64,), 100, 1_100, False) == 1_100


def test_uplink_over_the_dwell_time_never_goes():
    assert plan_of(US915).earliest_ms((5,), 401, 0, True) is None


def test_restart_lets_narrow_us915_channels_rest():
    plan = plan_of(US915)

    plan.rest_all(1_000)

    assert plan.earliest_ms(plan.channels_at(0), 100, 1_000, True) == 21_000
    assert plan.earliest_ms(plan.channels_at(4), 100, 1_000, True) == 1_000


def test_first_window_may_be_moved_for_one_channel():
    plan = plan_of(EU868)

    plan.set_rx1_freq(1, 869_525_000)

    assert plan.rx1(1, 5, 2) == (869_525_000, 3)
    assert plan.rx1(0, 5, 0) == (868_100_000, 5)


def test_channel_that_is_defined_anew_answers_on_its_own_frequency():
    plan = plan_of(EU868)
    plan.define(3, Channel(867_100_000, 0, 5))
    plan.set_rx1_freq(3, 869_525_000)

    plan.define(3, Channel(867_300_000, 0, 5))

    assert plan.rx1(3, 5, 0) == (867_300_000, 5)


def test_plan_comes_back_from_storage_as_it_was():
    plan = plan_of(EU868)
    plan.apply_cf_list(cf_list.encode_frequencies(MORE_HZ))
    plan.set_rx1_freq(4, 869_525_000)
    plan.set_mask(0b1010_1010)
    again = plan_of(EU868)

    again.restore(plan.saved())

    assert again.saved() == plan.saved()
    assert again.channels_at(3) == (1, 3, 5, 7)
    assert again.rx1(4, 5, 0)[0] == 869_525_000


def test_masks_of_a_fixed_plan_come_back_from_storage():
    plan = plan_of(US915)
    plan.set_mask(0x02 << 64 | 0xFF00)
    again = plan_of(US915)

    again.restore(plan.saved())

    assert again.mask == plan.mask


@given(raw=st.binary(max_size=60))
def test_any_stored_bytes_give_a_plan_or_a_storage_error(raw):
    plan = plan_of(EU868)

    try:
        plan.restore(raw)
    except StorageError:
        return

    for index in plan.channels_at(0):
        assert plan.fits(Channel(plan.freq_hz(index), 0, 0))


def test_stored_channel_in_a_gap_between_sub_bands_is_refused():
    plan = plan_of(EU868)
    plan.define(3, Channel(868_650_000, 0, 5))

    with pytest.raises(StorageError, match="868650000 Hz is none of EU868"):
        plan_of(EU868).restore(plan.saved())
