"""What a packed node that sleeps without its memory is tried with: names and fields are short there."""

from farwire_node.lorawan.regions.eu868 import EU868
from tests.node.program import sleeping_node


def run(region: object = EU868) -> None:
    """Print what the board did, with and without sleep."""
    for line in sleeping_node.tell(region):
        print(line)
