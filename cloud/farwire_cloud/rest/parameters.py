"""Parameters that several routes share."""

import datetime
from typing import Annotated

from fastapi import Path, Query

from farwire_cloud.errors import InvalidError, NotFoundError
from farwire_cloud.model.device import DeviceState
from farwire_cloud.rest.history import Period
from farwire_cloud.store import keys
from farwire_cloud.store.device_items import state_from_item
from farwire_cloud.store.table import Table

MOST = 1000

DevEui = Annotated[str, Path(pattern="^[0-9a-f]{16}$", description="16 lower-case hex digits")]
OrderId = Annotated[str, Path(min_length=1, max_length=100)]
Channel = Annotated[int | None, Query(ge=0, le=255, description="only this channel")]
Limit = Annotated[int, Query(ge=1, le=MOST)]
TimeText = Annotated[str | None, Query(max_length=40, description="UTC: ms since 1970, or ISO 8601")]


def period(from_: str | None, to: str | None) -> Period:
    """Return the period of the parameters `from` and `to`, both ends included; raises InvalidError."""
    found = Period(
        time_ms("from", from_) if from_ else 0,
        time_ms("to", to) if to else keys.LAST_TIME_MS,
    )
    if found.from_ms > found.to_ms:
        raise InvalidError("from", from_, "a time that is not after `to`")
    return found


def time_ms(field: str, text: str) -> int:
    """Return the time of a parameter; a time without a zone is UTC."""
    expected = "ms since 1970 or ISO 8601, from 1970 to 2286"
    try:
        if text.isdecimal():
            value = int(text)
        else:
            moment = datetime.datetime.fromisoformat(text)
            zoned = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
            value = round(zoned.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidError(field, text, expected) from error
    if not 0 <= value <= keys.LAST_TIME_MS:
        raise InvalidError(field, text, expected)
    return value


def state_of(table: Table, dev_eui: str) -> DeviceState:
    """Return the view of a device; raises NotFoundError for one that never was heard of."""
    item = table.get(keys.state(dev_eui))
    if item is None:
        raise NotFoundError(f"there is no device {dev_eui}")
    return state_from_item(item)
