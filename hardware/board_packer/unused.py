"""Parameters, variables and attributes that nothing reads go: errors' texts had read most. Host only."""

import ast
from collections.abc import Iterator

from board_packer.naming import counted, fields
from board_packer.program import MARK, local_names, names_bound

_PURE = (
    ast.Constant, ast.Name, ast.Attribute, ast.JoinedStr, ast.FormattedValue, ast.BinOp, ast.operator,
    ast.expr_context, ast.Subscript, ast.Tuple,
)  # fmt: skip


def drop_unused(statements: list[ast.stmt], fixed: set[str]) -> None:
    """Drop, in place, until nothing more can go. `fixed`: names that something outside may go by."""
    while _drop_parameters(statements, fixed) or _drop_stores(statements, fixed):
        pass


def _drop_parameters(statements: list[ast.stmt], fixed: set[str]) -> bool:
    calls: dict[str, list[ast.Call]] = {}
    for statement in statements:
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Name, ast.Attribute)):
                said = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                calls.setdefault(said, []).append(node)
    uses, defined = counted(statements)
    dropped = False
    simple = {
        function.name for function, is_method in _functions(statements) if _is_simple(function, is_method)
    }
    for function, is_method in _functions(statements):
        name = function.name
        alone = defined[name] == 1 if is_method else MARK in name
        found = calls.get(name, [])
        if name in fixed or not alone or not found or len(found) != uses[name] or function.decorator_list:
            continue
        for parameter in _unread(function)[::-1]:
            if parameter > 0 or not is_method:
                dropped = _drop(function, parameter, found, int(is_method), simple) or dropped
    return dropped


def _functions(statements: list[ast.stmt], every: bool = False) -> Iterator[tuple[ast.FunctionDef, bool]]:
    """Yield each function with plain parameters, or `every` one, and whether it is a method."""
    for statement in statements:
        inside = statement.body if isinstance(statement, ast.ClassDef) else [statement]
        for one in inside:
            if isinstance(one, ast.FunctionDef):
                given = one.args
                starred = given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs
                if every or not (one.name.startswith("__") or starred):
                    yield one, isinstance(statement, ast.ClassDef)


def _is_simple(function: ast.FunctionDef, is_method: bool) -> bool:
    """Return whether a call of it has no effect: it returns something of what it is given, and no more."""
    if is_method or len(function.body) != 1 or not isinstance(function.body[0], ast.Return):
        return False
    return all(_has_no_effect(node, set()) for node in ast.walk(function.body[0].value or function))


def _has_no_effect(node: ast.AST, simple: set[str]) -> bool:
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Name) and node.func.id in simple
    return isinstance(node, _PURE)


def _unread(function: ast.FunctionDef) -> list[int]:
    """Return the places of parameters that the function never reads or writes."""
    said = {node.id for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)}
    return [at for at, one in enumerate(function.args.args) if one.arg not in said]


def _drop(function: ast.FunctionDef, place: int, calls: list[ast.Call], own: int, simple: set[str]) -> bool:
    """Drop one parameter with what calls give for it, if that has no other effect; return whether it was."""
    name = function.args.args[place].arg
    at = place - own
    for call in calls:
        if any(isinstance(one, ast.Starred) for one in call.args) or not all(
            one.arg for one in call.keywords
        ):
            return False
        given = [call.args[at]] if at < len(call.args) else []
        given += [one.value for one in call.keywords if one.arg == name]
        if not all(_has_no_effect(node, simple) for one in given for node in ast.walk(one)):
            return False
    for call in calls:
        del call.args[at : at + 1]
        call.keywords = [one for one in call.keywords if one.arg != name]
    defaults = function.args.defaults
    from_end = len(function.args.args) - place
    if from_end <= len(defaults):
        del defaults[len(defaults) - from_end]
    del function.args.args[place]
    return True


def _drop_stores(statements: list[ast.stmt], fixed: set[str]) -> bool:
    """Drop what only gives a value to a variable or an attribute that nothing reads."""
    read = set(fixed)
    for statement in statements:
        for node in ast.walk(statement):
            read.update(str(field.value) for field in fields(node))
            if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Store):
                read.add(node.attr)
            elif isinstance(node, ast.ClassDef):
                read.update(name for one in node.body for name in names_bound(one))
            elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Attribute):
                stays = not all(_has_no_effect(part, set()) for part in ast.walk(node.value))
                read.update([node.target.attr] if stays else [])  # what stays reads what was
    dropped = False
    for function, _ in _functions(statements, True):
        known = {
            node.id
            for node in ast.walk(function)
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Store)
        }
        known |= {
            node.target.id
            for node in ast.walk(function)
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
        }
        variables = local_names(function) - known
        for node in ast.walk(function):
            for field in ("body", "orelse", "finalbody"):
                block = getattr(node, field, None)
                if isinstance(block, list):
                    kept = [one for one in block if not _is_unread(one, variables, read)]
                    if len(kept) < len(block):
                        dropped = True
                        setattr(node, field, kept or ([ast.Pass()] if field == "body" else []))
    return dropped


def _is_unread(statement: ast.stmt, variables: set[str], read: set[str]) -> bool:
    """Return whether a statement only gives a value to something that nothing reads."""
    if isinstance(statement, ast.AugAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        targets = statement.targets  # type: ignore[assignment]
    else:
        return False
    target = targets[0]
    if isinstance(target, ast.Name):
        unread = target.id in variables and isinstance(statement, ast.Assign)
    elif isinstance(target, ast.Attribute):
        unread = target.attr not in read and isinstance(target.value, ast.Name)
    else:
        unread = False
    return unread and all(_has_no_effect(node, set()) for node in ast.walk(statement.value))
