"""The audit finds what is lost, doubled or altered, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from farwire.demo.audit import Audit, AuditedRecord, audit

NODE = "70b3d57ed0000001"


def record(number: int, value: int = 215, time_ms: int | None = None) -> AuditedRecord:
    return AuditedRecord(number, number * 60_000 if time_ms is None else time_ms, ((1, 103, (value,)),))


def test_a_store_that_equals_the_truth_is_clean() -> None:
    truth = {NODE: [record(1), record(2)]}

    assert audit(truth, truth) == Audit(sampled=2, stored=2)
    assert audit(truth, truth).clean


def test_a_record_that_is_not_stored_is_lost() -> None:
    found = audit({NODE: [record(1), record(2)]}, {NODE: [record(2)]})

    assert (found.lost, found.duplicates, found.clean) == (1, 0, False)
    assert found.examples == [f"{NODE} record 1 is not stored"]


def test_a_record_that_is_stored_under_a_second_number_is_a_duplicate() -> None:
    found = audit({NODE: [record(1)]}, {NODE: [record(1), record(2, time_ms=60_000)]})

    assert (found.lost, found.duplicates) == (0, 1)


def test_a_device_that_never_sampled_has_only_duplicates() -> None:
    assert audit({}, {NODE: [record(1)]}).duplicates == 1


def test_an_altered_value_is_found() -> None:
    found = audit({NODE: [record(1)]}, {NODE: [record(1, value=216)]})

    assert (found.altered, found.lost, found.duplicates, found.clean) == (1, 0, 0, False)


def test_the_worst_error_of_a_sampling_time_is_told() -> None:
    found = audit({NODE: [record(1), record(2)]}, {NODE: [record(1, time_ms=60_120), record(2)]})

    assert (found.worst_time_error_ms, found.clean) == (120, True)


@given(st.sets(st.integers(1, 200)), st.sets(st.integers(1, 200)))
def test_lost_and_doubled_are_the_two_differences(sampled: set[int], stored: set[int]) -> None:
    found = audit({NODE: map(record, sampled)}, {NODE: map(record, sorted(stored))})

    assert (found.lost, found.duplicates) == (len(sampled - stored), len(stored - sampled))
