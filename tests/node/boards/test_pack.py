"""The packer: the same program in one module, small enough for a board."""

import contextlib
import io
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from board_packer.pack import Packer
from board_packer.program import PackError
from farwire_node.lorawan.regions.eu868 import EU868
from tests import micropython
from tests.bench import board_size
from tests.node.boards import packed_run
from tests.node.boards.board_run import HOUR_MS, SETTINGS
from tests.node.boards.fakes import Lora, Machine, Time
from tests.node.program.whole_node import Dice, Network

ROOT = Path(__file__).resolve().parents[3]
KB = 1024


def packed(tmp_path: Path, **sources: str) -> str:
    """The pack of a small package `ours` whose entry is `main` with a function `run`."""
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "__init__.py").touch()
    for name, source in sources.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(source), encoding="utf-8")
    return Packer("ours.main", {"ours": folder}).source(("run",))


def outcome(source: str, *arguments: object) -> Any:
    space: dict[str, Any] = {}
    exec(compile(source, "pack", "exec"), space)
    return space["run"](*arguments)


def test_a_packed_node_does_what_the_node_does(tmp_path: Path) -> None:
    source = Packer("tests.node.boards.packed_run", {"tests": ROOT / "tests"}).source(("run",))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        packed_run.run()
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "node.py").write_text(source, encoding="utf-8")

    there = micropython.run("from pack import node\nnode.run()", [folder])

    assert there == printed.getvalue()


def test_a_packed_board_calls_what_is_not_ours_by_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "farwire_node.aes_host", None)  # no board has it
    source = Packer("tests.node.boards.packed_board", {"tests": ROOT / "tests"}).source(("start",))
    space: dict[str, Any] = {}
    exec(compile(source, "pack", "exec"), space)
    time = Time()
    network = Network(Dice(5), 0, EU868.rx2_dr)
    machine, lora = Machine(time, False), Lora(time, network.answer)
    settings = {**SETTINGS, "folder": str(tmp_path)}

    turn = space["start"](settings, machine, lora, time, os, int)  # CPython collects by itself
    end_ms = time.ms + 2 * HOUR_MS
    while time.ms < end_ms:
        turn()

    assert network.joins == 1
    assert len(network.records) > 20


@pytest.mark.parametrize("entry", [board_size.ENTRY, board_size.WITH_FLASH])
def test_all_that_a_board_needs_is_under_96_kb(entry: str, capsys: pytest.CaptureFixture[str]) -> None:
    size = board_size.packed(entry)

    with capsys.disabled():
        print(f"\n{entry}, packed, mpy-cross -O3: {size} bytes of {board_size.GATE_BYTES}")
    assert size < board_size.GATE_BYTES == 96 * KB


def test_names_of_different_modules_stay_apart(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        one="def _helper(x):\n    return x + 1\n\ndef first(x):\n    return _helper(x)\n",
        main="from ours import one\n\ndef _helper(x):\n    return 10 * x\n\n"
        "def run(x):\n    return _helper(one.first(x))\n",
    )

    assert outcome(source, 4) == 50


def test_a_parameter_hides_a_global_of_its_name(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        main="""
        LIMIT = 7
        def inner(LIMIT):
            return [LIMIT + at for at in range(LIMIT)]
        def run(x):
            return inner(x), LIMIT, (lambda LIMIT: LIMIT)(3)
        """,
    )

    assert outcome(source, 2) == ([2, 3], 7, 3)


def test_whole_numbers_take_the_place_of_their_names(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        limits="A, B = 3, 4\nBOTH_BITS = A | B\nWORD = 'w'\n",
        main="from ours import limits\nfrom ours.limits import BOTH_BITS\n\n"
        "def run():\n    return limits.A, BOTH_BITS, limits.WORD\n",
    )

    assert "BOTH_BITS" not in source
    assert outcome(source) == (3, 7, "w")


