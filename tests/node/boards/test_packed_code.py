"""What the packer does to code leaves what the code does."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from board_packer.pack import Packer
from board_packer.program import PackError


def packed(folder: Path, source: str, **modules: str) -> str:
    """The pack of a package `plant` whose module `main` has this source and a function `run`."""
    package = folder / "plant"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, text in {"main": source, **modules}.items():
        (package / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return Packer("plant.main", {"plant": package}).source(("run",))


def importable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package be imported from this test's folder, for the time of the test."""
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == "plant"]:
        monkeypatch.delitem(sys.modules, name)


def outcome(source: str, *arguments: object) -> Any:
    space: dict[str, Any] = {}
    exec(compile(source, "pack", "exec"), space)
    return space["run"](*arguments)


def defined(source: str) -> int:
    """How many functions a pack defines."""
    return source.count("def ")


CALLED_ONCE = {
    "as a statement, with an early return": """
        def check(log, x):
            if x < 0:
                log.append("negative")
                return
            log.append("fine")
        def run(x):
            log = []
            check(log, x)
            log.append("after")
            return log
    """,
    "for a value that several branches give": """
        def size(x):
            if x < 3:
                return "small"
            if x < 10:
                x = x - 3
                return "middle", x
            return None
        def run(x):
            found = size(x)
            return found, x
    """,
    "for what is returned, out of a loop": """
        def first(log, x):
            for at in range(10):
                log.append(at)
                if at == x:
                    return at, log
        def run(x):
            log = []
            return first(log, x)
    """,
    "inside an expression, after something with an effect": """
        def told(log, x):
            log.append("told")
            return x + 1
        def run(x):
            log = []
            return log.append("first") or told(log, x) if x else 7, log
    """,
    "inside a condition": """
        def doubled(x):
            twice = 2 * x
            return twice > 6
        def run(x):
            if doubled(x):
                return "large"
            elif x:
                return "some"
            return "none"
    """,
    "where an error is caught": """
        def risky(x):
            try:
                return 10 // x
            except ZeroDivisionError as error:
                return str(type(error))
        def run(x):
            try:
                return risky(x), [x for x in range(2)]
            finally:
                x = 0
    """,
    "with a comprehension that looks at what it was given": """
        def scaled(values, factor):
            wide = 2
            return [wide * value * factor for value in values if value != factor]
        def run(x):
            values = [1, 2, x]
            value = scaled(values, x)
            return value, values, x
    """,
    "with a parameter that it changes": """
        def counted(x, step=2):
            while x < 20:
                x += step
            return x
        def run(x):
            y = counted(x)
            return x, y
    """,
}


@pytest.mark.parametrize("source", CALLED_ONCE.values(), ids=CALLED_ONCE)
def test_a_function_called_from_one_place_does_the_same_wherever_it_is(tmp_path: Path, source: str) -> None:
    for x in (-1, 0, 2, 3, 5, 12):
        plain: dict[str, Any] = {}
        exec(compile(textwrap.dedent(source), "plain", "exec"), plain)
        folder = tmp_path / str(x)
        folder.mkdir()

        assert outcome(packed(folder, source), x) == plain["run"](x)


def test_a_method_called_from_one_place_goes_there(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        """
        class Tank:
            def __init__(self, level):
                self.level = level
            def fill(self, amount):
                self._add(amount)
                return self._told()
            def _add(self, amount):
                room = 10 - self.level
                self.level += min(room, amount)
            def _told(self):
                return self.level
        def run(amount):
            tank = Tank(4)
            return tank.fill(amount), tank.level
        """,
    )

    assert outcome(source, 3) == (7, 7)
    assert outcome(source, 30) == (10, 10)
    assert defined(source) == 3


def test_a_method_that_another_class_has_as_well_stays(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        """
        class Base:
            def run(self):
                return self.step()
            def step(self):
                return "base"
        class Own(Base):
            def step(self):
                return "own"
        def run():
            return Base().run(), Own().run()
        """,
    )

    assert outcome(source) == ("base", "own")


