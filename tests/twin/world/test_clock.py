from farwire_twin.world.clock import Clock


def started(speed: float = 0.0, now_ms: int = 0) -> Clock:
    clock = Clock(now_ms=now_ms, speed=speed)
    clock.start()
    clock.pace(0.0)
    return clock


def run_all(clock: Clock) -> None:
    while clock.run_next():
        pass


def test_events_run_in_the_order_of_their_time() -> None:
    clock, seen = started(), []
    clock.at(20, lambda: seen.append(clock.now_ms))
    clock.at(10, lambda: seen.append(clock.now_ms))

    run_all(clock)

    assert seen == [10, 20]


def test_events_of_one_instant_run_in_the_order_of_asking() -> None:
    clock, seen = started(), []
    for name in "abc":
        clock.at(5, lambda name=name: seen.append(name))  # type: ignore[misc]

    run_all(clock)

    assert seen == ["a", "b", "c"]


def test_what_lies_in_the_past_runs_now() -> None:
    clock, seen = started(now_ms=100), []
    clock.at(50, lambda: seen.append(clock.now_ms))

    run_all(clock)

    assert seen == [100]


def test_a_clock_stands_still_until_it_is_started() -> None:
    clock, seen = Clock(speed=0.0), []
    clock.at(0, lambda: seen.append(1))

    clock.pace(0.0)

    assert not clock.run_next()
    assert clock.wait_s() is None
    clock.start()
    clock.pace(0.0)
    assert clock.run_next()
    assert seen == [1]


def test_utc_is_the_epoch_plus_now() -> None:
    clock = Clock(now_ms=500, epoch_ms=1_700_000_000_000)

    assert clock.utc_ms == 1_700_000_000_500


def test_at_speed_60_a_second_of_real_time_allows_a_minute() -> None:
    clock = started(speed=60)
    clock.at(60_000, lambda: None)

    clock.pace(0.999)
    assert not clock.run_next()
    clock.pace(1.0)

    assert clock.run_next()


def test_waiting_for_an_event_takes_its_distance_divided_by_the_speed() -> None:
    clock = started(speed=60)
    clock.at(60_000, lambda: None)

    assert clock.wait_s() == 1.0


def test_now_follows_real_time_between_events() -> None:
    clock = started(speed=10)
    clock.at(1_000_000, lambda: None)

    clock.pace(0.5)

    assert clock.now_ms == 5_000


def test_now_never_passes_an_event_that_did_not_run() -> None:
    clock = started(speed=10)
    clock.at(3_000, lambda: None)

    clock.pace(0.5)

    assert clock.now_ms == 3_000


def test_as_fast_as_possible_waits_for_nothing() -> None:
    clock = started(speed=0)
    clock.at(10**12, lambda: None)

    assert clock.wait_s() == 0
    assert clock.run_next()


def test_a_fast_clock_goes_at_real_time_while_somebody_must_answer() -> None:
    for speed in (0.0, 60.0):
        clock = started(speed=speed)
        clock.at(100, lambda: None)
        clock.slow_until(100)

        clock.pace(1.0)
        assert not clock.run_next(), speed
        assert clock.wait_s() == 0.1
        clock.pace(1.099)
        assert not clock.run_next(), speed
        clock.pace(1.1001)

        assert clock.run_next(), speed


def test_a_fast_clock_catches_up_on_its_slow_time() -> None:
    clock = started(speed=60)
    clock.slow_until(100)
    clock.at(100, lambda: None)
    clock.at(11_999, lambda: None)
    clock.at(12_001, lambda: None)
    clock.pace(0.0)
    clock.pace(0.1001)
    assert clock.run_next()

    clock.pace(0.2)

    assert clock.run_next()
    assert not clock.run_next()


def test_slow_times_that_overlap_are_one() -> None:
    clock = started(speed=60)
    clock.slow_until(100)
    clock.pace(0.0)
    clock.pace(0.05)
    clock.slow_until(150)
    clock.at(150, lambda: None)

    clock.pace(0.149)
    assert not clock.run_next()
    clock.pace(0.1501)

    assert clock.run_next()


def test_a_slow_clock_is_not_made_faster_by_a_slow_time() -> None:
    clock = started(speed=0.5)
    clock.slow_until(1_000)
    clock.at(1_000, lambda: None)

    clock.pace(1.9)

    assert not clock.run_next()


def test_a_world_that_fell_far_behind_catches_up_on_two_seconds_only() -> None:
    clock = started(speed=1)
    clock.at(1_000, lambda: None)
    clock.at(2_500, lambda: None)

    clock.pace(3_600.0)  # a laptop slept for an hour

    assert clock.run_next()
    assert not clock.run_next()
