"""The house rules that a reader relies on: who imports whom, and what a core may not touch."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = {
    "farwire": ROOT / "farwire",
    "farwire_codecs": ROOT / "codecs/farwire_codecs",
    "farwire_node": ROOT / "node/farwire_node",
    "farwire_bridge": ROOT / "bridge/farwire_bridge",
    "farwire_cloud": ROOT / "cloud/farwire_cloud",
    "farwire_contract": ROOT / "cloud/farwire_contract",
    "farwire_twin": ROOT / "hardware/farwire_twin",
    "board_main": ROOT / "hardware/board_main",
    "board_packer": ROOT / "hardware/board_packer",
}

MAY_IMPORT = {
    "farwire": set(PACKAGES) - {"board_main", "board_packer"},
    "farwire_codecs": set(),
    "farwire_node": {"farwire_codecs"},
    "farwire_bridge": {"farwire_codecs", "farwire_contract"},
    "farwire_cloud": {"farwire_codecs", "farwire_contract"},
    "farwire_contract": set(),
    "farwire_twin": {"farwire_node", "farwire_codecs"},
    "board_main": {"farwire_node", "farwire_codecs"},
    "board_packer": set(),
}

# What a module in the node's two packages may import besides their own: what MicroPython has.
MICROPYTHON = {"struct", "binascii", "collections", "math", "micropython", "array", "json"}
# ... and what a board has beside that, in its main program and its entries alone.
ON_A_BOARD = {"gc", "os", "time", "machine", "lora", "esp32"}
MICROPYTHON_ABSENT_SYNTAX = (ast.Match, ast.TryStar)

LONGEST_MODULE = 400
# Longer ones, each with its reason and its own bound.
LONGER = {
    # The one holder of the MAC's state: what could be a function of its own is one, beside it.
    "node/farwire_node/lorawan/mac.py": 500,
}


def modules(package: str) -> Iterator[Path]:
    return (path for path in sorted(PACKAGES[package].rglob("*.py")) if "_pb2" not in path.name)


def imports(path: Path) -> Iterator[str]:
    """Yield what a module imports when it runs; what only the type checker sees does not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    unseen = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in unseen:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("package", PACKAGES)
def test_a_room_imports_only_the_rooms_that_the_design_allows_it(package: str) -> None:
    allowed = MAY_IMPORT[package] | {package}

    strangers = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        for name in imports(path)
        if name.split(".")[0] in PACKAGES and name.split(".")[0] not in allowed
    ]

    assert strangers == []


ON_BOARDS = ("farwire_codecs", "farwire_node", "board_main")


@pytest.mark.parametrize("package", ON_BOARDS)
def test_what_runs_on_a_board_imports_only_what_micropython_has(package: str) -> None:
    allowed = MICROPYTHON | {*ON_BOARDS} | (ON_A_BOARD if package == "board_main" else set())

    strangers = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(package)
        if not is_host_module(path)
        for name in imports(path)
        if name.split(".")[0] not in allowed
    ]

    assert strangers == []


@pytest.mark.parametrize("package", ON_BOARDS)
def test_what_runs_on_a_board_uses_only_syntax_that_micropython_has(package: str) -> None:
    strangers = []
    for path in modules(package):
        if is_host_module(path):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            starred = isinstance(node, ast.List | ast.Set) and any(
                isinstance(item, ast.Starred) for item in node.elts
            )
            unpacked = isinstance(node, ast.Dict) and None in node.keys
            caused = isinstance(node, ast.Raise) and node.cause is not None
            if isinstance(node, MICROPYTHON_ABSENT_SYNTAX) or starred or unpacked or caused:
                strangers.append(f"{path.relative_to(ROOT)}:{node.lineno} {type(node).__name__}")

    assert strangers == []


@pytest.mark.parametrize("package", PACKAGES)
def test_a_module_stays_short_enough_to_hold_one_idea(package: str) -> None:
    long = [
        f"{path.relative_to(ROOT)}: {lines} lines"
        for path in modules(package)
        if (lines := len(path.read_text(encoding="utf-8").splitlines()))
        > LONGER.get(str(path.relative_to(ROOT)), LONGEST_MODULE)
    ]

    assert long == []


def test_every_room_says_what_it_is() -> None:
    rooms = ("codecs", "node", "bridge", "cloud", "hardware", "tests")

    assert [room for room in rooms if not (ROOT / room / "README.md").is_file()] == []


def test_a_lock_file_carries_hashes_and_no_address() -> None:
    for path in (ROOT / "requirements").rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "://" not in text, path
            assert "sha256:" in text or "sha512-" in text or path.name == "package.json", path


def is_host_module(path: Path) -> bool:
    """Return whether only CPython imports this module; its first docstring line says so, or its name."""
    text = path.read_text(encoding="utf-8")
    return path.stem.endswith("_host") or "Host only" in (ast.get_docstring(ast.parse(text)) or "")
