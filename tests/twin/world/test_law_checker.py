"""The checker finds each kind of violation, and nothing in what is allowed to the last ms."""

import json
from pathlib import Path

import pytest

from farwire_twin.world import law_checker
from farwire_twin.world.law_checker import LawChecker, airtime_ms
from farwire_twin.world.on_air import Signal
from farwire_twin.world.propagation import Place

VECTORS = Path(__file__).parents[2] / "vectors"
UPLINK = b"\x40"


def say(
    checker: LawChecker,
    start_ms: int,
    size: int = 64,
    sf: int = 12,
    bw_hz: int = 125_000,
    freq_hz: int = 868_100_000,
    sender: str = "a",
) -> None:
    frame = UPLINK + bytes(size - 1)
    length_us = round(1000 * airtime_ms(size, sf, bw_hz))
    checker.on_air(sender, Signal(frame, freq_hz, sf, bw_hz, 14, Place(0.0, 0.0), start_ms, length_us))


def test_an_airtime_is_what_semtechs_calculator_says() -> None:
    assert airtime_ms(64, 12, 125_000) == pytest.approx(2793.472)
    assert airtime_ms(23, 7, 125_000) == pytest.approx(61.696)
    assert airtime_ms(255, 7, 125_000) == pytest.approx(399.616)


def test_an_hour_that_is_almost_full_is_allowed_and_one_frame_more_is_not() -> None:
    checker = LawChecker("EU868")
    for index in range(12):
        say(checker, 10_000 * index)
    assert not checker.violations
    assert checker.fullest_hour == pytest.approx(12 * 2793.472 / 36_000)

    say(checker, 3_590_000)

    assert checker.violations == {law_checker.DUTY_CYCLE: 1}


def test_the_hour_is_any_hour_to_the_millisecond() -> None:
    checker = LawChecker("EU868")
    for index in range(12):
        say(checker, 10_000 * index)
    gone_ms = 3_600_000 + 2793.472 - 2793.472 * 13 + 36_000  # of the first frame, so much has left the hour
    assert gone_ms < 3_600_000 + 2793.472

    say(checker, 3_600_000)  # ends an hour after the first frame's end: that one counts no more

    assert not checker.violations


def test_sub_bands_and_senders_have_hours_of_their_own() -> None:
    checker = LawChecker("EU868")
    for index in range(36):
        say(checker, 10_000 * index, freq_hz=(868_100_000, 867_100_000, 868_300_000)[index % 3 % 2])
    before = dict(checker.violations)
    say(checker, 400_000, sender="b")

    assert set(before) == {law_checker.DUTY_CYCLE}
    assert dict(checker.violations) == before


@pytest.mark.parametrize("freq_hz", [868_650_000, 868_580_000, 862_900_000, 869_300_000])
def test_a_frame_whose_width_leaves_its_sub_band_is_found(freq_hz: int) -> None:
    checker = LawChecker("EU868")

    say(checker, 0, size=20, sf=7, freq_hz=freq_hz)

    assert checker.violations == {law_checker.PLACE: 1}


def test_a_frame_longer_than_its_data_rate_carries_is_found() -> None:
    checker = LawChecker("EU868")
    say(checker, 0, size=64)
    assert not checker.violations

    say(checker, 10_000, size=65)

    assert checker.violations == {law_checker.LENGTH: 1}


def test_a_data_rate_that_is_none_is_found() -> None:
    checker = LawChecker("US915")

    say(checker, 0, size=14, sf=10, bw_hz=500_000, freq_hz=903_000_000)

    assert checker.violations == {law_checker.LENGTH: 1}


def test_a_frame_over_the_dwell_time_is_found() -> None:
    checker = LawChecker("AS923-1")
    say(checker, 0, size=24, sf=10, freq_hz=923_200_000)
    assert not checker.violations

    say(checker, 10_000, size=60, sf=10, freq_hz=923_200_000)

    assert checker.violations[law_checker.DWELL_TIME] == 1


def test_a_channel_used_for_more_than_400_ms_in_20_s_is_found() -> None:
    checker = LawChecker("US915")
    say(checker, 0, size=200, sf=7, freq_hz=902_300_000)
    say(checker, 1_000, size=200, sf=7, freq_hz=902_500_000)
    say(checker, 20_400, size=200, sf=7, freq_hz=902_300_000)
    assert not checker.violations

    say(checker, 40_000, size=200, sf=7, freq_hz=902_300_000)

    assert checker.violations == {law_checker.OCCUPANCY: 1}


def test_two_frames_of_one_sender_at_once_are_found() -> None:
    checker = LawChecker("EU868")
    say(checker, 0)
    say(checker, 2_000, freq_hz=868_300_000)

    assert checker.violations == {law_checker.OVERLAP: 1}


def test_a_frame_that_was_on_air_for_another_time_than_its_bytes_take_is_found() -> None:
    checker = LawChecker("EU868")

    checker.on_air("a", Signal(UPLINK + bytes(19), 868_100_000, 7, 125_000, 14, Place(0.0, 0.0), 0, 1_000))

    assert checker.violations == {law_checker.AIRTIME: 1}


@pytest.mark.parametrize("name", law_checker.LAWS)
def test_the_checkers_sizes_are_the_references(name: str) -> None:
    reference = json.loads((VECTORS / "regions" / f"{name.lower()}.json").read_text())
    keeps_dwell_time = any("max_payload_dwell" in row for row in reference["data_rates"].values())
    size = "max_payload_dwell" if keeps_dwell_time else "max_payload"
    expected = {
        (row["sf"], 1000 * row["bw_khz"]): row[size] + 13
        for row in reference["data_rates"].values()
        if size in row
    }

    assert law_checker.LAWS[name].longest_phy == expected
