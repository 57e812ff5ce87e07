"""What a lane sends next."""

from farwire_bridge.lane import Lane
from farwire_contract.v1.telemetry_pb2 import (
    REFUSED,
    STORED,
    DeliverResponse,
    Entry,
    EntryResult,
    EntryStatus,
)


class ListReader:
    """A spool that is a list."""

    def __init__(self, count: int) -> None:
        self.entries = [Entry(id=number) for number in range(1, count + 1)]

    def read(self, after: int, entries: int, size: int) -> list[Entry]:
        return [entry for entry in self.entries if entry.id > after][:entries]


def ids(batch: list[Entry]) -> list[int]:
    return [entry.id for entry in batch]


def results(*pairs: tuple[int, "EntryStatus.ValueType"]) -> DeliverResponse:
    return DeliverResponse(
        results=[EntryResult(id=id_, status=status, detail="why") for id_, status in pairs]
    )


def test_batches_follow_each_other() -> None:
    lane = Lane(ListReader(5), 2)

    assert [ids(lane.next()) for _ in range(4)] == [[1, 2], [3, 4], [5], []]


def test_a_failed_batch_comes_again_before_anything_new() -> None:
    lane = Lane(ListReader(4), 2)
    batch = lane.next()

    lane.failed(batch)

    assert [ids(lane.next()) for _ in range(3)] == [[1, 2], [3, 4], []]


def test_stored_and_refused_entries_are_done() -> None:
    lane = Lane(ListReader(2), 2)
    batch = lane.next()

    answer = lane.answered(batch, results((1, STORED), (2, REFUSED)))

    assert answer.done == (1, 2)
    assert [(entry.id, why) for entry, why in answer.refused] == [(2, "why")]
    assert answer.unanswered == 0


def test_an_entry_without_a_result_comes_again() -> None:
    lane = Lane(ListReader(4), 3)
    batch = lane.next()

    answer = lane.answered(
        batch, results((1, STORED), (2, EntryStatus.ENTRY_STATUS_UNSPECIFIED), (99, STORED))
    )

    assert (answer.done, answer.unanswered) == ((1,), 2)
    assert ids(lane.next()) == [2, 3]


def test_a_rejected_batch_is_halved_until_the_one_to_blame_is_alone() -> None:
    lane = Lane(ListReader(5), 5)
    blamed: list[int] = []
    delivered: list[int] = []

    while batch := lane.next():
        if 4 in ids(batch):
            blamed += ids(lane.rejected(batch))
        else:
            delivered += ids(batch)

    assert blamed == [4]
    assert delivered == [1, 2, 3, 5]
