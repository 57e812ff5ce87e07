"""Functions that are called from one place go there: one costs some 25 bytes of code, 24 of heap. Host only.

Readers want small functions with names; a board has no use for them. What is moved does the same in the same
order: arguments are evaluated where the call was, results land where it left them, and a call whose place
in its statement does not allow that stays. Methods are moved within their class only, and only if no other
class knows an attribute of that name.
"""

import ast
from collections import Counter
from collections.abc import Iterator

from board_packer.moving import moved
from board_packer.naming import counted
from board_packer.program import MARK

Function = ast.FunctionDef
MOVED = "\N{DAGGER}"  # between the name of a moved variable and the number of the move
_NEVER = (ast.Lambda, ast.ClassDef, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal)


def inline(statements: list[ast.stmt], fixed: set[str]) -> list[ast.stmt]:
    """Return the program with what can be moved moved. `fixed`: names that something outside may go by."""
    count = 0
    while True:
        pairs = list(_pairs(statements, fixed))
        gone: set[int] = set()
        for function, caller, call in pairs:
            if id(function) in gone or id(caller) in gone:
                continue  # in the next round
            if _move(function, caller, call, count):
                gone.add(id(function))
                count += 1
        if not gone:
            return statements
        statements = [statement for statement in statements if id(statement) not in gone]
        for statement in statements:
            if isinstance(statement, ast.ClassDef):
                statement.body = [one for one in statement.body if id(one) not in gone] or [ast.Pass()]


def _pairs(statements: list[ast.stmt], fixed: set[str]) -> Iterator[tuple[Function, Function, ast.Call]]:
    """Yield each function that is called from one place, the function around that place, and the call."""
    uses, defined = counted(statements)
    functions = {
        one.name: one
        for one in statements
        if isinstance(one, Function) and one.name not in fixed and _may_move(one)
    }
    for statement in statements:
        if isinstance(statement, Function):
            yield from _called(statement, functions, uses, None)
        elif isinstance(statement, ast.ClassDef):
            methods = {
                one.name: one
                for one in statement.body
                if isinstance(one, Function)
                and _may_move(one)
                and one.args.args
                and defined[one.name] == 1
                and one.name not in fixed
            }
            for one in statement.body:
                if isinstance(one, Function):
                    yield from _called(one, functions, uses, methods)


def _may_move(function: Function) -> bool:
    given = function.args
    if given.vararg or given.kwarg or given.kwonlyargs or given.posonlyargs or function.decorator_list:
        return False
    if function.name.startswith("__") or not all(isinstance(one, ast.Constant) for one in given.defaults):
        return False
    inside = [node for statement in function.body for node in ast.walk(statement)]
    said = any(isinstance(node, ast.Name) and node.id in ("super", "locals") for node in inside)
    return not said and not any(isinstance(node, (*_NEVER, Function)) for node in inside)


def _called(
    caller: Function,
    functions: dict[str, Function],
    uses: "Counter[str]",
    methods: dict[str, Function] | None,
) -> Iterator[tuple[Function, Function, ast.Call]]:
    inside = [node for statement in caller.body for node in ast.walk(statement)]
    if any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in inside):
        return
    for node in inside:
        if not isinstance(node, ast.Call):
            continue
        found = None
        if isinstance(node.func, ast.Name) and MARK in node.func.id and uses[node.func.id] == 1:
            found = functions.get(node.func.id)
        elif isinstance(node.func, ast.Attribute) and methods and isinstance(node.func.value, ast.Name):
            own = caller.args.args and node.func.value.id == caller.args.args[0].arg
            if own and uses[node.func.attr] == 1:
                found = methods.get(node.func.attr)
        if found is not None and found is not caller:
            yield found, caller, node


def _move(function: Function, caller: Function, call: ast.Call, number: int) -> bool:
    """Put the function's body in the place of the call, if that can be; return whether it was."""
    for block in _blocks(caller):
        for at, statement in enumerate(block):
            if any(node is call for part in _own_parts(statement) for node in ast.walk(part)):
                new = moved(function, call, statement, f"{MOVED}{number}")
                if new is None:
                    return False
                block[at : at + 1] = new
                return True
    return False


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements in a function, not in functions inside."""
    for _, value in ast.iter_fields(node):
        if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
            yield value
            for statement in value:
                if not isinstance(statement, (Function, ast.ClassDef)):
                    yield from _blocks(statement)
        elif isinstance(value, list):
            for one in value:
                if isinstance(one, ast.ExceptHandler):
                    yield from _blocks(one)


def _own_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """The expressions of a statement itself, not of the statements in it."""
    if isinstance(statement, Function):
        return
    for part in ast.iter_child_nodes(statement):
        if not isinstance(part, (ast.stmt, ast.ExceptHandler)):
            yield part