def test_what_only_an_errors_text_had_read_goes(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        """
        NAMES = {1: "pressure"}
        class OwnError(Exception):
            pass
        def name_of(key):
            return NAMES[key]
        def checked(name, value, high):
            if value > high:
                raise OwnError(f"{name} is {value}, expected at most {high}")
            return value
        def run(value):
            what = "the level"
            return checked(name_of(1), value, 5) + checked(f"{what} of {name_of(1)}", value, 9)
        """,
    )

    assert outcome(source, 4) == 8
    assert "pressure" not in source
    assert "level" not in source
    with pytest.raises(Exception, match=r"^1$"):
        outcome(source, 6)


def test_an_argument_that_has_an_effect_stays_though_nothing_reads_it(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        """
        def second(first, value):
            return value
        def run(log):
            return second(log.append("told"), 3), second(log.append("again"), 4), log
        """,
    )

    assert outcome(source, []) == (3, 4, ["told", "again"])


def test_an_attribute_goes_only_if_nothing_needs_what_it_holds(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        """
        class Ledger:
            def __init__(self):
                self.unread = 1
                self.counted = 0
                self.sent = 0
                self.summed = 0
            def book(self, log):
                self.unread += 1
                self.counted += len(log)
                self.summed += log.pop()
                self.sent += 1
                total = 0
                total += log.pop()
                return self.sent
        def run():
            log, ledger = [1, 2, 3], Ledger()
            return ledger.book(log), log
        """,
    )

    assert outcome(source) == (1, [1])


def test_names_are_looked_up_where_they_were(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        """
        from collections import namedtuple
        Pair = namedtuple("Pair", ("first", "second"))
        def first(pair):
            return pair.first
        class Holder:
            kind = Pair(1, 2)
            def __init__(self, first=Pair(3, 4)):
                self.first = first
            @property
            def second(self):
                return self.first.second
            @second.setter
            def second(self, value):
                self.first = Pair(self.first.first, value)
        def run(*, second=9):
            holder = Holder()
            holder.second = second
            return first(holder.first), holder.second, Holder.kind.first, [first for first in range(2)]
        """,
    )

    assert outcome(source) == (3, 9, 1, [0, 1])


REGIONS = """
    from collections import namedtuple
    Region = namedtuple("Region", ("name", "banks", "masks", "steps", "bands"))
    Band = namedtuple("Band", ("low_hz", "high_hz"))
    COMMON = {"name": "", "banks": (), "masks": False, "steps": 0, "bands": ()}
    def like(base, **differences):
        found = dict(base)
        found.update(differences)
        return Region(**found)
    EUROPE = like(COMMON, name="Europe", steps=7, bands=(Band(1, 2), Band(low_hz=3, high_hz=4)))
"""


def test_what_the_only_table_of_its_kind_says_is_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    importable(tmp_path, monkeypatch)
    source = packed(
        tmp_path,
        """
        from plant.regions import EUROPE
        ONLY = ("plant.regions.EUROPE",)
        def from_banks(region):
            return "from banks of " + region.name
        def run(region=EUROPE):
            if region.banks:
                return from_banks(region)
            if not region.masks and region.steps == 7:
                return "plain", region.steps, region.name, [band.high_hz for band in region.bands]
            return "masks"
        """,
        regions=REGIONS,
    )

    assert outcome(source) == ("plain", 7, "Europe", [2, 4])
    assert "update" not in source
    assert "banks of" not in source
    assert "'masks'" not in source


def test_only_a_named_tuple_can_be_the_only_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    importable(tmp_path, monkeypatch)
    with pytest.raises(PackError, match=r"ONLY says plant\.tables\.SIZE, which is no named tuple"):
        packed(
            tmp_path,
            "from plant.tables import SIZE\nONLY = ('plant.tables.SIZE',)\n\ndef run():\n    return SIZE\n",
            tables="SIZE = [3]\n",
        )


@pytest.mark.parametrize("word", ["global", "nonlocal"])
def test_what_names_cannot_be_kept_apart_in_is_refused(tmp_path: Path, word: str) -> None:
    source = f"def run(x):\n    def inner():\n        {word} x\n        x = 1\n    inner()\n    return x\n"

    with pytest.raises(PackError, match=word):
        packed(tmp_path, source)
