"""Tables of each kind for the contract suite, each empty."""

import contextlib
import itertools
from collections.abc import Iterator

from farwire_cloud.store.create import create_table
from farwire_cloud.store.dynamo import DynamoTable, connect
from farwire_cloud.store.table import Table
from tests.cloud.memory_table import MemoryTable
from tests.dynamodb import dynoxide, moto_engine

KINDS = ("memory", "dynoxide", "moto")
_names = itertools.count()


def dynamo_table(endpoint_url: str, name: str | None = None) -> DynamoTable:
    """A table with a name of its own on a running engine."""
    client = connect(endpoint_url, "eu-west-1", 64)
    table = DynamoTable(client, name or f"farwire-{next(_names)}")
    create_table(client, table.name)
    return table


@contextlib.contextmanager
def engine(kind: str) -> Iterator[str]:
    """The endpoint of an engine; the memory table needs none."""
    if kind == "memory":
        yield ""
    elif kind == "dynoxide":
        with dynoxide() as running:
            yield running.endpoint_url
    else:
        with moto_engine() as server:
            yield server.endpoint_url


def empty_table(kind: str, endpoint_url: str) -> Table:
    """A fresh table on the engine."""
    return MemoryTable() if kind == "memory" else dynamo_table(endpoint_url)
