"""`Table` over boto3's DynamoDB client: DynamoDB itself, or any engine that speaks its API."""

import logging
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from farwire_cloud.errors import StoreError, StoreUnavailableError
from farwire_cloud.store.conditions import Condition, as_expression
from farwire_cloud.store.keys import Key, Span
from farwire_cloud.store.marshal import Item, from_wire, to_wire
from farwire_cloud.store.table import Page

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

log = logging.getLogger("farwire.cloud.store")

MOST_WRITES = 25  # BatchWriteItem's limit (DynamoDB API reference)
MOST_READS = 100  # BatchGetItem's limit (same)
CONNECT_TIMEOUT_S = 2.0
READ_TIMEOUT_S = 5.0
TOTAL_ATTEMPTS = 3  # of one HTTP call; a caller with a batch in hand has its own repeats
LONGEST_BACK_OFF_S = 1.0
UNPROCESSED_ATTEMPTS = 8  # about 3 s of back-off before a throttled batch is given back

# What a repeat may mend (DynamoDB developer guide, "Error handling": the codes marked as retryable).
_PASSING = frozenset(
    (
        "InternalServerError",
        "ItemCollectionSizeLimitExceededException",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ResourceInUseException",
        "ResourceNotFoundException",  # the table is being made, or an engine in memory started again
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
    )
)
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Result = TypeVar("Result")
Part = TypeVar("Part")


def made_up_credentials(endpoint_url: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Return credentials for an engine on this machine, which checks none; {} where boto3 finds its own."""
    if endpoint_url is None or urlsplit(endpoint_url).hostname not in _LOOPBACK:
        return {}
    if any(name in environ for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")):
        return {}
    return {"aws_access_key_id": "local", "aws_secret_access_key": "local"}


def connect(endpoint_url: str | None, region: str, threads: int) -> "DynamoDBClient":
    """Return a client for `threads` parallel calls; it connects at the first call."""
    config = Config(
        connect_timeout=CONNECT_TIMEOUT_S,
        read_timeout=READ_TIMEOUT_S,
        max_pool_connections=threads,
        retries={"mode": "standard", "total_max_attempts": TOTAL_ATTEMPTS},
        tcp_keepalive=True,
    )
    credentials: dict[str, Any] = made_up_credentials(endpoint_url, os.environ)
    session = boto3.session.Session(region_name=region, **credentials)
    return session.client("dynamodb", endpoint_url=endpoint_url, config=config)


class DynamoTable:
    """The table `name` of a DynamoDB client; see `Table`."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    def get(self, key: Key) -> Item | None:
        """See `Table`."""
        answer = call(
            lambda: self.client.get_item(TableName=self.name, Key=_wire_key(key), ConsistentRead=True)
        )
        return from_wire(answer["Item"]) if "Item" in answer else None

    def get_many(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """See `Table`."""
        found: dict[Key, Item] = {}
        for part in chunks(keys, MOST_READS):
            wanted: dict[str, Any] = {
                self.name: {"Keys": [_wire_key(key) for key in part], "ConsistentRead": True}
            }
            for _ in _attempts():
                answer = call(lambda wanted=wanted: self.client.batch_get_item(RequestItems=wanted))  # type: ignore[misc]
                for wire in answer["Responses"].get(self.name, ()):
                    item = from_wire(wire)
                    found[Key(item["pk"], item["sk"])] = item
                wanted = answer.get("UnprocessedKeys") or {}
                if not wanted:
                    break
            else:
                raise StoreUnavailableError(f"reading: {len(wanted[self.name]['Keys'])} keys are throttled")
        return found

    def query(
        self,
        span: Span,
        *,
        limit: int | None = None,
        after: str | None = None,
        descending: bool = False,
        keys_only: bool = False,
    ) -> Page:
        """See `Table`."""
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
            "ExpressionAttributeValues": to_wire({":p": span.pk, ":a": span.first, ":b": span.last}),
            "ConsistentRead": True,
            "ScanIndexForward": not descending,
        }
        if span.first > span.last:
            return Page([], None)  # DynamoDB refuses BETWEEN with its ends crossed
        if keys_only:
            arguments["ProjectionExpression"] = "sk"
        if after is not None:
            arguments["ExclusiveStartKey"] = _wire_key(Key(span.pk, after))
        items: list[Item] = []
        while True:
            if limit is not None:
                arguments["Limit"] = limit - len(items)
            answer = call(lambda: self.client.query(**arguments))
            items += map(from_wire, answer["Items"])
            start = answer.get("LastEvaluatedKey")
            if not start:
                return Page(items, None)
            if limit is not None and len(items) >= limit:
                return Page(items, start["sk"]["S"])
            arguments["ExclusiveStartKey"] = start

    def put_many(self, items: Iterable[Item]) -> None:
        """See `Table`."""
        for part in chunks(list(items), MOST_WRITES):
            wanted: dict[str, Any] = {self.name: [{"PutRequest": {"Item": to_wire(item)}} for item in part]}
            for _ in _attempts():
                answer = call(lambda wanted=wanted: self.client.batch_write_item(RequestItems=wanted))  # type: ignore[misc]
                wanted = answer.get("UnprocessedItems") or {}
                if not wanted:
                    break
            else:
                raise StoreUnavailableError(f"writing: {len(wanted[self.name])} items are throttled")

    def put_if(self, item: Item, condition: Condition) -> bool:
        """See `Table`."""
        try:
            call(
                lambda: self.client.put_item(
                    TableName=self.name, Item=to_wire(item), **as_expression(condition)
                )
            )
        except _ConditionFailedError:
            return False
        return True

    def delete(self, key: Key) -> None:
        """See `Table`."""
        call(lambda: self.client.delete_item(TableName=self.name, Key=_wire_key(key)))

    def add(self, key: Key, attribute: str, amount: int) -> int:
        """See `Table`."""
        answer = call(
            lambda: self.client.update_item(
                TableName=self.name,
                Key=_wire_key(key),
                UpdateExpression="ADD #a :n",
                ExpressionAttributeNames={"#a": attribute},
                ExpressionAttributeValues=to_wire({":n": amount}),
                ReturnValues="UPDATED_NEW",
            )
        )
        return int(from_wire(answer["Attributes"])[attribute])


class _ConditionFailedError(Exception):
    """The condition of a write does not hold."""


def call(ask: Callable[[], Result]) -> Result:
    """Return `ask()`, botocore's errors turned into the service's own."""
    try:
        return ask()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code == "ConditionalCheckFailedException":
            raise _ConditionFailedError from error
        kind = StoreUnavailableError if code in _PASSING or status >= 500 else StoreError
        raise kind(f"{code}: {error}") from error
    except (HTTPClientError, BotoCoreError) as error:
        raise StoreUnavailableError(f"{type(error).__name__}: {error}") from error


def chunks(parts: Sequence[Part], size: int) -> Iterator[Sequence[Part]]:
    """Yield `parts` in runs of at most `size`."""
    return (parts[start : start + size] for start in range(0, len(parts), size))


def _attempts() -> Iterator[int]:
    """Yield attempt numbers, waiting between them: exponential back-off with full jitter."""
    for attempt in range(UNPROCESSED_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, min(LONGEST_BACK_OFF_S, 0.05 * 2**attempt)))
        yield attempt


def _wire_key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}
