"""Every global of a program by its module and name. Host only."""

import ast

from board_packer.program import MARK, Key, PackError, Program, local_names, names_bound, spelled


class Resolve(ast.NodeTransformer):
    """Writes each global as its module and name, and each whole number's name as the number."""

    def __init__(self, program: Program, module: str, constants: dict[Key, ast.expr]) -> None:
        self._program = program
        self._module = module
        self._constants = constants
        self._scopes: list[set[str]] = []
        self._classes: list[set[str]] = []  # names of the class bodies that are being read

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        self._defaults(node.args)
        if not self._scopes and not self._classes:
            node.name = self._module + MARK + node.name
        self._inside(node, node.body)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._defaults(node.args)
        self._inside(node, node)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.bases = [self.visit(base) for base in node.bases]
        own = {name for statement in node.body for name in names_bound(statement)}
        if not self._scopes:
            node.name = self._module + MARK + node.name
        self._classes.append(own)
        for at, statement in enumerate(node.body):
            node.body[at] = self.visit(statement)
        self._classes.pop()
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        missing = isinstance(node.func, ast.Constant) and node.func.value is None
        return node.func if missing else node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if any(node.id in scope for scope in self._scopes):
            return node
        if self._classes and not self._scopes and node.id in self._classes[-1]:
            return node
        key = self._program.resolve(self._module, node.id)
        if key is None:
            return node
        if key in self._program.never:
            return ast.Constant(None)
        if isinstance(node.ctx, ast.Load) and key in self._constants:
            return self._constants[key]
        return ast.Name(spelled(key), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        module = self._as_module(node.value)
        if module is not None:
            key = self._program.resolve(module, node.attr)
            if key is None:
                raise PackError(f"{self._module}: {ast.unparse(node)} is not defined")
            if key in self._program.never:
                return ast.Constant(None)
            return self._constants.get(key) or ast.Name(spelled(key), node.ctx)
        self.generic_visit(node)
        return node

    def _as_module(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Name) and not any(node.id in scope for scope in self._scopes):
            return self._program.submodule(self._module, node.id)
        return None

    def _defaults(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(one) for one in arguments.defaults]
        arguments.kw_defaults = [one and self.visit(one) for one in arguments.kw_defaults]

    def _inside(self, function: ast.FunctionDef | ast.Lambda, body: list[ast.stmt] | ast.Lambda) -> None:
        classes, self._classes = self._classes, []
        self._scopes.append(local_names(function))
        if isinstance(body, ast.Lambda):
            body.body = self.visit(body.body)
        else:
            for at, statement in enumerate(body):
                body[at] = self.visit(statement)
        self._scopes.pop()
        self._classes = classes
