from farwire_twin.world.world_time import AFTER_KILL_MS, DAY_MS, HOUR_MS, KeptTime, Start, begin

NOW_MS = 1_800_000_000_000


def test_a_world_in_real_time_starts_now() -> None:
    assert begin(NOW_MS, 1, 60, None) == Start(NOW_MS, 0)


def test_a_fast_world_starts_as_long_ago_as_it_will_run() -> None:
    assert begin(NOW_MS, 60, 60, None) == Start(NOW_MS - HOUR_MS, 0)


def test_a_fast_world_without_an_end_starts_a_day_ago() -> None:
    assert begin(NOW_MS, 60, 0, None) == Start(NOW_MS - DAY_MS, 0)


def test_virtual_seconds_are_seconds_of_utc() -> None:
    assert begin(NOW_MS + 789, 1, 0, None).epoch_ms % 1000 == 0


def test_a_world_never_starts_before_the_end_of_its_last_run() -> None:
    kept = KeptTime(epoch_ms=NOW_MS - HOUR_MS, now_ms=2 * HOUR_MS, clean=True)

    assert begin(NOW_MS, 60, 60, kept) == Start(NOW_MS - HOUR_MS, 2 * HOUR_MS)


def test_a_world_that_rested_starts_where_its_settings_say_on_the_same_clock() -> None:
    kept = KeptTime(epoch_ms=NOW_MS - 10 * DAY_MS, now_ms=HOUR_MS, clean=True)

    assert begin(NOW_MS, 1, 0, kept) == Start(NOW_MS - 10 * DAY_MS, 10 * DAY_MS)


def test_a_world_that_was_killed_starts_well_after_what_it_kept() -> None:
    kept = KeptTime(epoch_ms=NOW_MS - HOUR_MS, now_ms=HOUR_MS, clean=False)

    assert begin(NOW_MS, 60, 60, kept) == Start(NOW_MS - HOUR_MS, HOUR_MS + AFTER_KILL_MS)
