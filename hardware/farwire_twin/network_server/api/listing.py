"""What the List methods share."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def page(items: Sequence[Item], limit: int, offset: int) -> Sequence[Item]:
    """At most `limit` items from `offset` on; a limit of 0 means none, as in ChirpStack."""
    return items[offset : offset + limit]


def matches(name: str, search: str) -> bool:
    """Whether a name contains what is searched for, whatever the case."""
    return search.lower() in name.lower()


def has_tags(tags: Iterable[tuple[str, str]], wanted: Iterable[tuple[str, str]]) -> bool:
    """Whether all wanted tags are there."""
    return set(wanted) <= set(tags)
