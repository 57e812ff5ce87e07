"""Packs a program for a board into one module: what it needs, and nothing else. Host only.

python hardware/board_main/pack.py ENTRY OUT.py    (ENTRY: a module, e.g. board_main.main)

One .mpy out of a hundred saves the names that each of them would carry, and most of the dictionaries that
their import would take of a board's heap. What is done, in this order: modules become one namespace; whole
numbers that never change take the place of their names; definitions, methods and assertions that nothing
needs, type hints and docstrings go; errors' texts become numbers, and names of our own short ones
(OUT.py.names tells what they stand for). The program does what it did: a test runs a whole node packed.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import product
from keyword import kwlist
from pathlib import Path
from string import ascii_letters

from board_main.program import BUILTINS, PackError, Program, local_names, names_bound

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {
    "farwire_codecs": ROOT / "codecs/farwire_codecs",
    "farwire_node": ROOT / "node/farwire_node",
    "board_main": ROOT / "hardware/board_main",
}
Key = tuple[str, str]  # module, name

# Modules that speak to the interpreter's own objects (pins, buses, files, the radio's driver): the attributes
# that they use keep their names, in the whole program.
EDGES = ("board_main.", "farwire_node.drivers.", "farwire_node.aes_board", "farwire_node.file_storage")
# Attributes of built-in objects.
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
}


class Packer:
    """One program's way into one module."""

    def __init__(self, entry: str, folders: dict[str, Path] | None = None) -> None:
        self.entry = entry
        self.program = Program(entry, {**FOLDERS, **(folders or {})})
        self.statements: list[tuple[Key, ast.stmt]] = []  # each with one of the names that it gives
        self.constants: dict[Key, ast.expr] = {}
        self.messages: list[str] = []  # the texts of errors; the pack has their numbers, from 1 on
        self.names: dict[str, str] = {}  # the short ones, as a crash report has them

    def source(self, keep: tuple[str, ...]) -> str:
        """Return the pack's text; `keep`: names of the entry that users go by, () for all that are public."""
        keep = keep or self._public()
        for name, module in self.program.modules.items():
            for statement in module.statements:
                bare = _Bare(name, self.messages).visit(statement)
                if bare is None:
                    continue
                resolved = _Resolve(self.program, name, self.constants).visit(bare)
                if not self._is_constant(name, resolved):
                    self.statements.append(((name, next(names_bound(resolved))), resolved))
        roots = {_spelled(self.program.resolve(self.entry, name)) for name in keep}
        kept = _needed([statement for _, statement in self.statements], roots)
        return self._renamed(kept, {*keep})

    def _public(self) -> tuple[str, ...]:
        """The functions and classes of the entry that users may go by."""
        given = self.program.modules[self.entry].statements
        names = [statement.name for statement in given if isinstance(statement, _GIVERS)]
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
        module = ast.Module(kept, [])
        uses: Counter[str] = Counter()
        ours: set[str] = set()
        fixed = self._fixed(kept) | BUILTINS | set(self.program.external) | {"self"}
        for node in ast.walk(module):
            for name in _names(node):
                uses[name] += 1
            ours.update(_defined_attributes(node))
            if isinstance(node, ast.arg):
                ours.add(node.arg)
        taken = set(uses) | BUILTINS | set(kwlist) | set(self.program.external)
        alone = ours - _spoken(module)  # only ever behind a dot: a global may be called like it
        by_use = [name for name, _ in sorted(uses.items(), key=lambda pair: (-pair[1], pair[0]))]
        inside = [name for name in by_use if MARK not in name and name in ours and name not in fixed]
        renamed = dict(zip(inside, _short_names(taken), strict=False))
        short = _short_names(taken | {renamed[name] for name in inside if name not in alone})
        for name in by_use:
            owner, mark, plain = name.partition(MARK)
            if mark:
                public = (owner == self.entry and plain in keep) or plain.endswith("Error")
                renamed[name] = plain if public else next(short)
        self.names = {name.replace(MARK, "."): given for name, given in renamed.items()}
        _Rename(renamed).visit(module)
        used = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
        imports = sorted({text for name, text in self.program.external.items() if name in used})
        return "\n".join([*imports, ast.unparse(ast.fix_missing_locations(module)), ""])

    def _fixed(self, kept: list[ast.stmt]) -> set[str]:
        """The names that stay: used at the edges, of built-in objects, or spelled in a text."""
        fixed = set(FOREIGN)
        for key, statement in self.statements:
            if key[0].startswith(EDGES):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Attribute) and not node.attr.startswith("_"):
                        fixed.add(node.attr)
                    elif isinstance(node, ast.keyword) and node.arg:
                        fixed.add(node.arg)
        for statement in kept:
            fields = {id(field) for node in ast.walk(statement) for field in _fields(node)}
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and _is_foreign(node.func):
                    fixed.update(keyword.arg for keyword in node.keywords if keyword.arg)
                elif (
                    isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in fields
                ):
                    fixed.add(node.value)
        return fixed


