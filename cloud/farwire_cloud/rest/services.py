"""What the REST routes work on; put together in `farwire_cloud.service`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from farwire_cloud.counters import Counters
from farwire_cloud.feed import Feed
from farwire_cloud.orders.configurations import Configurations
from farwire_cloud.orders.register import Register
from farwire_cloud.rest.keys import ApiKeys
from farwire_cloud.store.table import Table


@dataclass(frozen=True, slots=True)
class Services:
    """One instance a process."""

    table: Table
    register: Register
    configurations: Configurations
    keys: ApiKeys
    feed: Feed
    counters: Counters
    clock: Callable[[], int]  # UTC ms


def _of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


Provided = Annotated[Services, Depends(_of)]
