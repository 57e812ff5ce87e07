import uuid
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_cloud.model.orders import (
    MOST_STEPS,
    STEPS,
    Command,
    Configuration,
    Erase,
    Fate,
    Order,
    Reboot,
    ReportState,
    SendLog,
    SetOutput,
    Step,
    expired_at,
    with_step,
)
from farwire_cloud.orders.handing import due
from farwire_cloud.orders.ids import order_id
from farwire_cloud.store.marshal import from_wire, to_wire
from farwire_cloud.store.order_items import order_from_item, order_to_item
from tests.cloud.examples import EUI, T0


def order(*steps: str, at_ms: int = T0, body: Command | Configuration | None = None) -> Order:
    new = Order(
        order_id=order_id(at_ms),
        dev_eui=EUI,
        application_id="app-1",
        created_ms=at_ms,
        expires_ms=at_ms + 60_000,
        confirmed=True,
        attempts=3,
        created_by="ann",
        body=body or Command(1, SetOutput(3, 100)),
        steps=(Step("created", at_ms),),
    )
    for name in steps:
        new = with_step(new, Step(name, at_ms, attempt=1))
    return new


@pytest.mark.parametrize(
    ("steps", "fate"),
    [
        ((), Fate.QUEUED),
        (("accepted",), Fate.QUEUED),
        (("accepted", "enqueued"), Fate.QUEUED),
        (("accepted", "enqueued", "sent"), Fate.SENT),
        (("sent", "mac_acknowledged"), Fate.SENT),
        (("sent", "mac_acknowledged", "done"), Fate.ACKNOWLEDGED),
        (("sent", "refused"), Fate.FAILED),
        (("accepted", "failed"), Fate.FAILED),
        (("expired",), Fate.EXPIRED),
        (("superseded",), Fate.SUPERSEDED),
    ],
)
def test_the_fate_follows_from_the_steps(steps: tuple[str, ...], fate: Fate) -> None:
    assert order(*steps).fate is fate


def test_an_older_step_that_comes_late_moves_nothing_back() -> None:
    late = with_step(order("accepted", "sent"), Step("enqueued", T0, attempt=1))

    assert late.fate is Fate.SENT
    assert [step.name for step in late.steps] == ["created", "accepted", "enqueued", "sent"]


def test_the_nodes_own_word_counts_even_after_the_order_was_given_up() -> None:
    assert with_step(order("sent", "expired"), Step("done", T0)).fate is Fate.ACKNOWLEDGED
    assert with_step(order("sent", "failed"), Step("refused", T0)).fate is Fate.FAILED


def test_an_order_has_one_end() -> None:
    ended = order("sent", "expired")

    assert with_step(ended, Step("failed", T0)) is ended
    assert with_step(order("done"), Step("refused", T0)).fate is Fate.ACKNOWLEDGED


@given(
    st.permutations([name for name in STEPS if name not in ("refused", "failed", "superseded", "created")])
)
def test_steps_in_any_order_lead_to_the_same_history_but_for_repeated_ends(names: list[str]) -> None:
    one = order(*names)

    assert one.fate is Fate.ACKNOWLEDGED
    assert [s.name for s in one.steps if s.name != "expired"] == [
        "created",
        "accepted",
        "enqueued",
        "sent",
        "mac_acknowledged",
        "done",
    ]


def test_the_same_step_again_changes_nothing() -> None:
    one = order("accepted", "sent")

    assert with_step(one, Step("sent", T0 + 5, attempt=1, detail="again")) is one


def test_each_attempt_has_its_own_steps_in_order() -> None:
    one = order("enqueued", "sent")
    for name in ("sent", "enqueued"):
        one = with_step(one, Step(name, T0 + 9, attempt=2))

    assert [(s.name, s.attempt) for s in one.steps[1:]] == [
        ("enqueued", 1),
        ("sent", 1),
        ("enqueued", 2),
        ("sent", 2),
    ]


def test_a_bridge_that_never_stops_reporting_cannot_fill_the_store() -> None:
    one = order()
    for attempt in range(1000):
        one = with_step(one, Step("sent", T0, attempt=attempt))

    assert len(one.steps) == MOST_STEPS
    assert with_step(one, Step("done", T0)).fate is Fate.ACKNOWLEDGED


def test_an_order_expires_unsent_at_its_time_and_sent_only_after_the_wait_for_an_answer() -> None:
    assert not expired_at(order(), T0 + 60_000, 10_000)
    assert expired_at(order(), T0 + 60_001, 10_000)
    assert not expired_at(order("sent"), T0 + 70_000, 10_000)
    assert expired_at(order("sent"), T0 + 70_001, 10_000)
    assert not expired_at(order("done"), T0 + 10**9, 10_000)


@pytest.mark.parametrize(
    "body",
    [
        Command(0, SetOutput(255, -32768)),
        Command(65_535, ReportState()),
        Command(7, Reboot()),
        Command(8, SendLog(1, 65_535)),
        Command(9, Erase(7)),
        Configuration(b"\x00\x00", 0xFFFF_FFFF),
        Configuration(b"\x00\x00", 1, b"\x01"),
    ],
)
def test_an_order_survives_the_store(body: Command | Configuration) -> None:
    one = order("accepted", "sent", "done", body=body)

    assert order_from_item(from_wire(to_wire(order_to_item(one, 4)))) == one


def test_ids_are_uuids_that_sort_by_time() -> None:
    ids = [order_id(T0 + ms) for ms in range(100)]

    assert ids == sorted(ids)
    assert {uuid.UUID(each).version for each in ids} == {7}
    assert {uuid.UUID(each).variant for each in ids} == {uuid.RFC_4122}


def test_a_new_stream_gets_every_open_order_the_oldest_first() -> None:
    accepted, new, ended = order("accepted", at_ms=T0), order(at_ms=T0 + 1), order("done", at_ms=T0 + 2)

    found = due([new, ended, accepted], frozenset(), {}, T0, 30_000, first=True)

    assert found == [accepted, new]


def test_a_running_stream_gets_what_no_bridge_has_accepted_once_and_again_after_a_while() -> None:
    accepted, new = order("accepted"), order()

    assert due([accepted, new], frozenset(), {}, T0, 30_000, first=False) == [new]
    handed = {new.order_id: T0}
    assert due([accepted, new], frozenset(), handed, T0 + 29_999, 30_000, first=False) == []
    assert due([accepted, new], frozenset(), handed, T0 + 30_000, 30_000, first=False) == [new]


def test_a_stream_gets_only_its_applications() -> None:
    mine, other = order(), replace(order(), application_id="app-2")

    assert due([mine, other], frozenset({"app-2"}), {}, T0, 30_000, first=True) == [other]


def test_an_order_past_its_time_is_not_handed_out() -> None:
    assert due([order()], frozenset(), {}, T0 + 60_001, 30_000, first=True) == []
