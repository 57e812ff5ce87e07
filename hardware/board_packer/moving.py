"""One function's body in the place of its call. Host only."""

import ast

from board_packer.program import local_names

Block = list[ast.stmt]
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def moved(function: ast.FunctionDef, call: ast.Call, statement: ast.stmt, mark: str) -> Block | None:
    """Return what takes the place of `statement`, which calls `function` once; None if nothing can.

    `mark` makes the names of the function's own variables different from all others. The function's nodes
    are used up, unless None is returned.
    """
    given = _given(function, call)
    if given is None:
        return None
    plan = _plan(function.body, call, statement)
    if plan is None:
        return None
    head, names, values = _bound(function, given, mark)
    if plan == "within" and head:
        return None
    body = [_Renamed(names, values).visit(one) for one in function.body]
    if plan == "return":
        return [*head, *body, *([] if _always_returns(body) else [ast.Return(None)])]
    if plan == "alone":
        return [*head, *_without_returns(_tail(body) or [], None)] or [ast.Pass()]
    if plan == "assign":
        target = statement.targets[0]  # type: ignore[attr-defined]
        return [*head, *_without_returns(_tail(body) or [], target)]
    last = body.pop()
    assert isinstance(last, ast.Return)
    _Replaced(call, last.value or ast.Constant(None)).visit(statement)
    return [*head, *body, statement]


def _plan(body: Block, call: ast.Call, statement: ast.stmt) -> str | None:
    """Return how the function's results get to where the call's would be."""
    if isinstance(statement, ast.Return) and statement.value is call:
        return "return"
    returns = sum(_returns(one) for one in body)
    if returns == 1 and isinstance(body[-1], ast.Return):
        if _comes_first(statement, call):
            return "first"
        return "within" if len(body) == 1 else None
    tail = _tail(body)
    if tail is None:
        return None
    if isinstance(statement, ast.Expr) and statement.value is call:
        return "alone"
    if isinstance(statement, ast.Assign) and statement.value is call and _always_returns(tail):
        only = len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name)
        return "assign" if only else None
    return None


def _given(function: ast.FunctionDef, call: ast.Call) -> list[tuple[str, ast.expr]] | None:
    """Return each parameter and what the call gives for it, in the order of evaluation; None if unclear."""
    if any(isinstance(one, ast.Starred) for one in call.args) or any(not one.arg for one in call.keywords):
        return None
    parameters = [one.arg for one in function.args.args]
    own = [call.func.value] if isinstance(call.func, ast.Attribute) else []
    positional = list(zip(parameters, [*own, *call.args], strict=False))
    named = [(str(one.arg), one.value) for one in call.keywords]
    known = {name for name, _ in [*positional, *named]}
    defaults = dict(zip(reversed(parameters), reversed(function.args.defaults), strict=False))
    missing = [name for name in parameters if name not in known]
    if len(own) + len(call.args) > len(parameters) or any(name not in defaults for name in missing):
        return None
    return [*positional, *named, *((name, defaults[name]) for name in missing)]


def _bound(
    function: ast.FunctionDef, given: list[tuple[str, ast.expr]], mark: str
) -> tuple[Block, dict[str, str], dict[str, ast.expr]]:
    """Return assignments of arguments, new names of variables, and what takes the place of parameters."""
    stored = {
        node.id
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    }
    stored |= {
        node.name
        for statement in function.body
        for node in ast.walk(statement)
        if isinstance(node, ast.ExceptHandler) and node.name
    }
    # What a comprehension looks up outside of itself is dearer everywhere: it gets a variable of its own.
    stored |= {
        node.id
        for statement in function.body
        for scope in ast.walk(statement)
        if isinstance(scope, _COMPREHENSIONS)
        for node in ast.walk(scope)
        if isinstance(node, ast.Name)
    }
    names = {name: name + mark for name in local_names(function)}
    values: dict[str, ast.expr] = {}
    head: Block = []
    for name, value in given:
        if name not in stored and isinstance(value, (ast.Name, ast.Constant)):
            values[name] = value
        else:
            head.append(ast.Assign([ast.Name(names[name], ast.Store())], value))
    return head, names, values


