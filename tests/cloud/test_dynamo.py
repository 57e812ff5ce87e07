"""What an engine does only under stress: leave items unprocessed, throttle, fail."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from farwire_cloud.errors import StoreError, StoreUnavailableError
from farwire_cloud.store import dynamo
from farwire_cloud.store.dynamo import DynamoTable
from farwire_cloud.store.keys import Key
from farwire_cloud.store.marshal import from_wire, to_wire


class BusyClient:
    """A DynamoDB client that takes only some of each batch."""

    def __init__(self, takes: Iterator[int]) -> None:
        self.items: dict[str, dict[str, Any]] = {}
        self._takes = takes

    def batch_write_item(self, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:
        ((name, wanted),) = RequestItems.items()
        assert 1 <= len(wanted) <= 25
        count = next(self._takes)
        for put in wanted[:count]:
            item = put["PutRequest"]["Item"]
            self.items[item["sk"]["S"]] = item
        return {"UnprocessedItems": {name: wanted[count:]} if wanted[count:] else {}}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((name, wanted),) = RequestItems.items()
        keys = wanted["Keys"]
        assert 1 <= len(keys) <= 100
        count = next(self._takes)
        found = [self.items[key["sk"]["S"]] for key in keys[:count] if key["sk"]["S"] in self.items]
        rest = {name: {**wanted, "Keys": keys[count:]}} if keys[count:] else {}
        return {"Responses": {name: found}, "UnprocessedKeys": rest}


class FailingClient:
    """A DynamoDB client whose every call raises."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_item(self, **_: Any) -> Any:
        raise self._error


def table_over(client: Any) -> DynamoTable:
    return DynamoTable(client, "farwire")


def items(count: int) -> list[dict[str, Any]]:
    return [{"pk": "P", "sk": f"{number:03d}", "n": number} for number in range(count)]


def client_error(code: str, status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetItem")  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamo, "LONGEST_BACK_OFF_S", 0.001)


def test_what_an_engine_leaves_unprocessed_is_written_again() -> None:
    client = BusyClient(iter([10, 0, 15, 25, 3, 2, 5]))

    table_over(client).put_many(items(60))

    assert len(client.items) == 60


def test_keys_that_an_engine_leaves_unread_are_read_again() -> None:
    client = BusyClient(iter([25, 25, 25, 25, 50, 30, 20]))
    table = table_over(client)
    table.put_many(items(100))

    assert len(table.get_many([Key("P", f"{number:03d}") for number in range(100)])) == 100


def test_an_engine_that_never_takes_everything_is_unavailable() -> None:
    client = BusyClient(iter([1] + [0] * 100))

    with pytest.raises(StoreUnavailableError, match="24 items are throttled"):
        table_over(client).put_many(items(25))


@pytest.mark.parametrize(
    "error",
    [
        client_error("ProvisionedThroughputExceededException"),
        client_error("ThrottlingException"),
        client_error("ResourceNotFoundException"),
        client_error("Whatever", 503),
        ConnectTimeoutError(endpoint_url="http://127.0.0.1"),
    ],
)
def test_what_may_pass_is_unavailable(error: Exception) -> None:
    with pytest.raises(StoreUnavailableError):
        table_over(FailingClient(error)).get(Key("P", "a"))


def test_what_will_not_pass_is_an_error_of_its_own() -> None:
    with pytest.raises(StoreError, match="ValidationException") as caught:
        table_over(FailingClient(client_error("ValidationException"))).get(Key("P", "a"))

    assert not isinstance(caught.value, StoreUnavailableError)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False, min_value=-1e60, max_value=1e60)
    | st.text(max_size=8)
    | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=4), plain, max_size=4))
def test_every_plain_item_survives_the_wire(item: dict[str, Any]) -> None:
    assert from_wire(to_wire(item)) == item


def test_what_dynamodb_has_no_type_for_is_refused() -> None:
    with pytest.raises(TypeError, match="set"):
        to_wire({"a": {1, 2}})
