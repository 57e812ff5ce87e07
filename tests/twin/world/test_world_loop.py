import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from farwire_twin.world.barrier import Barrier
from farwire_twin.world.clock import Clock
from farwire_twin.world.world import World


@contextmanager
def running(world: World) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=world.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(5)
    assert not thread.is_alive()


def a_world(speed: float = 0.0) -> World:
    return World(Clock(speed=speed), Barrier(timeout_s=5))


def test_a_question_from_another_thread_is_answered_in_the_worlds_thread() -> None:
    world = a_world()

    with running(world):
        answer = world.call(threading.get_ident)

    assert answer != threading.get_ident()


def test_a_question_that_fails_fails_for_the_asker_and_the_world_goes_on() -> None:
    world = a_world()

    with running(world):
        with pytest.raises(ZeroDivisionError):
            world.call(lambda: 1 // 0)

        assert world.call(lambda: "still here") == "still here"


def test_time_stands_still_while_a_message_is_under_way() -> None:
    world, done = a_world(), threading.Event()
    token = ("up", "gw", 1)
    world.clock.at(10, lambda: world.barrier.enter(token))
    world.clock.at(20, done.set)
    world.clock.start()

    with running(world):
        assert not done.wait(0.3)
        assert world.call(lambda: world.clock.now_ms) == 10
        world.post(lambda: world.barrier.leave(token))

        assert done.wait(5)


def test_a_world_that_finishes_itself_runs_nothing_more() -> None:
    world, seen = a_world(), []
    world.clock.at(10, lambda: (seen.append(10), world.finish()))
    world.clock.at(20, lambda: seen.append(20))
    world.clock.start()

    world.run(threading.Event())

    assert seen == [10]


def test_a_busy_world_notices_that_it_must_stop() -> None:
    world = a_world()

    def again() -> None:
        world.clock.after(1, again)

    again()
    world.clock.start()

    with running(world):
        world.call(lambda: None)


def test_an_event_that_fails_ends_the_world() -> None:
    world = a_world()
    world.clock.at(1, lambda: 1 // 0)
    world.clock.start()

    with pytest.raises(ZeroDivisionError):
        world.run(threading.Event())
