"""What a program's one region says takes the place of the questions; what is settled by it goes. Host only.

An entry names in ONLY the one named tuple of its kind that the program ever has. Its fields that nothing else
is called like are constants then: reading one is three bytes instead of seven, and whole branches go that
belong to others of its kind.
"""

import ast
import importlib
from typing import Any

from board_packer.naming import counted
from board_packer.program import Key, PackError, names_bound, spelled

LONGEST = 12  # characters of a constant that is worth writing where it is read


def settle(statements: list[ast.stmt], only: set[Key]) -> list[ast.stmt]:
    """Return the statements with the fields of these named tuples as constants, as far as they are short.

    What is left of such a tuple is written down whole, with the fields that are read: what had made it goes.
    """
    values = {key: getattr(importlib.import_module(key[0]), key[1]) for key in sorted(only)}
    known: dict[str, ast.expr] = {}
    for (module, name), value in values.items():
        if not hasattr(value, "_fields"):
            raise PackError(f"ONLY says {module}.{name}, which is no named tuple")
        for field, said in zip(value._fields, value, strict=True):
            if len(repr(said)) <= LONGEST and _is_plain(said):
                known[field] = _literal(said)
    _, defined = counted(statements)
    alone = {field: value for field, value in known.items() if defined[field] == 1}
    settled = ast.Module(statements, [])
    _Fold().visit(_Constants(alone).visit(settled))
    for key, value in values.items():
        _write_down(settled.body, spelled(key), value)
    return settled.body


def _write_down(statements: list[ast.stmt], name: str, value: Any) -> None:
    """Put the one value of its named tuple there as it is, with no field that nothing reads."""
    kind = spelled((type(value).__module__, type(value).__name__))
    read = {
        node.attr
        for statement in statements
        for node in ast.walk(statement)
        if isinstance(node, ast.Attribute)
    }
    for statement in statements:
        if not isinstance(statement, ast.Assign):
            continue
        bound = set(names_bound(statement))
        if kind in bound:
            kept = [field for field in value._fields if field in read]
            statement.value.args[1] = _literal(tuple(kept))  # type: ignore[attr-defined]
        elif name in bound:
            kept = [said for field, said in zip(value._fields, value, strict=True) if field in read]
            statement.value = ast.Call(ast.Name(kind, ast.Load()), [_literal(said) for said in kept], [])


def _literal(value: Any) -> ast.expr:
    """Return the expression for a value of constants, tuples and named tuples."""
    if isinstance(value, (tuple, list)):
        parts = [_literal(one) for one in value]
        if hasattr(value, "_fields"):
            kind = spelled((type(value).__module__, type(value).__name__))
            return ast.Call(ast.Name(kind, ast.Load()), parts, [])
        return ast.Tuple(parts, ast.Load())
    return ast.Constant(value)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, str))


class _Constants(ast.NodeTransformer):
    def __init__(self, known: dict[str, ast.expr]) -> None:
        self._known = known

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        pure = all(isinstance(one, (ast.Attribute, ast.Name, ast.Load)) for one in ast.walk(node.value))
        return self._known.get(node.attr, node) if pure and isinstance(node.ctx, ast.Load) else node


class _Fold(ast.NodeTransformer):
    """Leaves out what cannot come to pass."""

    def visit(self, node: ast.AST) -> ast.AST:
        """Fold inside first; then nothing stays behind a return."""
        found: ast.AST = super().visit(node)
        for name in ("body", "orelse", "finalbody"):
            block = getattr(found, name, None)
            if isinstance(block, list):
                ends = [at for at, one in enumerate(block) if isinstance(one, (ast.Return, ast.Raise))]
                del block[ends[0] + 1 if ends else len(block) :]
                if not block and name == "body":
                    block.append(ast.Pass())
        return found

    def visit_If(self, node: ast.If) -> ast.stmt | list[ast.stmt]:
        self.generic_visit(node)
        known = _truth(node.test)
        return node if known is None else node.body if known else node.orelse

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        self.generic_visit(node)
        known = _truth(node.test)
        return node if known is None else node.body if known else node.orelse

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        known = _truth(node.operand) if isinstance(node.op, ast.Not) else None
        return node if known is None else ast.Constant(not known)

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        self.generic_visit(node)
        ends = isinstance(node.op, ast.Or)  # the truth at which no further operand is looked at
        values: list[ast.expr] = []
        for at, value in enumerate(node.values):
            known = _truth(value)
            if known is None or known == ends or at == len(node.values) - 1:
                values.append(value)
            if known == ends:
                break
        return values[0] if len(values) == 1 else ast.BoolOp(node.op, values)

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        parts = [node.left, *node.comparators]
        if not all(isinstance(one, ast.Constant) for one in parts):
            return node
        text = ast.unparse(ast.fix_missing_locations(ast.Expression(node)))
        return ast.Constant(eval(text, {"__builtins__": {}}))  # noqa: S307 (constants of our own)


def _truth(node: ast.expr) -> bool | None:
    """Return whether a constant is true; None for what is none."""
    if isinstance(node, ast.Constant):
        return bool(node.value)
    if isinstance(node, ast.Tuple) and all(isinstance(one, (ast.Constant, ast.Tuple)) for one in node.elts):
        return bool(node.elts)
    return None
