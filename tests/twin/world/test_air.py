import pytest

from farwire_twin.world.channel import Channel
from farwire_twin.world.clock import Clock
from farwire_twin.world.links import Links
from farwire_twin.world.on_air import Copy, Signal
from farwire_twin.world.propagation import Place, path_loss_db

HERE, NEAR, FAR = Place(0.0, 0.0), Place(100.0, 0.0), Place(100_000.0, 0.0)
FREQ_HZ = 868_100_000
SF7_10_BYTES_MS = 42  # 41,216 us


class FlatLinks(Links):
    """Links without shadowing, so that a test can tell who is stronger."""

    def loss_db(self, here: Place, there: Place) -> float:
        return path_loss_db(here, there, 0.0)


class Ear:
    """A gateway that only listens."""

    def __init__(self, place: Place = HERE) -> None:
        self.place = place
        self.heard: list[Copy] = []

    def on_uplink(self, copy: Copy) -> None:
        self.heard.append(copy)


class Pocket:
    """A node that only listens."""

    def __init__(self, clock: Clock, place: Place = NEAR) -> None:
        self.place = place
        self.heard: list[tuple[int, bytes]] = []
        self.ended: list[int] = []
        self._clock = clock

    def on_downlink(self, copy: Copy) -> None:
        self.heard.append((self._clock.now_ms, copy.signal.frame))

    def on_window_end(self) -> None:
        self.ended.append(self._clock.now_ms)


class Air:
    """A channel with a clock that the test walks."""

    def __init__(self, loss: float = 0.0, seed: int = 1) -> None:
        self.clock = Clock()
        self.clock.start()
        self.clock.pace(0)
        self.channel = Channel(self.clock, seed, loss)
        flat = FlatLinks(seed)
        self.channel.links = self.channel.up._links = self.channel.down._links = flat

    def run(self) -> None:
        while self.clock.run_next():
            pass

    def uplink_at(self, ms: int, place: Place = NEAR, sf: int = 7, freq_hz: int = FREQ_HZ) -> None:
        self.clock.at(
            ms, lambda: self.channel.send_uplink(bytes(10), freq_hz, sf, 125_000, 14, place, lambda: None)
        )

    def downlink_at(
        self, ms: int, sender: Ear, frame: bytes = bytes(10), sf: int = 7, power: int = 14
    ) -> None:
        def send() -> None:
            signal = Signal(frame, FREQ_HZ, 7, 125_000, 14, sender.place, ms, 41_216)
            self.channel.send_downlink(sender, signal)

        self.clock.at(ms, send)

    def window_at(self, ms: int, node: Pocket, until_ms: int, sf: int = 7, freq_hz: int = FREQ_HZ) -> None:
        self.clock.at(ms, lambda: self.channel.listen(node, freq_hz, sf, 125_000, until_ms))


def one_gateway(loss: float = 0.0) -> tuple[Air, Ear]:
    air, ear = Air(loss), Ear()
    air.channel.up.add_receiver(ear)
    return air, ear


# Uplinks


def test_a_near_node_is_heard_when_its_frame_is_over() -> None:
    air, ear = one_gateway()

    air.uplink_at(5)
    air.run()

    assert [copy.signal.frame for copy in ear.heard] == [bytes(10)]
    assert air.clock.now_ms == 5 + SF7_10_BYTES_MS


def test_a_node_beyond_reach_is_not_heard() -> None:
    air, ear = one_gateway()

    air.uplink_at(5, place=FAR)
    air.run()

    assert not ear.heard
    assert air.channel.up.counts.unheard == 1


def test_a_slower_spreading_factor_reaches_further() -> None:
    # At 14 dBm the SNR over 4 km without shadowing is -11.9 dB: below SF7's -7.5, above SF9's -12.5.
    place = Place(4_000.0, 0.0)
    air, ear = one_gateway()

    air.uplink_at(0, place=place, sf=7)
    air.uplink_at(1_000, place=place, sf=9)
    air.run()

    assert [copy.signal.sf for copy in ear.heard] == [9]


