"""Short names, the most used ones first: what a name costs in an .mpy. Host only.

An .mpy (version 6) lists each name once, and code says it by its place in that list: in one byte up to place
127, in two above. So globals, attributes and parameters are named apart from each other out of the same short
names, variables inside functions cost nothing, and an expression that is never evaluated comes first and
lists the names that are used most. MicroPython looks globals, attributes and parameters up in different
tables; where two of these meet (keywords, the bodies of classes) a name belongs to one of them alone.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from itertools import product
from keyword import kwlist
from string import ascii_letters

from board_packer.program import BUILTINS, MARK, PackError, local_names, names_bound

ATTRIBUTE = "\N{BULLET}"  # before an attribute's name while it is on its way
PARAMETER = "\N{SECTION SIGN}"  # before a parameter's place
PARAMETERS = 10  # that have short names of their own; further ones cost a byte more
LISTED = 126  # names that come first; some places are taken before them


class Names:
    """Renames one program: `keep` are the names of `entry` that users go by, `fixed` attributes that stay."""

    def __init__(self, entry: str, keep: set[str], fixed: set[str]) -> None:
        self._entry = entry
        self._keep = keep
        self._fixed = fixed
        self.given: dict[str, str] = {}  # what was: what it is called now

    def rename(self, module: ast.Module, externals: set[str]) -> ast.Module:
        """Return the program with short names. `externals`: what its imports are known by."""
        keywords = {node.arg for node in ast.walk(module) if isinstance(node, ast.keyword) and node.arg}
        keeps = {self._entry + MARK + name for name in self._keep}
        marked = _Mark(_attributes(module, keywords) - self._fixed, keywords, keeps).visit(module)
        uses = Counter(said for node in ast.walk(marked) for said in _said(node))
        taken = {name for name in uses if not _is_ours(name)} | BUILTINS | set(kwlist) | externals
        for name in uses:
            if MARK in name and (name in keeps or name.endswith("Error")):
                self.given[name] = name.partition(MARK)[2]
        taken |= set(self.given.values())
        alone = {ATTRIBUTE + name for name in keywords} | set(_of_class_bodies(marked))
        self._give(uses, alone, taken)
        renamed: ast.Module = ast.fix_missing_locations(_Rename(self.given).visit(marked))
        first = _list_first(renamed)
        for node in ast.walk(renamed):
            if _is_named_tuple(node):  # one text takes two bytes a field less than a tuple of them
                node.args[1] = ast.Constant(" ".join(str(field.value) for field in fields(node)))  # type: ignore[attr-defined]
        renamed.body.insert(0, first)
        return ast.fix_missing_locations(renamed)

    def _give(self, uses: "Counter[str]", alone: set[str], taken: set[str]) -> None:
        by_use = [name for name, _ in sorted(uses.items(), key=lambda pair: (-pair[1], pair[0]))]
        mine = [name for name in by_use if _is_ours(name) and name not in self.given]
        short = _short_names(taken)
        parameters = [next(short) for _ in range(PARAMETERS)]
        for name in mine:
            if name in alone:
                self.given[name] = next(short)
            elif name.startswith(PARAMETER):
                place = int(name[1:])
                self.given[name] = parameters[place] if place < PARAMETERS else f"p{place}"
        shared = list(short)
        attributes, names = iter(parameters + shared), iter(shared)
        for name in mine:
            if name not in self.given:
                self.given[name] = next(attributes) if name.startswith(ATTRIBUTE) else next(names)

    def legend(self) -> list[str]:
        """Return a line a name: what a short one stands for; attributes with a dot in front."""
        return sorted(
            f"{short} {name.replace(ATTRIBUTE, '.').replace(MARK, '.')}"
            for name, short in self.given.items()
            if not name.startswith(PARAMETER) and name.partition(MARK)[2] != short
        )


class _Mark(ast.NodeTransformer):
    """Tells attributes, parameters and variables from each other; variables get their names at once."""

    def __init__(self, attributes: set[str], keywords: set[str], keeps: set[str]) -> None:
        self._attributes = attributes
        self._keywords = keywords
        self._keeps = keeps
        self._functions: list[dict[str, str]] = []  # of the functions around: what each name became
        self._classes: list[set[str]] = []  # names of the class bodies around that are no functions' matter
        self._parameters = self._variables = 0  # so far, in the outermost function

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.decorator_list = [self.visit(one) for one in node.decorator_list]
        self._inside(node, node.name in self._keeps)
        node.name = self._defined(node.name)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._inside(node, False)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        if self._functions:
            raise PackError(f"{node.name}: a class inside a function")
        node.bases = [self.visit(base) for base in node.bases]
        self._classes.append({name for statement in node.body for name in names_bound(statement)})
        node.body = [self.visit(statement) for statement in node.body]
        self._classes.pop()
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        self.generic_visit(node)
        if _is_named_tuple(node.value) and isinstance(node.targets[0], ast.Name):
            node.value.args[0] = ast.Constant(node.targets[0].id)  # type: ignore[attr-defined]
        return node

    def visit_Name(self, node: ast.Name) -> ast.Name:
        for mapping in reversed(self._functions):
            if node.id in mapping:
                node.id = mapping[node.id]
                return node
        if not self._functions and self._classes and node.id in self._classes[-1]:
            node.id = self._attribute(node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.ExceptHandler:
        self.generic_visit(node)
        node.name = node.name and self._functions[-1][node.name]
        return node

    def visit_alias(self, node: ast.alias) -> ast.alias:
        if self._functions:
            node.asname = self._functions[-1][node.asname or node.name]
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.Attribute:
        self.generic_visit(node)
        node.attr = self._attribute(node.attr)
        return node

    def visit_keyword(self, node: ast.keyword) -> ast.keyword:
        self.generic_visit(node)
        node.arg = node.arg and self._attribute(node.arg)
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        self.generic_visit(node)
        for field in fields(node):
            field.value = self._attribute(str(field.value))
        return node

    def visit_Global(self, node: ast.Global) -> None:
        raise PackError(f"line {node.lineno}: global {', '.join(node.names)}")

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        raise PackError(f"line {node.lineno}: nonlocal {', '.join(node.names)}")

    def _inside(self, function: ast.FunctionDef | ast.Lambda, keeps_parameters: bool) -> None:
        given = function.args
        given.defaults = [self.visit(one) for one in given.defaults]
        given.kw_defaults = [one and self.visit(one) for one in given.kw_defaults]
        if not self._functions:
            self._parameters = self._variables = 0
        mapping: dict[str, str] = {}
        for argument in arguments_of(given):
            if keeps_parameters:
                mapping[argument.arg] = argument.arg
            elif argument.arg in self._keywords:
                mapping[argument.arg] = self._attribute(argument.arg)
            else:
                mapping[argument.arg] = f"{PARAMETER}{self._parameters}"
                self._parameters += 1
            argument.arg = mapping[argument.arg]
        for name in sorted(local_names(function) - set(mapping)):
            mapping[name] = f"v{self._variables}"
            self._variables += 1
        self._functions.append(mapping)
        if isinstance(function, ast.Lambda):
            function.body = self.visit(function.body)
        else:
            function.body = [self.visit(statement) for statement in function.body]
        self._functions.pop()

    def _defined(self, name: str) -> str:
        if MARK in name:
            return name
        return self._functions[-1][name] if self._functions else self._attribute(name)

    def _attribute(self, name: str) -> str:
        return ATTRIBUTE + name if name in self._attributes else name


class _Rename(ast.NodeTransformer):
    """Puts the short names in."""

    def __init__(self, given: dict[str, str]) -> None:
        self._given = given

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Rename whatever a node says."""
        super().generic_visit(node)
        for field, value in ast.iter_fields(node):
            if isinstance(value, str) and _is_ours(value):
                setattr(node, field, self._given.get(value, value))
        return node


