import pytest

from farwire_node.lorawan import regions
from farwire_twin.world.airtime_judge import AirtimeJudge
from farwire_twin.world.on_air import Signal
from farwire_twin.world.propagation import Place

HOUR_MS = 3_600_000


def sent(
    judge: AirtimeJudge, sender: str, start_ms: int, airtime_ms: int, freq_hz: int = 868_100_000
) -> None:
    judge.add(sender, Signal(b"", freq_hz, 12, 125_000, 14, Place(0.0, 0.0), start_ms, airtime_ms * 1000))


def test_all_that_the_law_allows_is_a_hundred_percent_and_one_percent_of_the_hour() -> None:
    judge = AirtimeJudge(regions.EU868)

    for index in range(18):
        sent(judge, "a", index * 10_000, 2_000)

    assert judge.worst is not None
    assert (judge.worst.sender, judge.worst.airtime_ms, judge.worst.allowed_ms) == ("a", 36_000, 36_000)
    assert judge.worst.percent_of_limit == pytest.approx(100)
    assert judge.worst.duty_percent == pytest.approx(1)


def test_one_frame_too_many_within_an_hour_is_found() -> None:
    judge = AirtimeJudge(regions.EU868)
    for index in range(18):
        sent(judge, "a", index * 10_000, 2_000)

    sent(judge, "a", HOUR_MS - 10_000, 2_000)

    assert judge.worst is not None
    assert judge.worst.percent_of_limit > 105


def test_the_hour_rolls_and_does_not_start_on_the_clock() -> None:
    judge = AirtimeJudge(regions.EU868)
    for start_ms in (HOUR_MS - 60_000, HOUR_MS + 60_000):
        for index in range(10):
            sent(judge, "a", start_ms + index * 2_000, 2_000)

    assert judge.worst is not None
    assert judge.worst.airtime_ms == 40_000


def test_sub_bands_are_judged_apart() -> None:
    judge = AirtimeJudge(regions.EU868)

    sent(judge, "a", 0, 30_000, freq_hz=868_100_000)
    sent(judge, "a", 40_000, 30_000, freq_hz=867_100_000)

    assert judge.worst is not None
    assert judge.worst.airtime_ms == 30_000


def test_senders_are_judged_apart() -> None:
    judge = AirtimeJudge(regions.EU868)

    sent(judge, "a", 0, 20_000)
    sent(judge, "b", 0, 25_000)

    assert judge.worst is not None
    assert (judge.worst.sender, judge.worst.airtime_ms) == ("b", 25_000)


def test_a_frame_between_the_sub_bands_is_found() -> None:
    judge = AirtimeJudge(regions.EU868)

    sent(judge, "a", 0, 100, freq_hz=868_650_000)

    assert judge.outside == 1


def test_a_frame_over_the_dwell_time_is_found_in_us915() -> None:
    judge = AirtimeJudge(regions.US915)

    sent(judge, "a", 0, 400, freq_hz=902_300_000)
    sent(judge, "a", 1_000, 401, freq_hz=902_300_000)

    assert judge.too_long == 1
    assert judge.worst is None