def test_two_equal_frames_that_overlap_are_both_lost() -> None:
    air, ear = one_gateway()

    air.uplink_at(0, place=Place(100.0, 0.0))
    air.uplink_at(30, place=Place(-100.0, 0.0))
    air.run()

    assert not ear.heard
    assert air.channel.up.counts.collided == 2


def test_a_frame_6_db_stronger_survives_the_collision() -> None:
    air, ear = one_gateway()
    # 10 dB/decade x 2.32 over a factor of 2 in distance is 7 dB.
    air.uplink_at(0, place=Place(200.0, 0.0))
    air.uplink_at(30, place=Place(100.0, 0.0))
    air.run()

    assert [copy.signal.place.x_m for copy in ear.heard] == [100.0]
    assert air.channel.up.counts.collided == 1


def test_frames_on_different_channels_do_not_collide() -> None:
    air, ear = one_gateway()

    air.uplink_at(0)
    air.uplink_at(0, freq_hz=868_300_000)
    air.run()

    assert len(ear.heard) == 2


def test_frames_of_different_spreading_factors_do_not_collide() -> None:
    air, ear = one_gateway()

    air.uplink_at(0, sf=7)
    air.uplink_at(0, sf=9)
    air.run()

    assert len(ear.heard) == 2


def test_a_very_strong_frame_drowns_a_weak_one_of_another_spreading_factor() -> None:
    air, ear = one_gateway()

    air.uplink_at(0, place=Place(2_000.0, 0.0), sf=9)
    air.uplink_at(0, place=Place(20.0, 0.0), sf=7)
    air.run()

    assert [copy.signal.sf for copy in ear.heard] == [7]


def test_a_frame_that_begins_when_another_ends_collides_with_nothing() -> None:
    air, ear = one_gateway()

    air.uplink_at(0)
    air.uplink_at(SF7_10_BYTES_MS)
    air.run()

    assert len(ear.heard) == 2


def test_a_sending_gateway_is_deaf() -> None:
    air, ear = one_gateway()

    air.downlink_at(0, ear)
    air.uplink_at(20)
    air.run()

    assert not ear.heard
    assert air.channel.up.counts.half_duplex == 1


def test_a_gateway_that_begins_to_send_loses_the_frame_that_it_was_receiving() -> None:
    air, ear = one_gateway()

    air.uplink_at(0)
    air.downlink_at(20, ear)
    air.run()

    assert not ear.heard


def test_a_second_gateway_hears_what_the_first_could_not() -> None:
    air, ear = one_gateway()
    other = Ear(Place(50.0, 50.0))
    air.channel.up.add_receiver(other)

    air.downlink_at(0, ear)
    air.uplink_at(20)
    air.run()

    assert len(other.heard) == 1
    assert air.channel.up.counts.heard == 1


def test_loss_drops_that_part_of_the_frames_for_all_gateways() -> None:
    air, ear = one_gateway(loss=0.3)
    other = Ear(Place(0.0, 50.0))
    air.channel.up.add_receiver(other)

    for number in range(2_000):
        air.uplink_at(number * 100)
    air.run()

    assert 0.27 < air.channel.up.counts.dropped / 2_000 < 0.33
    assert len(ear.heard) == len(other.heard) == air.channel.up.counts.heard


def test_the_loss_can_change_while_the_world_goes_on() -> None:
    air, ear = one_gateway()
    air.clock.at(50_050, lambda: air.channel.set_loss(0.5))

    for number in range(1_000):
        air.uplink_at(number * 100)
    air.run()

    assert 700 < len(ear.heard) < 800
    with pytest.raises(ValueError, match="less than 1"):
        air.channel.set_loss(1)


def test_the_same_seed_drops_the_same_frames() -> None:
    def heard(seed: int) -> list[int]:
        air, ear = Air(loss=0.5, seed=seed), Ear()
        air.channel.up.add_receiver(ear)
        for number in range(50):
            air.uplink_at(number * 100)
        air.run()
        return [copy.signal.start_ms for copy in ear.heard]

    assert heard(1) == heard(1)
    assert heard(1) != heard(2)


def test_a_loss_of_everything_is_refused() -> None:
    with pytest.raises(ValueError, match="less than 1"):
        Channel(Clock(), loss=1.0)


