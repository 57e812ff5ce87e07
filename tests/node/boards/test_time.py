"""A whole board on our own MAC asks a network for the time, which answers as ChirpStack does."""

from farwire_node.lorawan import frames
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.regions.eu868 import EU868
from farwire_node.sending.timekeeping import EARLIEST_GPS_MS, PERIOD_MS
from tests.node.boards.board_run import HOUR_MS, Trial
from tests.node.program.whole_node import DEV_ADDR, Dice, Network

START_GPS_MS = EARLIEST_GPS_MS + 1_000_000_250  # when the board's ticks were 0
TICK_MS = 4  # of DeviceTimeAns: 1/256 s


class Telling(Network):
    """A network that answers DeviceTimeReq with the time at the end of the frame that asked."""

    def __init__(self) -> None:
        super().__init__(Dice(5), 0, EU868.rx2_dr)
        self.asked_ms: list[int] = []

    def answer(self, phy: bytes, heard_ms: int) -> bytes | None:
        if frames.frame_type(phy) == frames.JOIN_REQUEST:
            return super().answer(phy, heard_ms)
        heard = frames.decode_data(phy, *self.keys, frames.header(phy).f_cnt16, self.crypto)
        if mc.DeviceTimeReq() not in mc.decode(heard.f_opts, True):
            return super().answer(phy, heard_ms)
        self.asked_ms.append(heard_ms)
        self._take(heard.port, heard.payload, heard_ms)
        gps_ms = START_GPS_MS + heard_ms
        told = mc.encode(mc.DeviceTimeAns(gps_ms // 1000, gps_ms % 1000 * 256 // 1000))
        down = frames.DataFrame(
            False, False, DEV_ADDR, True, False, False, False, self.f_cnt_down, told, None, b""
        )
        self.f_cnt_down += 1
        return frames.encode_data(down, *self.keys, self.crypto)


def test_a_board_learns_the_time_with_its_first_frame_and_asks_rarely_after_that() -> None:
    trial = Trial()
    network = Telling()
    trial.lora.answer = network.answer

    trial.advance(HOUR_MS)

    offset_ms = trial.loop._node.node._time.offset_ms
    node_ms = trial.loop._clock.now_ms()
    assert abs(offset_ms + node_ms - START_GPS_MS - trial.time.ms) <= TICK_MS
    assert len(network.asked_ms) == 1

    trial.advance(PERIOD_MS + 4 * HOUR_MS)
    assert len(network.asked_ms) == 2
