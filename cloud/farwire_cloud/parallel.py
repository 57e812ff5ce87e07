"""Calls side by side in a pool of threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

Result = TypeVar("Result")


def in_parallel(pool: Executor, calls: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return the results in the order of `calls`; raises the first error once every call is over.

    Must not be called from inside the pool: its threads would wait for each other.
    """
    if len(calls) == 1:
        return [calls[0]()]
    futures = [pool.submit(call) for call in calls]
    errors = [error for error in (future.exception() for future in futures) if error is not None]
    if errors:
        raise errors[0]
    return [future.result() for future in futures]