def fields(node: ast.AST) -> Iterator[ast.Constant]:
    """The names of fields in a call of namedtuple."""
    if _is_named_tuple(node):
        for part in ast.walk(node.args[1]):  # type: ignore[attr-defined]
            if isinstance(part, ast.Constant):
                yield part


def defined_by(node: ast.AST) -> Iterator[str]:
    """The attributes that a node itself defines: fields, what is stored, and the names of a class's body."""
    yield from (str(field.value) for field in fields(node))
    if isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
        yield node.attr
    elif isinstance(node, ast.ClassDef):
        yield from (name for statement in node.body for name in names_bound(statement))


def counted(statements: list[ast.stmt]) -> tuple["Counter[str]", "Counter[str]"]:
    """Return how often each name is said, and how often each attribute is defined."""
    uses: Counter[str] = Counter()
    defined: Counter[str] = Counter()
    for statement in statements:
        for node in ast.walk(statement):
            defined.update(defined_by(node))
            if isinstance(node, ast.Name):
                uses[node.id] += 1
            elif isinstance(node, ast.Attribute):
                uses[node.attr] += 1
    return uses, defined


def arguments_of(given: ast.arguments) -> list[ast.arg]:
    """All parameters of a function, in their order."""
    more = [one for one in (given.vararg, given.kwarg) if one is not None]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *more]


