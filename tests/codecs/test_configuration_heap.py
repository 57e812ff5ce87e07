"""What the largest configuration takes of a board's heap, under a real MicroPython."""

import pytest

from tests import micropython

PIECES = (
    "from farwire_codecs import configuration",
    """
settings = [configuration.Setting(configuration.HIGH, n, (-1) ** n * (2**31 - 7 * n)) for n in range(186)]
frames = configuration.pieces(tuple(settings), 51)
running = configuration.encode_document(tuple(settings[1:]))
settings = None
""",
    """
assembly = configuration.Assembly()
for frame in frames[:-1]:
    assembly.take(frame)
""",
    "transfer = assembly.take(frames[-1])",
    "print(len(configuration.result(transfer, running)))",
)


def test_the_largest_configuration_takes_few_kilobytes(capsys: pytest.CaptureFixture[str]) -> None:
    imported, ready, held, complete, applied = micropython.run_pieces(
        PIECES, [micropython.CODECS], compiled=True
    )

    pieces = held.live_bytes - ready.live_bytes
    with capsys.disabled():
        print(
            f"\nMicroPython heap: configuration codec {imported.live_bytes} bytes (0 where frozen), "
            f"pieces of the largest document {pieces}, checking it {applied.peak_bytes - complete.live_bytes}"
            " before any collection"
        )
    assert int(applied.stdout) > 1000
    assert pieces < 5 * 1024  # a pool of the interpreter's for names, 2 KB, may fall into them
