"""The contract of `Table`, over the fake and the real engines."""

import itertools

import pytest

from farwire_cloud.errors import StoreUnavailableError
from farwire_cloud.store.conditions import Absent, AbsentOrBelow, Equals
from farwire_cloud.store.dynamo import made_up_credentials
from farwire_cloud.store.keys import Key, Span
from farwire_cloud.store.marshal import Item
from farwire_cloud.store.table import Table
from tests.cloud.stores import dynamo_table
from tests.servers import free_port


def item(sk: str, pk: str = "P", **attributes: object) -> Item:
    return {"pk": pk, "sk": sk, **attributes}


def keys_of(items: list[Item]) -> list[str]:
    return [found["sk"] for found in items]


ALL = Span("P", "0", "~")


def test_what_is_put_is_read_back_with_every_type(table: Table) -> None:
    written = item(
        "a",
        text="",
        number=-(2**62),
        fraction=-7.25,
        yes=True,
        no=False,
        raw=b"\x00\xff",
        none=None,
        list=[1, ["x", b""]],
        map={"k": {"n": 0}},
    )

    table.put_many([written])

    assert table.get(Key("P", "a")) == written


def test_nothing_is_found_where_nothing_was_put(table: Table) -> None:
    assert table.get(Key("P", "a")) is None
    assert table.get_many([Key("P", "a")]) == {}
    assert table.query(ALL).items == []


def test_more_items_than_one_batch_holds_are_all_written_and_read(table: Table) -> None:
    written = [item(f"{number:04d}", n=number) for number in range(260)]

    table.put_many(written)

    assert table.query(ALL).items == written
    assert len(table.get_many([Key("P", found["sk"]) for found in written])) == 260


def test_a_query_stays_in_its_partition_and_span_with_both_ends(table: Table) -> None:
    table.put_many([item(sk) for sk in "abcde"] + [item("c", pk="Q")])

    assert keys_of(table.query(Span("P", "b", "d")).items) == ["b", "c", "d"]


def test_a_span_with_crossed_ends_is_empty(table: Table) -> None:
    table.put_many([item("b")])

    assert table.query(Span("P", "c", "a")).items == []


def test_a_query_goes_backwards_when_asked(table: Table) -> None:
    table.put_many([item(sk) for sk in "abc"])

    assert keys_of(table.query(ALL, descending=True, limit=2).items) == ["c", "b"]


@pytest.mark.parametrize("descending", [False, True])
def test_pages_put_together_are_the_whole(table: Table, descending: bool) -> None:
    written = [item(f"{number:04d}") for number in range(23)]
    table.put_many(written)

    found: list[str] = []
    after = None
    for _ in itertools.count():
        page = table.query(ALL, limit=5, after=after, descending=descending)
        found += keys_of(page.items)
        after = page.next_sk
        if after is None:
            break

    assert found == sorted(keys_of(written), reverse=descending)


def test_a_query_of_more_than_a_megabyte_comes_whole(table: Table) -> None:
    table.put_many(item(f"{number:02d}", raw=b"x" * 50_000) for number in range(30))

    assert len(table.query(ALL).items) == 30


def test_a_query_for_keys_only_reads_nothing_else(table: Table) -> None:
    table.put_many([item("a", n=1)])

    assert table.query(ALL, keys_only=True).items == [{"sk": "a"}]


def test_putting_an_item_again_leaves_one(table: Table) -> None:
    table.put_many([item("a", n=1, old=True)])
    table.put_many([item("a", n=2)])

    assert table.query(ALL).items == [item("a", n=2)]


def test_only_the_first_put_if_absent_wins(table: Table) -> None:
    assert table.put_if(item("a", n=1), Absent())
    assert not table.put_if(item("a", n=2), Absent())

    assert table.get(Key("P", "a")) == item("a", n=1)


def test_put_if_equals_needs_what_the_writer_read(table: Table) -> None:
    assert not table.put_if(item("a", v=1), Equals("v", 0))
    table.put_many([item("a", v=1)])

    assert table.put_if(item("a", v=2), Equals("v", 1))
    assert not table.put_if(item("a", v=3), Equals("v", 1))
    assert table.get(Key("P", "a")) == item("a", v=2)


def test_put_if_absent_or_below_never_goes_back(table: Table) -> None:
    assert table.put_if(item("a", n=5), AbsentOrBelow("n", 5))
    assert not table.put_if(item("a", n=5, again=True), AbsentOrBelow("n", 5))
    assert table.put_if(item("a", n=7), AbsentOrBelow("n", 7))
    assert not table.put_if(item("a", n=6), AbsentOrBelow("n", 6))

    assert table.get(Key("P", "a")) == item("a", n=7)


def test_a_deleted_item_is_gone_and_deleting_nothing_is_no_error(table: Table) -> None:
    table.put_many([item("a")])

    table.delete(Key("P", "a"))
    table.delete(Key("P", "a"))

    assert table.get(Key("P", "a")) is None


def test_add_counts_from_nothing(table: Table) -> None:
    assert [table.add(Key("P", "SEQ"), "n", 1) for _ in range(3)] == [1, 2, 3]


def test_an_engine_that_does_not_answer_is_an_error_that_says_later() -> None:
    from farwire_cloud.store.dynamo import DynamoTable, connect

    table = DynamoTable(connect(f"http://127.0.0.1:{free_port()}", "eu-west-1", 1), "farwire")

    with pytest.raises(StoreUnavailableError):
        table.get(Key("P", "a"))


def test_a_table_that_exists_already_is_kept(running_engine: tuple[str, str]) -> None:
    kind, endpoint_url = running_engine
    if kind == "memory":
        pytest.skip("a dict needs no making")
    dynamo_table(endpoint_url, "farwire-kept").put_many([item("a")])

    assert dynamo_table(endpoint_url, "farwire-kept").get(Key("P", "a")) == item("a")


@pytest.mark.parametrize(
    ("endpoint_url", "environ", "made_up"),
    [
        (None, {}, False),
        ("http://127.0.0.1:8000", {}, True),
        ("http://localhost:8000", {}, True),
        ("http://127.0.0.1:8000", {"AWS_ACCESS_KEY_ID": "x"}, False),
        ("http://127.0.0.1:8000", {"AWS_PROFILE": "x"}, False),
        ("http://scylla.example:8000", {}, False),
    ],
)
def test_credentials_are_made_up_only_for_an_engine_on_this_machine(
    endpoint_url: str | None, environ: dict[str, str], made_up: bool
) -> None:
    assert bool(made_up_credentials(endpoint_url, environ)) is made_up
