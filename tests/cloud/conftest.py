"""One engine of each kind for the whole run; each test gets a table of its own."""

from collections.abc import Iterator

import pytest

from farwire_cloud.store.table import Table
from tests.cloud.stores import KINDS, empty_table, engine


@pytest.fixture(scope="session", params=KINDS)
def running_engine(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    with engine(request.param) as endpoint_url:
        yield request.param, endpoint_url


@pytest.fixture
def table(running_engine: tuple[str, str]) -> Table:
    kind, endpoint_url = running_engine
    return empty_table(kind, endpoint_url)
