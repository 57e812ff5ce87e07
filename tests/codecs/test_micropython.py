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

HEAP_LIMIT = 12 * 1024  # issue 3: above the encoder's input

HEAP_PIECES = (
    "",
    """
from farwire_codecs import batch
from farwire_codecs.schema import Channel, Schema, Shape, plain
""",
    """
types = (103, 104, 115, 116, 132, 128, 113, 131, 2)
channels = tuple([Channel(at + 1, type_id) for at, type_id in enumerate(types)])
schema = Schema(3, channels, 60, (
    Shape(2, 0, False, 1, 215, 3, 255, 0),
    Shape(2, 0, False, 1, 93, 2, 0, -8),
    Shape(2, 1, False, 1, 10132, 4, 255, 0),
    Shape(2, 0, False, 2, 360, 2, 255, 0),
    Shape(45, 0, True, 1, 8, 3, 255, 0),
    Shape(10, 0, True, 3, 30, 5, 255, 0),
    Shape(2, 0, False, 3, 0, 4, 255, 0),
    Shape(2, 0, False, 3, 0, 4, 6, 8),
    Shape(2, 0, False, 3, 1000, 4, 255, 0),
    Shape(2, 2, False, 2, 81234567, 12, 255, 0),
    Shape(2, 0, False, 2, -500, 6, 0, 64),
))
state = 7

def below(n):
    global state
    state = (state * 1103515245 + 12345) % (1 << 31)
    return (state >> 12) % n

def recorded(count):
    temperature, humidity, pressure, voltage = 215, 93, 10132, 360
    sector, energy, analog = 8, 81234567, -500
    found = []
    for index in range(count):
        temperature += below(3) - 1
        humidity += below(3) - 1
        pressure += below(3) - 1
        voltage += below(3) - 1
        sector = (sector + below(3) - 1) % 16
        energy += 20 + below(3)
        analog += below(9) - 4
        shake = (below(16) - 8, below(16) - 8, 1000 + below(16))
        values = ((temperature,), (humidity,), (pressure,), (voltage,), (45 * sector + 1 >> 1,))
        values += ((5 * below(60),), shake, (energy,), (analog,))
        found.append(batch.Record(1000 + index, 40000000 + 60 * index, values))
    return tuple(found)

records = recorded(60)
end_ms = 1000 * (records[-1].time_s + 2)
""",
    "frame, count = batch.encode(schema, records, end_ms, 222)\nprint(count, len(frame))",
    "frame, count = batch.encode(plain(3, channels, 60), records, end_ms, 222)\nprint(count, len(frame))",
    """
import time
began = time.ticks_ms()
for _ in range(10):
    batch.encode(schema, records, end_ms, 222)
print(10 * count * 11 * 1000 // max(1, time.ticks_diff(time.ticks_ms(), began)))
""",
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


def test_encoding_a_full_batch_of_nine_channels_takes_less_than_twelve_kilobytes_of_a_boards_heap(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes = micropython.run_pieces(HEAP_PIECES, [micropython.CODECS], compiled=True)
    bare, imported, held, shaped, plain, timed = outcomes

    shaped_bytes = shaped.peak_bytes - held.live_bytes
    plain_bytes = plain.peak_bytes - shaped.live_bytes
    with capsys.disabled():
        print(
            f"\nMicroPython heap: codec {imported.live_bytes - bare.live_bytes} bytes (0 where frozen), "
            f"60 records of 9 channels {held.live_bytes - imported.live_bytes}, encoding 222 bytes "
            f"{shaped_bytes} with shapes and {plain_bytes} without, garbage included; "
            f"{timed.stdout.strip()} readings/s"
        )
    assert min(int(shaped.stdout.split()[0]), int(plain.stdout.split()[0])) >= 25
    assert (
        min(int(shaped.stdout.split()[1]), int(plain.stdout.split()[1])) >= 215
    )  # full: a record takes 7 bytes or so
    assert max(shaped_bytes, plain_bytes) < HEAP_LIMIT


def test_traceback_of_micropython_names_the_line() -> None:
    with pytest.raises(micropython.MicroPythonError, match=r"(?s)before.*line 2.*ZeroDivisionError"):
        micropython.run("print('before')\n1 / 0")


def test_pieces_of_a_job_share_their_globals() -> None:
    first, second = micropython.run_pieces(["x = bytes(5000)", "print(len(x)); x = None"])

    assert second.stdout == "5000\n"
    assert first.live_bytes > second.live_bytes + 4000
