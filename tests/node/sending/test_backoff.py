"""Pauses that grow."""

from farwire_node.sending.backoff import Backoff
from tests.node.program.dice import largest, seeded, smallest


def test_pauses_double_up_to_the_longest() -> None:
    pauses = Backoff(1000, 10_000, smallest)

    assert [pauses.next_ms() * 4 // 3 for _ in range(6)] == [1000, 2000, 4000, 8000, 10_000, 10_000]


def test_a_pause_is_drawn_within_a_quarter_of_its_length() -> None:
    assert Backoff(1000, 10_000, smallest).next_ms() == 750
    assert Backoff(1000, 10_000, largest).next_ms() == 1250


def test_pauses_start_over_after_a_reset() -> None:
    pauses = Backoff(1000, 10_000, seeded())
    for _ in range(50):
        pauses.next_ms()

    pauses.reset()

    assert (pauses.attempts, pauses.next_ms() <= 1250) == (0, True)
