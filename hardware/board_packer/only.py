"""What a program's one region says takes the place of the questions; what is settled by it goes. Host only.

An entry names in ONLY the one named tuple of its kind that the program ever has. Its fields that nothing else
is called like are constants then: reading one is three bytes instead of seven, and whole branches go that
belong to others of its kind.
"""

import ast
import importlib
from collections import Counter
from collections.abc import Iterator

from board_packer.naming import fields
from board_packer.program import Key, PackError, names_bound

LONGEST = 12  # characters of a constant that is worth writing where it is read


def settle(statements: list[ast.stmt], only: set[Key]) -> list[ast.stmt]:
    """Return the statements with the fields of these named tuples as constants, as far as they are short."""
    known: dict[str, ast.expr] = {}
    for module, name in sorted(only):
        value = getattr(importlib.import_module(module), name)
        if not hasattr(value, "_fields"):
            raise PackError(f"ONLY says {module}.{name}, which is no named tuple")
        for field, said in zip(value._fields, value, strict=True):
            if len(repr(said)) <= LONGEST and _is_plain(said):
                known[field] = ast.parse(repr(said), mode="eval").body
    uses = Counter(name for statement in statements for node in ast.walk(statement) for name in _given(node))
    alone = {field: value for field, value in known.items() if uses[field] == 1}
    settled = ast.Module(statements, [])
    _Fold().visit(_Constants(alone).visit(settled))
    return settled.body


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (int, str))


def _given(node: ast.AST) -> Iterator[str]:
    """The attributes that a node defines."""
    yield from (str(field.value) for field in fields(node))
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        yield node.attr
    elif isinstance(node, ast.ClassDef):
        yield from (name for statement in node.body for name in names_bound(statement))


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
