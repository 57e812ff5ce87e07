"""What the packed node is tried with: two hours with loss, as test_whole_node.py has them."""

from farwire_node.lorawan.regions.eu868 import EU868
from tests.node.program import whole_node
from tests.node.program.whole_node import Board

ONLY = ("farwire_node.lorawan.regions.eu868.EU868",)  # as the entries of boards have it
HOUR_MS = 3_600_000


def run(region: object = EU868) -> None:
    """Print what the board did."""
    board = Board(region, 3, 30, 512, 7)
    board.advance(2 * HOUR_MS)
    board.node.stop_sampling()
    board.advance(HOUR_MS)
    whole_node.check(board)
    print(repr((board.sampled, sorted(board.network.records), board.network.frames, board.network.downlinks)))