def test_a_link_loses_the_same_in_both_directions() -> None:
    links = Links(seed=3)

    assert links.loss_db(HERE, NEAR) == links.loss_db(NEAR, HERE) == Links(seed=3).loss_db(HERE, NEAR)
    assert links.loss_db(HERE, NEAR) != Links(seed=4).loss_db(HERE, NEAR)


# Receive windows. At SF7/125 kHz a symbol is 1.024 ms: 4 of 8 preamble symbols are 4.1 ms.


def windows() -> tuple[Air, Ear, Pocket]:
    air, ear = one_gateway()
    return air, ear, Pocket(air.clock)


def test_a_frame_that_begins_in_the_window_is_received_to_its_end() -> None:
    air, ear, node = windows()

    air.window_at(1_000, node, until_ms=1_012)
    air.downlink_at(1_003, ear, b"hello")
    air.run()

    assert node.heard == [(1_003 + SF7_10_BYTES_MS, b"hello")]
    assert not node.ended


def test_a_window_without_a_frame_ends_on_time() -> None:
    air, _, node = windows()

    air.window_at(1_000, node, until_ms=1_012)
    air.run()

    assert node.ended == [1_012]


def test_a_frame_that_began_just_before_the_window_is_received() -> None:
    air, ear, node = windows()

    air.downlink_at(997, ear)
    air.window_at(1_000, node, until_ms=1_012)
    air.run()

    assert len(node.heard) == 1


def test_a_frame_whose_preamble_is_half_over_when_the_window_opens_is_missed() -> None:
    air, ear, node = windows()

    air.downlink_at(995, ear)
    air.window_at(1_000, node, until_ms=1_012)
    air.run()

    assert not node.heard
    assert node.ended == [1_012]


def test_a_frame_that_begins_too_late_to_be_recognised_in_the_window_is_missed() -> None:
    air, ear, node = windows()

    air.window_at(1_000, node, until_ms=1_012)
    air.downlink_at(1_009, ear)
    air.run()

    assert not node.heard
    assert node.ended == [1_012]


def test_a_frame_and_a_window_of_the_same_instant_meet_in_either_order() -> None:
    for window_first in (True, False):
        air, ear, node = windows()
        if window_first:
            air.window_at(1_000, node, until_ms=1_012)
        air.downlink_at(1_000, ear)
        if not window_first:
            air.window_at(1_000, node, until_ms=1_012)

        air.run()

        assert len(node.heard) == 1, window_first


def test_a_frame_of_another_spreading_factor_or_frequency_is_not_received() -> None:
    air, ear, node = windows()
    other = Pocket(air.clock)

    air.window_at(1_000, node, until_ms=1_050, sf=9)
    air.window_at(1_000, other, until_ms=1_050, freq_hz=869_525_000)
    air.downlink_at(1_003, ear)
    air.run()

    assert not node.heard
    assert not other.heard


def test_two_equal_downlinks_that_overlap_are_both_lost() -> None:
    air, ear, node = windows()
    other = Ear(Place(200.0, 0.0))  # as far from the node as the first
    air.channel.up.add_receiver(other)

    air.window_at(1_000, node, until_ms=1_012)
    air.downlink_at(1_001, ear)
    air.downlink_at(1_020, other)
    air.run()

    assert not node.heard
    assert node.ended == [1_001 + SF7_10_BYTES_MS]


def test_the_stronger_of_two_downlinks_is_received() -> None:
    air, ear, node = windows()
    other = Ear(Place(600.0, 0.0))
    air.channel.up.add_receiver(other)

    air.window_at(1_000, node, until_ms=1_012)
    air.downlink_at(1_001, ear, b"near")
    air.downlink_at(1_020, other, b"far")
    air.run()

    assert [frame for _, frame in node.heard] == [b"near"]


def test_loss_drops_downlinks_too() -> None:
    air, ear = one_gateway(loss=0.3)
    node = Pocket(air.clock)
    for number in range(1_000):
        air.window_at(number * 100, node, until_ms=number * 100 + 12)
        air.downlink_at(number * 100 + 2, ear)

    air.run()

    assert 250 < len(node.ended) < 350
    assert len(node.heard) + len(node.ended) == 1_000
