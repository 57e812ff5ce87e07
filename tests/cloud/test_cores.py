"""What the room calls pure imports no clock, no socket, no thread, no random source and no framework."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "cloud/farwire_cloud"
PURE = (
    *sorted(f"model/{path.name}" for path in (PACKAGE / "model").glob("*.py")),
    *(
        f"store/{name}.py"
        for name in ("keys", "marshal", "conditions", "items", "device_items", "order_items")
    ),
    *(f"ingest/{name}.py" for name in ("bounds", "validate", "facts", "plan")),
    *(f"orders/{name}.py" for name in ("handing", "documents")),
    "rest/shape.py",
    "recent.py",
)
IO = {
    *("asyncio", "os", "pathlib", "random", "secrets", "socket", "subprocess", "threading", "time"),
    *("boto3", "botocore", "grpc", "fastapi", "starlette", "uvicorn", "datetime", "uuid", "logging"),
}


@pytest.mark.parametrize("module", PURE)
def test_a_pure_module_touches_nothing_outside(module: str) -> None:
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }

    assert names & IO == set()
