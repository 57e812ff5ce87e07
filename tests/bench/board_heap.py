"""What a node holds of a board's heap: MicroPython's WebAssembly build has 32-bit words, as boards have.

It collects garbage only between calls from outside, so the most that is live inside a call cannot be seen in
it: PEAK_BYTES was measured once, on a MicroPython for 32-bit Linux, as hardware/board_main/README.md tells.
"""

from functools import cache
from pathlib import Path

from tests import micropython
from tests.node.program import whole_node

GATE_BYTES = 48 * 1024
PEAK_BYTES = 35_808  # objects and work, of the packed program, its code frozen
IMPORTED_BYTES = 45_520  # what its import leaves: functions, classes, the module's names
IMPORTS = (
    "import farwire_node.node, farwire_node.lorawan.mac, farwire_node.lorawan.regions.eu868, farwire_node.aes"
)
# Nobody answers after the join, so the store fills up; the frame that comes in at last is a full one.
FILL = """
board = Board("EU868", 3, 0, 512, 7, SETTINGS, 8)
board.keep_truth = False
def some_turns():
    for _ in range(12):
        board.turn(10**12)
        if board.mac.joined:
            board.uplink = None
        board.turn_of_the_network()
"""
PIECES = 280
END = (
    "board.node.on_frame(bytes(range(255)), -90, 7, board.now_ms)",
    "board.network = None",
    "print(board.node.pending())",
)


@cache
def objects() -> tuple[int, int]:
    """Records held, and bytes of heap that all objects of a node with 8 sensors take beside its code."""
    script = Path(whole_node.__file__).read_text(encoding="utf-8")
    outcomes = micropython.run_pieces(
        [IMPORTS, script, FILL, *["some_turns()"] * PIECES, *END],
        [micropython.CODECS, micropython.NODE],
        heap_bytes=16 * 1024 * 1024,
        compiled=True,
    )
    return int(outcomes[-1].stdout), outcomes[-1].live_bytes - outcomes[1].live_bytes
