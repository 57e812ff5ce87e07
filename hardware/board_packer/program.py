"""A program as one namespace: modules in the order of import, each name with its global meaning. Host only.

For pack.py. Understands the way the node's two packages are written, and refuses anything else: imports, def,
class and assignments at module level, `from` imports of our own packages, no star imports.
"""

import ast
import builtins
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

Key = tuple[str, str]  # module, name
MARK = "\N{MIDDLE DOT}"  # between module and name of a global while it is on its way


class PackError(Exception):
    """A program that is not written in the way that this understands."""


@dataclass(slots=True)
class Module:
    """One module: its statements without what only readers and type checkers see, and what its names mean."""

    name: str
    statements: list[ast.stmt]
    # A name's meaning: a module of ours, a global of a module of ours, or something of the interpreter's.
    modules: dict[str, str] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)


class Program:
    """The modules that `entry` needs. `folders`: where each package of ours is found."""

    def __init__(self, entry: str, folders: dict[str, Path]) -> None:
        self.folders = folders
        self.modules: dict[str, Module] = {}  # in the order of import
        self.external: dict[str, str] = {}  # name in the pack: the import statement that gives it
        self._load(entry)
        self.never = self._said(entry, "NEVER")
        self.only = self._said(entry, "ONLY")

    def _said(self, entry: str, word: str) -> set[Key]:
        """Return the globals that the entry names under this word for the packer, and forget that it did."""
        module = self.modules[entry]
        said = [one for one in module.statements if word in names_bound(one)]
        module.statements = [one for one in module.statements if one not in said]
        found = set()
        for statement in said:
            for name in ast.literal_eval(statement.value):  # type: ignore[attr-defined]
                owner, _, plain = name.rpartition(".")
                if owner not in self.modules or plain not in self.modules[owner].defined:
                    raise PackError(f"{entry}: {word} says {name}, which is not in the program")
                found.add((owner, plain))
        return found

    def path(self, name: str) -> Path | None:
        """The file of a module of ours; None if there is none."""
        top, *rest = name.split(".")
        if top not in self.folders:
            return None
        base = self.folders[top].joinpath(*rest)
        if base.is_dir():
            return base / "__init__.py"
        path = base.with_suffix(".py")
        return path if path.exists() else None

    def resolve(self, module: str, name: str) -> tuple[str, str] | None:
        """The module and name that define a global; None for what is none of ours."""
        found = self.modules[module]
        if name in found.imported:
            return self.resolve(*found.imported[name])
        return (module, name) if name in found.defined else None

    def submodule(self, module: str, name: str) -> str | None:
        """The module of ours that `name` stands for in a module."""
        return self.modules[module].modules.get(name)

    def _load(self, name: str) -> None:
        path = self.path(name)
        if path is None:
            raise PackError(f"{name} is not found")
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = Module(name, [])
        self.modules[name] = module
        for statement in tree.body:
            if isinstance(statement, ast.If):
                if not (isinstance(statement.test, ast.Name) and statement.test.id == "TYPE_CHECKING"):
                    raise PackError(f"{name}:{statement.lineno}: an if at module level")
            elif isinstance(statement, ast.Import):
                for alias in statement.names:
                    self._external(alias.asname or alias.name, ast.unparse(statement))
            elif isinstance(statement, ast.ImportFrom):
                self._import(module, statement)
            elif isinstance(statement, (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.ClassDef)):
                module.statements.append(statement)
                module.defined.update(names_bound(statement))
            elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
                raise PackError(f"{name}:{statement.lineno}: {type(statement).__name__} at module level")
        del self.modules[name]
        self.modules[name] = module  # behind what it imports

    def _import(self, module: Module, statement: ast.ImportFrom) -> None:
        source = statement.module or ""
        for alias in statement.names:
            known = alias.asname or alias.name
            if source.split(".")[0] not in self.folders:
                self._external(known, f"from {source} import {alias.name} as {known}")
            elif self.path(f"{source}.{alias.name}") is not None:
                module.modules[known] = f"{source}.{alias.name}"
                self._need(f"{source}.{alias.name}")
            else:
                module.imported[known] = (source, alias.name)
                self._need(source)

    def _need(self, name: str) -> None:
        if name not in self.modules:
            self._load(name)

    def _external(self, known: str, statement: str) -> None:
        if self.external.setdefault(known, statement) != statement:
            raise PackError(f"{known} means two things: {statement}, {self.external[known]}")


def spelled(key: Key | None) -> str:
    """Return a global as it is called on its way."""
    if key is None:
        raise PackError("a name that users go by is not defined")
    return MARK.join(key)


def names_bound(statement: ast.stmt) -> Iterator[str]:
    """The names that a statement at module level or in a class gives a value."""
    if isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
        yield statement.name
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            yield from (node.id for node in ast.walk(target) if isinstance(node, ast.Name))
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        yield statement.target.id


def local_names(function: ast.FunctionDef | ast.Lambda) -> set[str]:
    """The names that belong to a function itself, not to one inside it."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    named += [one for one in (arguments.vararg, arguments.kwarg) if one is not None]
    found = {argument.arg for argument in named}
    body: Iterable[ast.AST] = function.body if isinstance(function, ast.FunctionDef) else [function.body]
    for node in _own(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (ast.ExceptHandler, ast.FunctionDef, ast.ClassDef)):
            found.update([node.name] if node.name else [])
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found.update(alias.asname or alias.name for alias in node.names)
    return found


def _own(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk, but not into functions inside."""
    for node in nodes:
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.Lambda)):
            yield from _own(ast.iter_child_nodes(node))


BUILTINS = frozenset(dir(builtins))