def test_what_nobody_needs_is_left_out_and_what_an_attribute_may_name_is_not(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        main="""
        class Base:
            '''Text.'''
            def wanted(self) -> int:
                raise NotImplementedError
            def spare(self):
                return "spare"
        class Thing(Base):
            kind = 5
            def wanted(self):
                return self.kind
            def by_name(self):
                return "named"
        def unused():
            return "unused"
        def run(name: str):
            return Thing().wanted(), getattr(Thing(), "by_name")(), name
        """,
    )

    assert outcome(source, "x") == (5, "named", "x")
    assert all(word not in source for word in ("spare", "unused", "Text", "NotImplemented", "str"))


def test_named_fields_keep_what_they_mean(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        main="""
        from collections import namedtuple
        Pair = namedtuple("Pair", ("first", "second"))
        def swapped(pair, times=1):
            for _ in range(times):
                pair = Pair(first=pair.second, second=pair.first)
            return pair
        def run():
            one = swapped(pair=Pair(1, second=2), times=3)
            return tuple(one), one.first
        """,
    )

    assert outcome(source) == ((2, 1), 2)


def test_what_an_entry_says_that_it_never_reaches_is_left_out(tmp_path: Path) -> None:
    source = packed(
        tmp_path,
        shelves="class Memory:\n    kind = 'memory'\n\nclass Flash:\n    kind = 'flash'\n",
        main="""
        from ours.shelves import Flash, Memory
        NEVER = ("ours.shelves.Memory",)
        def run(shelf=None):
            return (Flash() or Memory()).kind
        """,
    )

    assert outcome(source) == "flash"
    assert "memory" not in source


def test_what_an_entry_never_reaches_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"ours\.main: NEVER says ours\.main\.gone"):
        packed(tmp_path, main="NEVER = ('ours.main.gone',)\n\ndef run():\n    return 1\n")


def test_an_errors_text_becomes_a_number_that_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    (folder / "main.py").write_text(
        "class OwnError(Exception):\n    pass\n\n"
        "def run(x):\n    raise OwnError(f'x is {x}, expected less')\n",
        encoding="utf-8",
    )
    packer = Packer("ours.main", {"ours": folder})

    with pytest.raises(Exception, match=r"^1$") as caught:
        outcome(packer.source(("run",)), 4)

    assert type(caught.value).__name__ == "OwnError"
    assert packer.messages == ["1 ours.main:5 f'x is {x}, expected less'"]


@pytest.mark.parametrize("statement", ["if 1:\n    x = 2\n", "for x in ():\n    pass\n", "print()\n"])
def test_what_the_packer_does_not_understand_is_refused(tmp_path: Path, statement: str) -> None:
    with pytest.raises(PackError, match=r"ours\.main:1"):
        packed(tmp_path, main=statement)


def test_the_packer_runs_by_itself_and_tells_what_names_stand_for(tmp_path: Path) -> None:
    out = tmp_path / "farwire.py"
    command = [sys.executable, str(ROOT / "hardware/board_packer/pack.py"), "board_main.eu868", str(out)]

    subprocess.run(command, check=True, timeout=120)

    assert "def run(" in out.read_text(encoding="utf-8")
    names = out.with_name("farwire.py.names").read_text(encoding="utf-8")
    assert " farwire_node.node.Node\n" in names
    assert " farwire_node.lorawan.frames:" in names


def test_a_packed_programs_report_is_explained_by_its_names(tmp_path: Path) -> None:
    notes = [
        "17 farwire_node.records.store:12 f'number {number} is not held'",
        "aB .release",
        "aB farwire_node.node._is_heard",
        "aC .poll",
    ]
    names = tmp_path / "farwire.py.names"
    names.write_text("\n".join(notes), encoding="utf-8")
    report = "crash 5c797858\nat main.py:<module> farwire.py:aC farwire.py:aB\nStorageError: 17\n"
    command = [sys.executable, str(ROOT / "hardware/board_packer/explain.py"), str(names)]

    done = subprocess.run(command, input=report, capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.splitlines() == [
        "crash 5c797858",
        "at main.py:<module> farwire.py:aC farwire.py:aB",
        "    aC: .poll",
        "    aB: .release or farwire_node.node._is_heard",
        "StorageError: 17",
        "    17: farwire_node.records.store:12 f'number {number} is not held'",
    ]
