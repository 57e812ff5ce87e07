"""How rarely a node asks for acknowledgements, and when it does."""

from itertools import pairwise

from farwire_node.sending.requests import FIRST_PAUSE_MS, INTERVAL_MS, Requests

DAY_MS = 24 * 3_600_000
MINUTE_MS = 60_000


def asked(requests: Requests, at_ms: int, *, pressing: bool = False) -> bool:
    """Send a batch with something outstanding; return whether it asked."""
    wanted = requests.wanted(True, False, pressing, at_ms)
    requests.sent(wanted, at_ms)
    return wanted


def test_nothing_is_asked_while_nothing_sent_earlier_is_unacknowledged() -> None:
    assert not Requests(0).wanted(False, False, True, DAY_MS)


def test_a_node_whose_requests_are_answered_asks_ten_times_a_day() -> None:
    requests = Requests(0)
    count = 0

    for at_ms in range(0, 10 * DAY_MS, 10 * MINUTE_MS):
        if asked(requests, at_ms):
            count += 1
            requests.heard(at_ms)

    assert 90 <= count <= 100


def test_an_unanswered_request_is_repeated_ever_more_rarely() -> None:
    requests = Requests(0)

    times = [at_ms for at_ms in range(0, 2 * DAY_MS, MINUTE_MS) if asked(requests, at_ms)]

    pauses = [later - earlier for earlier, later in pairwise(times)]
    assert times[0] == INTERVAL_MS
    assert pauses[:3] == [FIRST_PAUSE_MS, 2 * FIRST_PAUSE_MS, 4 * FIRST_PAUSE_MS]
    assert max(pauses) == INTERVAL_MS


def test_where_something_presses_the_second_batch_after_an_unanswered_request_asks_again() -> None:
    requests = Requests(0)

    answers = [asked(requests, at_ms, pressing=True) for at_ms in range(0, 8 * MINUTE_MS, MINUTE_MS)]

    assert answers == [True, False, True, False, False, False, True, False]


def test_in_the_tail_every_batch_asks() -> None:
    assert all(Requests(0).wanted(False, True, False, at_ms) for at_ms in range(5))
