"""What only readers, type checkers and developers see of a program goes. Host only."""

import ast


class Bare(ast.NodeTransformer):
    """Leaves out docstrings, type hints, assertions, and methods that only say that they are not there; puts
    numbers in the place of errors' texts."""

    def __init__(self, module: str, messages: list[str]) -> None:
        self._module = module
        self._messages = messages

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        made = ast.unparse(node.func)
        if made.endswith("Error") or made == "super().__init__":  # an error may make its own text
            self._number(node)
        return node

    def _number(self, call: ast.Call) -> None:
        """Put a number in the place of a text."""
        if call.args and _is_sentence(call.args[0]):
            text = ast.unparse(call.args[0])
            self._messages.append(f"{len(self._messages) + 1} {self._module}:{call.lineno} {text}")
            call.args[0] = ast.Constant(len(self._messages))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        if node.value is None:
            return None
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))  # type: ignore[no-any-return]

    def visit_Assert(self, _node: ast.Assert) -> None:
        return None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef | None:
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        body = [statement for statement in node.body if not _is_text(statement)]
        if (
            len(body) == 1
            and isinstance(body[0], ast.Raise)
            and "NotImplementedError" in ast.unparse(body[0])
        ):
            return None
        node.body = body
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.body = [statement for statement in node.body if not _is_text(statement)] or [ast.Pass()]
        return node


class Comprehensions(ast.NodeTransformer):
    """Gives the variables of comprehensions names of their own: they hide others inside, not around."""

    def __init__(self) -> None:
        self._count = 0

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Go inside first, then give the names of a comprehension itself."""
        super().generic_visit(node)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            targets = {
                inner.id
                for generator in node.generators
                for inner in ast.walk(generator.target)
                if isinstance(inner, ast.Name)
            }
            self._count += 1
            first = node.generators[0].iter
            outside = {id(inner) for inner in ast.walk(first)}
            for inner in ast.walk(node):
                if isinstance(inner, ast.Name) and inner.id in targets and id(inner) not in outside:
                    inner.id = f"{inner.id}_{self._count}_"
        return node


def _is_sentence(node: ast.expr) -> bool:
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    return plain or isinstance(node, ast.JoinedStr)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
