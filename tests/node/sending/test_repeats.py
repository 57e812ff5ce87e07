"""How many frames' records go again, from what acknowledgements tell of holes."""

from farwire_node.sending.repeats import MOST, PAUSE_MS, WINDOW_MS, Repeats

NOW_MS = 10_000_000


def test_nothing_is_repeated_at_first() -> None:
    assert Repeats(NOW_MS).depth == 0


def test_a_hole_soon_after_the_last_one_makes_one_frame_more_go_again() -> None:
    repeats = Repeats(NOW_MS)

    repeats.heard(True, NOW_MS + PAUSE_MS)
    repeats.heard(True, NOW_MS + 2 * PAUSE_MS)

    assert repeats.depth == 2


def test_a_hole_long_after_the_last_one_changes_nothing() -> None:
    repeats = Repeats(NOW_MS)

    repeats.heard(True, NOW_MS + WINDOW_MS)

    assert repeats.depth == 0


def test_holes_that_are_told_in_parts_count_once() -> None:
    repeats = Repeats(NOW_MS)

    for second in range(290):
        repeats.heard(True, NOW_MS + 1000 * second)

    assert repeats.depth == 1


def test_no_more_go_again_than_a_channel_can_need() -> None:
    repeats = Repeats(NOW_MS)

    for count in range(2 * MOST):
        repeats.heard(True, NOW_MS + (count + 1) * PAUSE_MS)

    assert repeats.depth == MOST


def test_a_fifth_of_a_day_without_holes_makes_one_frame_less_go_again() -> None:
    repeats = Repeats(NOW_MS)
    repeats.heard(True, NOW_MS)
    repeats.heard(True, NOW_MS + PAUSE_MS)

    repeats.heard(False, NOW_MS + PAUSE_MS + WINDOW_MS - 1)
    assert repeats.depth == 2
    repeats.heard(False, NOW_MS + PAUSE_MS + WINDOW_MS)
    assert repeats.depth == 1
    repeats.heard(False, NOW_MS + PAUSE_MS + WINDOW_MS + 1)
    assert repeats.depth == 1
    repeats.heard(False, NOW_MS + PAUSE_MS + 3 * WINDOW_MS)
    repeats.heard(False, NOW_MS + PAUSE_MS + 5 * WINDOW_MS)
    assert repeats.depth == 0