MARK = "\N{MIDDLE DOT}"  # between module and name of a global while it is on its way
_GIVERS = (ast.FunctionDef, ast.ClassDef)


def _spelled(key: Key | None) -> str:
    if key is None:
        raise PackError("a name that users go by is not defined")
    return MARK.join(key)


class _Bare(ast.NodeTransformer):
    """Leaves out docstrings, type hints, assertions, and methods that only say that they are not there; puts
    numbers in the place of errors' texts."""

    def __init__(self, module: str, messages: list[str]) -> None:
        self._module = module
        self._messages = messages

    def visit_Raise(self, node: ast.Raise) -> ast.Raise:
        call = node.exc
        if isinstance(call, ast.Call) and call.args and _is_sentence(call.args[0]):
            text = ast.unparse(call.args[0])
            self._messages.append(f"{len(self._messages) + 1} {self._module}:{node.lineno} {text}")
            call.args[0] = ast.Constant(len(self._messages))
        self.generic_visit(node)
        return node

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


class _Resolve(ast.NodeTransformer):
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

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if any(node.id in scope for scope in self._scopes):
            return node
        if self._classes and not self._scopes and node.id in self._classes[-1]:
            return node
        key = self._program.resolve(self._module, node.id)
        if key is None:
            return node
        if isinstance(node.ctx, ast.Load) and key in self._constants:
            return self._constants[key]
        return ast.Name(_spelled(key), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        module = self._as_module(node.value)
        if module is not None:
            key = self._program.resolve(module, node.attr)
            if key is None:
                raise PackError(f"{self._module}: {ast.unparse(node)} is not defined")
            return self._constants.get(key) or ast.Name(_spelled(key), node.ctx)
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


class _Rename(ast.NodeTransformer):
    """Puts the short names in."""

    def __init__(self, renamed: dict[str, str]) -> None:
        self._renamed = renamed

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._of(node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        node.attr = self._of(node.attr)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.name = self._of(node.name)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self.generic_visit(node)
        node.name = self._of(node.name)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.name = node.name and self._of(node.name)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._of(node.arg)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        node.arg = node.arg and self._of(node.arg)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        for field in _fields(node):
            field.value = self._of(str(field.value))
        return node

    def _of(self, name: str) -> str:
        return self._renamed.get(name, name)


def _needed(statements: list[ast.stmt], roots: set[str]) -> list[ast.stmt]:
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


def _number(node: ast.expr) -> ast.expr | None:
    """Return a whole number's or truth value's expression as a constant; None for anything else."""
    expression = ast.fix_missing_locations(ast.Expression(node))
    try:
        value = eval(compile(expression, "", "eval"), {"__builtins__": {}})  # noqa: S307 (our own source)
    except Exception:  # noqa: BLE001 (whatever it is, it is no plain number)
        return None
    return ast.Constant(value) if isinstance(value, int) else None


def _is_sentence(node: ast.expr) -> bool:
    plain = isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
    return plain or isinstance(node, ast.JoinedStr)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _fields(node: ast.AST) -> Iterator[ast.Constant]:
    """The names of fields in a call of namedtuple."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "namedtuple":
        for part in ast.walk(node.args[1]):
            if isinstance(part, ast.Constant):
                yield part


def _defined_attributes(node: ast.AST) -> Iterator[str]:
    """The attributes that our own code defines."""
    for field in _fields(node):
        yield str(field.value)
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr
    elif isinstance(node, ast.ClassDef):
        for statement in node.body:
            yield from (name for name in names_bound(statement) if not name.startswith("__"))


def _spoken(module: ast.Module) -> set[str]:
    """The names that stand without a dot somewhere: variables, parameters, what class bodies give."""
    found: set[str] = set()
    for node in ast.walk(module):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found.update(name for statement in node.body for name in names_bound(statement))
    return found


def _names(node: ast.AST) -> Iterator[str]:
    """All names in a node itself."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield node.name
        if isinstance(node, ast.ClassDef):
            for statement in node.body:
                yield from names_bound(statement)
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, (ast.keyword, ast.ExceptHandler)):
        name = node.arg if isinstance(node, ast.keyword) else node.name
        if name:
            yield name
    for field in _fields(node):
        yield str(field.value)


def _is_foreign(function: ast.expr) -> bool:
    """Whether a call may go to something that is none of ours."""
    if isinstance(function, ast.Attribute):
        return function.attr in FOREIGN
    return not (isinstance(function, ast.Name) and MARK in function.id)


def _short_names(taken: set[str]) -> Iterator[str]:
    for length in (1, 2, 3):
        for letters in product(ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in taken:
                yield name


if __name__ == "__main__":
    packer = Packer(sys.argv[1])
    Path(sys.argv[2]).write_text(packer.source(()), encoding="utf-8")
    notes = [*packer.messages, *sorted(f"{short} {name}" for name, short in packer.names.items()), ""]
    Path(sys.argv[2] + ".names").write_text("\n".join(notes), encoding="utf-8")