def _is_named_tuple(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "namedtuple"


def _is_ours(name: str) -> bool:
    return MARK in name or name.startswith((ATTRIBUTE, PARAMETER))


def _attributes(module: ast.Module, keywords: set[str]) -> set[str]:
    """The attributes that our own code defines, and the parameters that it calls by keyword."""
    found: set[str] = set()
    for node in ast.walk(module):
        found.update(defined_by(node))
        if isinstance(node, ast.arg) and node.arg in keywords:
            found.add(node.arg)
    return {name for name in found if not name.startswith("__")}


def _of_class_bodies(module: ast.Module) -> Iterator[str]:
    """The globals that class bodies look up while they run: there a name of theirs would hide them."""
    for one in module.body:
        if isinstance(one, ast.ClassDef):
            for node in _at_once(one.body):
                if isinstance(node, ast.Name) and MARK in node.id:
                    yield node.id


def _at_once(nodes: list[ast.stmt]) -> Iterator[ast.AST]:
    """Walk what runs when a class is made: not the functions' bodies."""
    todo: list[ast.AST] = list(nodes)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.FunctionDef):
            todo += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        else:
            todo += ast.iter_child_nodes(node)


def _said(node: ast.AST) -> Iterator[str]:
    """The names that code has to say for a node itself; variables inside functions cost none."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        yield from (node.name, node.name)  # as what it is stored, and its own
    elif isinstance(node, (ast.arg, ast.keyword)) and node.arg:
        yield node.arg
    for field in fields(node):
        yield str(field.value)


def _list_first(module: ast.Module) -> ast.stmt:
    """An expression that lists the most used names and is never evaluated."""
    inside = {f"v{at}" for at in range(1000)} | {f"p{at}" for at in range(1000)}
    uses = Counter(said for node in ast.walk(module) for said in _said(node) if said not in inside)
    chain: ast.expr = ast.Name("len", ast.Load())
    for name, _ in sorted(uses.most_common(LISTED), key=lambda pair: (-pair[1], pair[0])):
        chain = ast.Attribute(chain, name, ast.Load())
    never = ast.Compare(ast.Name("len", ast.Load()), [ast.Is()], [ast.Constant(None)])
    return ast.Expr(ast.BoolOp(ast.And(), [never, chain]))


def _short_names(taken: set[str]) -> Iterator[str]:
    for length in (1, 2):
        for letters in product(ascii_letters, repeat=length):
            name = "".join(letters)
            if name not in taken:
                yield name
