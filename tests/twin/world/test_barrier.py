import logging

import pytest

from farwire_twin.world.barrier import Barrier

UP = ("up", "0016c001f1500812", 7)


def test_a_message_under_way_makes_the_barrier_busy_until_it_was_processed() -> None:
    barrier = Barrier()

    barrier.enter(UP)
    busy_before = barrier.busy
    barrier.leave(UP)

    assert busy_before
    assert not barrier.busy


def test_leaving_without_having_entered_changes_nothing() -> None:
    barrier = Barrier()

    barrier.leave(UP)

    assert not barrier.busy


def test_a_message_that_never_arrives_is_given_up_loudly(caplog: pytest.LogCaptureFixture) -> None:
    barrier = Barrier(timeout_s=5)
    barrier.enter(UP)

    with caplog.at_level(logging.ERROR):
        barrier.expire(100.0)
        barrier.expire(104.9)
        busy_before = barrier.busy
        barrier.expire(105.1)

    assert busy_before
    assert not barrier.busy
    assert barrier.timed_out == 1
    assert [record.message for record in caplog.records] == [
        "message lost between gateway and network server"
    ]
