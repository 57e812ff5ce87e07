"""The node's half under a real MicroPython: the same answers as CPython's, and how much heap they take."""

import contextlib
import io
from pathlib import Path

import pytest

from tests import micropython
from tests.codecs import both_sides

NODE_HALF = sorted(
    path
    for path in micropython.CODECS.glob("*.py")
    if path.stem != "__init__" and "Host only" not in path.read_text(encoding="utf-8")
)
ROUNDS = 40

HEAP_PIECES = (
    "",
    """
from farwire_codecs import batch
from farwire_codecs.schema import Channel, plain
schema = plain(3, (Channel(1, 103), Channel(2, 104), Channel(3, 115), Channel(4, 116)))
""",
    """
def values(index):
    return ((215 + index % 3,), (93 + index % 2,), (10132 - index // 5,), (360,))
records = [batch.Record(1000 + index, 60 * index, values(index)) for index in range(48)]
""",
    "print(batch.encode(schema, records, 60 * 48 * 1000, 222, False, False)[1])",
)


@pytest.mark.parametrize("path", NODE_HALF, ids=[path.stem for path in NODE_HALF])
def test_module_of_the_node_compiles_for_boards(path: Path) -> None:
    assert micropython.compile_module(path)[:1] == b"M"


def test_micropython_imports_all_of_the_nodes_half() -> None:
    source = "\n".join(f"import farwire_codecs.{path.stem}" for path in NODE_HALF)

    assert micropython.run(source + "\nprint('imported')", [micropython.CODECS]) == "imported\n"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_micropython_gives_the_same_answers(seed: int) -> None:
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        both_sides.main(seed, ROUNDS)  # type: ignore[no-untyped-call]

    source = Path(both_sides.__file__).read_text() + f"\nmain({seed}, {ROUNDS})\n"
    there = micropython.run(source, [micropython.CODECS])

    assert there.splitlines() == here.getvalue().splitlines()


def test_encoding_a_batch_takes_less_than_eight_kilobytes_of_a_boards_heap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bare, imported, held, encoded = micropython.run_pieces(HEAP_PIECES, [micropython.CODECS], compiled=True)

    encoder = encoded.peak_bytes - held.live_bytes
    with capsys.disabled():
        codec = imported.live_bytes - bare.live_bytes
        print(
            f"\nMicroPython heap: batch codec {codec} bytes (0 where frozen), "
            f"48 records of 4 channels {held.live_bytes - imported.live_bytes}, encoding {encoder}"
        )
    assert encoded.stdout == "48\n"
    assert encoder < 8 * 1024


def test_traceback_of_micropython_names_the_line() -> None:
    with pytest.raises(micropython.MicroPythonError, match=r"(?s)before.*line 2.*ZeroDivisionError"):
        micropython.run("print('before')\n1 / 0")


def test_pieces_of_a_job_share_their_globals() -> None:
    first, second = micropython.run_pieces(["x = bytes(5000)", "print(len(x)); x = None"])

    assert second.stdout == "5000\n"
    assert first.live_bytes > second.live_bytes + 4000
