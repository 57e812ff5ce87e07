"""A board's program as it is packed for a test: the driver of its one sensor in it, its modules given."""

from board_main import main
from farwire_codecs.schema import Channel
from farwire_node.lorawan.regions.eu868 import EU868
from farwire_node.sensors.sensor import Sensor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ONLY = ("farwire_node.lorawan.regions.eu868.EU868",)  # as the entries of boards have it


class Sawtooth(Sensor):
    """A temperature that rises from 20 to 22 degrees, again and again."""

    def __init__(self, rail: object) -> None:
        self.channels = (Channel(1, 103),)
        self.rail = rail
        self.at = 0

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        self.at = (self.at + 1) % 20
        return ((200 + self.at,),)


def start(*given: object) -> "Callable[[], None]":
    return main.start(EU868, *given, lambda rail: (Sawtooth(rail),)).turn
