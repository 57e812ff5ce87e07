"""What of a program its roots need. Host only."""

import ast

from board_packer.program import names_bound


def needed(statements: list[ast.stmt], roots: set[str]) -> list[ast.stmt]:
    """Return the statements that the roots need, in their order; methods that nobody calls left out."""
    givers = {name: statement for statement in statements for name in names_bound(statement)}
    search = _Search(givers)
    search.todo.extend(givers[name] for name in roots)
    wanted = search.run()
    kept = [statement for statement in statements if id(statement) in wanted]
    for statement in kept:
        if isinstance(statement, ast.ClassDef):
            inside = [s for s in statement.body if not isinstance(s, ast.FunctionDef) or id(s) in wanted]
            statement.body = inside or [ast.Pass()]
    return kept


class _Search:
    """What is needed: by its name, or, as a method, by an attribute of its name."""

    def __init__(self, givers: dict[str, ast.stmt]) -> None:
        self._givers = givers
        self.todo: list[ast.stmt] = []
        self._wanted: set[int] = set()
        self._attributes: set[str] = set()
        self._waiting: dict[str, list[ast.FunctionDef]] = {}

    def run(self) -> set[int]:
        """Return the ids of the nodes of all that is needed."""
        while self.todo:
            node = self.todo.pop()
            if id(node) in self._wanted:
                continue
            self._wanted.add(id(node))
            for part in self._parts(node):
                for found in ast.walk(part):
                    self._find(found)
        return self._wanted

    def _parts(self, node: ast.stmt) -> list[ast.AST]:
        """Return what of it is needed at once: of a class all but its methods, which wait to be called."""
        if not isinstance(node, ast.ClassDef):
            return [node]
        parts: list[ast.AST] = [*node.bases]
        for inner in node.body:
            if not isinstance(inner, ast.FunctionDef):
                parts.append(inner)
            elif inner.name.startswith("__") or inner.name in self._attributes:
                self.todo.append(inner)
            else:
                self._waiting.setdefault(inner.name, []).append(inner)
        return parts

    def _find(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and node.id in self._givers:
            self.todo.append(self._givers[node.id])
        name = node.attr if isinstance(node, ast.Attribute) else None
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            name = node.value  # getattr may go by it
        if name is not None and name not in self._attributes:
            self._attributes.add(name)
            self.todo.extend(self._waiting.get(name, ()))
