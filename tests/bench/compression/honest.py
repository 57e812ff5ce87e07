"""What the start tables are worth on a series that they never saw: trained again without it."""

from collections.abc import Iterator
from contextlib import contextmanager

from farwire_codecs import contexts
from tests.bench.compression import ours, train
from tests.bench.compression.series import Series, recorded

LIMITS = (51, 222)


def main() -> None:
    """Print bytes a reading with the shipped tables, with tables that never saw the series, and with none."""
    series = recorded()
    if not series:
        return
    print("Start tables, all channels, self-contained: bytes a reading")
    print(f"  {'':<12}" + "".join(f"{f'{limit} bytes':>32}" for limit in LIMITS))
    print(f"  {'':<12}" + f"{'shipped':>12}{'unseen':>10}{'none':>10}" * len(LIMITS))
    for prefix, measured in series:
        others = [other for other, _ in series if other.name != prefix.name]
        unseen, _ = train.train(others)
        figures = []
        for limit in LIMITS:
            figures.append(_bytes_a_reading(prefix, measured, limit))
            with _started_from(unseen):
                figures.append(_bytes_a_reading(prefix, measured, limit))
            with _started_from(bytes(contexts.ALL)):
                figures.append(_bytes_a_reading(prefix, measured, limit))
        print(
            f"  {prefix.name:<12}"
            + "".join(f"{figure:>{12 if at % 3 == 0 else 10}.3f}" for at, figure in enumerate(figures))
        )


def _bytes_a_reading(prefix: Series, measured: Series, limit: int) -> float:
    known = ours.schema_of(measured, prefix)
    packed = ours.pack(known, ours.records_of(measured), limit)[:-1]
    readings = len(measured.columns) * sum(count for _, count in packed)
    return sum(len(payload) for payload, _ in packed) / readings


@contextmanager
def _started_from(tables: bytes) -> Iterator[None]:
    """Let contexts start from these tables."""
    seen_as = vars(contexts)
    shipped = seen_as["START"]
    seen_as["START"] = tables
    seen_as["_kept"].clear()
    try:
        yield
    finally:
        seen_as["START"] = shipped
        seen_as["_kept"].clear()


if __name__ == "__main__":
    main()
