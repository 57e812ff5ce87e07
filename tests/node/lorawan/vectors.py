"""The known answers in tests/vectors, and how to read them."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "vectors"


def load(name: str) -> Any:
    """Return a vector file's content."""
    return json.loads((FOLDER / name).read_text())


def by_id(rows: list[dict[str, Any]]) -> list[Any]:
    """Return the rows as pytest parameters that go by their `id`, `name` or place."""
    import pytest

    return [
        pytest.param(row, id=str(row.get("id") or row.get("name") or number))
        for number, row in enumerate(rows)
    ]