def _tail(block: Block) -> Block | None:
    """Return the block with every return as the last thing done; None if that takes more than `else`."""
    for at, statement in enumerate(block):
        if not _returns(statement):
            continue
        if isinstance(statement, ast.Return):
            return block[: at + 1]
        if not isinstance(statement, ast.If):
            return None
        rest = block[at + 1 :]
        body, other = statement.body, statement.orelse
        if rest and _always_returns(body):
            other = [*other, *rest]
        elif rest and other and _always_returns(other):
            body = [*body, *rest]
        elif rest:
            return None
        inner, outer = _tail(body), _tail(other)
        if inner is None or outer is None:
            return None
        return [*block[:at], ast.If(statement.test, inner, outer)]
    return block


def _without_returns(block: Block, target: ast.expr | None) -> Block:
    """Return a block of `_tail` with its results assigned to the target, or dropped."""
    if not block:
        return []
    last = block[-1]
    before = block[:-1]
    if isinstance(last, ast.Return):
        if target is not None:
            return [*before, ast.Assign([target], last.value or ast.Constant(None))]
        kept = last.value is not None and not isinstance(last.value, (ast.Constant, ast.Name))
        return [*before, ast.Expr(last.value)] if kept and last.value is not None else before
    if isinstance(last, ast.If) and _returns(last):
        body, other = _without_returns(last.body, target), _without_returns(last.orelse, target)
        if body:
            return [*before, ast.If(last.test, body, other)]
        if other:
            return [*before, ast.If(ast.UnaryOp(ast.Not(), last.test), other, [])]
        return [*before, ast.Expr(last.test)]
    return block


def _returns(node: ast.AST) -> int:
    """Return how many returns are in it."""
    return sum(isinstance(one, ast.Return) for one in ast.walk(node))


def _always_returns(block: Block) -> bool:
    if not block:
        return False
    last = block[-1]
    if isinstance(last, ast.If):
        return _always_returns(last.body) and _always_returns(last.orelse)
    return isinstance(last, (ast.Return, ast.Raise))


def _comes_first(statement: ast.stmt, call: ast.Call) -> bool:
    """Return whether nothing that matters is evaluated before the call."""
    if isinstance(statement, ast.Assign):
        return _first(statement.value, call)
    if isinstance(statement, ast.AugAssign):
        return isinstance(statement.target, ast.Name) and _first(statement.value, call)
    if isinstance(statement, (ast.Expr, ast.Return)):
        return statement.value is not None and _first(statement.value, call)
    if isinstance(statement, ast.If):
        return _first(statement.test, call)
    if isinstance(statement, ast.For):
        return _first(statement.iter, call)
    return False


def _first(node: ast.expr, call: ast.Call) -> bool:
    if node is call:
        return True
    for part in _in_order(node):
        if _first(part, call):
            return True
        if not isinstance(part, (ast.Name, ast.Constant)):
            return False
    return False


def _in_order(node: ast.expr) -> list[ast.expr]:
    """Return the parts of an expression that are evaluated whatever comes, in their order."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.BinOp):
        parts = [node.left, node.right]
    elif isinstance(node, ast.Compare):
        parts = [node.left, node.comparators[0]]
    elif isinstance(node, ast.BoolOp):
        parts = node.values[:1]
    elif isinstance(node, ast.UnaryOp):
        parts = [node.operand]
    elif isinstance(node, ast.IfExp):
        parts = [node.test]
    elif isinstance(node, (ast.Attribute, ast.Starred)):
        parts = [node.value]
    elif isinstance(node, ast.Subscript):
        parts = [node.value, node.slice]
    elif isinstance(node, (ast.Tuple, ast.List)):
        parts = list(node.elts)
    elif isinstance(node, ast.Call):
        # A method is looked up first; those of a variable's object stay what they are.
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        parts = [owner, *node.args, *(one.value for one in node.keywords)]
    return parts


class _Renamed(ast.NodeTransformer):
    """Gives variables new names, and parameters what stands for them."""

    def __init__(self, names: dict[str, str], values: dict[str, ast.expr]) -> None:
        self._names = names
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._values:
            value = self._values[node.id]
            return ast.Name(value.id, node.ctx) if isinstance(value, ast.Name) else value
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.name = node.name and self._names.get(node.name, node.name)
        return node


class _Replaced(ast.NodeTransformer):
    """Puts one expression in the place of another."""

    def __init__(self, old: ast.expr, new: ast.expr) -> None:
        self._old = old
        self._new = new

    def visit(self, node: ast.AST) -> ast.AST:
        """Replace it, or look for it further inside."""
        return self._new if node is self._old else self.generic_visit(node)
