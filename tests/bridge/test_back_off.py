"""Pauses after failures."""

from farwire_bridge.back_off import BackOff


def test_pauses_double_up_to_the_longest() -> None:
    back_off = BackOff(1.0, 5.0, lambda: 1.0)

    assert [back_off.failed_ms() for _ in range(5)] == [1_000, 2_000, 4_000, 5_000, 5_000]


def test_jitter_takes_up_to_half_of_a_pause() -> None:
    assert BackOff(1.0, 5.0, lambda: 0.0).failed_ms() == 500


def test_a_success_starts_from_the_shortest_pause() -> None:
    back_off = BackOff(1.0, 60.0, lambda: 1.0)
    for _ in range(4):
        back_off.failed_ms()

    back_off.succeeded()

    assert back_off.failed_ms() == 1_000


def test_a_year_of_failures_changes_nothing_more() -> None:
    back_off = BackOff(1.0, 60.0, lambda: 1.0)

    assert {back_off.failed_ms() for _ in range(5_000)} >= {60_000}
