"""Packs a program for a board into one module: what it needs, and nothing else. Host only.

python hardware/board_packer/pack.py ENTRY OUT.py    (ENTRY: a module, e.g. board_main.main)

One .mpy out of a hundred saves the names that each of them would carry, and most of the dictionaries that
their import would take of a board's heap. What is done, in this order: modules become one namespace; whole
numbers that never change take the place of their names; definitions, methods and assertions that nothing
needs, type hints and docstrings go; errors' texts become numbers, and names of our own short ones
(OUT.py.names tells what they stand for). The program does what it did: a test runs a whole node packed.
"""

import ast
import sys
from pathlib import Path

from board_packer.bare import Bare, Comprehensions
from board_packer.inline import inline
from board_packer.naming import Names
from board_packer.needed import needed
from board_packer.only import settle
from board_packer.program import MARK, Key, Program, names_bound, spelled
from board_packer.resolve import Resolve
from board_packer.unused import drop_unused

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "farwire_codecs": ROOT / "codecs/farwire_codecs",
    "farwire_node": ROOT / "node/farwire_node",
    "board_main": ROOT / "hardware/board_main",
}

# Modules that speak to many of the interpreter's objects: the attributes that they use keep their names.
EDGES = ("farwire_node.drivers.",)
# Attributes of built-in objects, of the board's modules and of the radio's driver that ours may have, too.
FOREIGN = frozenset(
    name
    for kind in (int, str, bytes, bytearray, list, dict, tuple, set, Exception, OSError, type)
    for name in dir(kind)
) | {
    "pack",
    "unpack",
    "pack_into",
    "unpack_from",
    "calcsize",
    "isqrt",
    "ceil",
    "floor",
    "log",
    "log2",
    "sqrt",
    "pow",
    "const",
    "array",
    "typecode",
    "hexlify",
    "unhexlify",
    "crc32",
    "print_exception",
    "getvalue",
    "StringIO",
    "write",
    "read",
    "exc_info",
    "extract_tb",
    "filename",
    "lineno",
    "name",
    "modules",
    "value",
    "args",
    "collect",
    "mem_alloc",
    "mem_free",
    "close",
    "load",
    "threshold",
    "feed",
}


class Packer:
    """One program's way into one module."""

    def __init__(self, entry: str, folders: dict[str, Path] | None = None) -> None:
        self.entry = entry
        self.program = Program(entry, {**FOLDERS, **(folders or {})})
        self.statements: list[tuple[Key, ast.stmt]] = []  # each with one of the names that it gives
        self.constants: dict[Key, ast.expr] = {}
        self.messages: list[str] = []  # the texts of errors; the pack has their numbers, from 1 on
        self.legend: list[str] = []  # what short names stand for, as a crash report has them

    def source(self, keep: tuple[str, ...]) -> str:
        """Return the pack's text; `keep`: names of the entry that users go by, () for all that are public."""
        keep = keep or self._public()
        comprehensions = Comprehensions()
        for name, module in self.program.modules.items():
            for statement in module.statements:
                bare = Bare(name, self.messages).visit(statement)
                if bare is None:
                    continue
                resolved = Resolve(self.program, name, self.constants).visit(comprehensions.visit(bare))
                if not self._is_constant(name, resolved):
                    self.statements.append(((name, next(names_bound(resolved))), resolved))
        roots = {spelled(self.program.resolve(self.entry, name)) for name in keep}
        kept = needed([statement for _, statement in self.statements], roots)
        kept = needed(settle(kept, self.program.only), roots)
        drop_unused(kept, self._fixed(kept) | roots)
        kept = needed(kept, roots)
        kept = inline(kept, self._fixed(kept) | roots)
        return self._renamed(kept, {*keep})

    def _public(self) -> tuple[str, ...]:
        """The functions and classes of the entry that users may go by."""
        given = self.program.modules[self.entry].statements
        names = [
            statement.name for statement in given if isinstance(statement, (ast.FunctionDef, ast.ClassDef))
        ]
        return tuple(name for name in names if not name.startswith("_"))

    def _is_constant(self, module: str, statement: ast.stmt) -> bool:
        """Take a whole number's name down, to be replaced in what follows."""
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return False
        target, value = statement.targets[0], statement.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        found = []
        for one, given in pairs:
            number = _number(given)
            if not isinstance(one, ast.Name) or number is None:
                return False
            found.append((one.id, number))
        self.constants.update({(module, name.partition(MARK)[2]): number for name, number in found})
        return True

    def _renamed(self, kept: list[ast.stmt], keep: set[str]) -> str:
        """Give every name of ours a short one and return the text."""
        names = Names(self.entry, keep, self._fixed(kept))
        module = names.rename(ast.Module(kept, []), set(self.program.external))
        self.legend = names.legend()
        used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
        imports = sorted({text for name, text in self.program.external.items() if name in used})
        first, *others = [ast.unparse(statement) for statement in module.body]
        return "\n".join([first, *imports, *others, ""])

    def _fixed(self, kept: list[ast.stmt]) -> set[str]:
        """The names that stay: of the interpreter's objects, and those that code may go by as a text.

        A text is a name for getattr and its kin, and may be one of a method's where a call is given it.
        """
        fixed = set(FOREIGN)
        for key, statement in self.statements:
            if key[0].startswith(EDGES):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Attribute) and not node.attr.startswith("_"):
                        fixed.add(node.attr)
        nodes = [node for statement in kept for node in ast.walk(statement)]
        methods = {one.name for node in nodes if isinstance(node, ast.ClassDef) for one in _methods(node)}
        for node in nodes:
            if isinstance(node, ast.Call):
                fixed.update(methods & {one.value for one in node.args if _is_word(one)})  # type: ignore[attr-defined]
            if isinstance(node, ast.Call) and _is_foreign(node.func):
                fixed.update(keyword.arg for keyword in node.keywords if keyword.arg)
                if isinstance(node.func, ast.Name) and node.func.id.endswith("attr"):
                    fixed.update(one.value for one in node.args if _is_word(one))  # type: ignore[attr-defined]
            elif isinstance(node, ast.Dict):  # as keywords with **
                fixed.update(one.value for one in node.keys if one and _is_word(one))  # type: ignore[attr-defined]
        return fixed


def _methods(node: ast.ClassDef) -> list[ast.FunctionDef]:
    return [one for one in node.body if isinstance(one, ast.FunctionDef)]


def _is_word(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _number(node: ast.expr) -> ast.expr | None:
    """Return a whole number's or truth value's expression as a constant; None for anything else."""
    expression = ast.fix_missing_locations(ast.Expression(node))
    try:
        value = eval(compile(expression, "", "eval"), {"__builtins__": {}})  # noqa: S307 (our own source)
    except Exception:  # noqa: BLE001 (whatever it is, it is no plain number)
        return None
    return ast.Constant(value) if isinstance(value, int) else None


def _is_foreign(function: ast.expr) -> bool:
    """Whether a call may go to something that is none of ours."""
    if isinstance(function, ast.Attribute):
        return function.attr in FOREIGN
    return not (isinstance(function, ast.Name) and MARK in function.id)


if __name__ == "__main__":
    packer = Packer(sys.argv[1])
    Path(sys.argv[2]).write_text(packer.source(()), encoding="utf-8")
    notes = [*packer.messages, *packer.legend, ""]
    Path(sys.argv[2] + ".names").write_text("\n".join(notes), encoding="utf-8")
