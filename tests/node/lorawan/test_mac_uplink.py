"""Uplinks: what is on air, when the next may follow, how often a frame is repeated."""

import pytest

from farwire_node.errors import ConfigurationError
from farwire_node.link import AIRTIME, BUSY, NOT_JOINED, TOO_LONG, Delivered, Received, Refusal, Sending
from farwire_node.lorawan import adr, airtime, cf_list, frames
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.regions import EU868, US915
from farwire_node.steps import Listen, Sleep, Transmit
from tests.node.lorawan.fakes import Down, Network, World
from tests.node.lorawan.test_ledger import worst_hour_ms

HOUR_MS = 3_600_000
TWICE = mc.encode(mc.LinkADRReq(15, 15, 0b111, 0, 2))
FIVE_TIMES = mc.encode(mc.LinkADRReq(15, 15, 0b111, 0, 5))


def joined(**options):
    return World(options.pop("network", None), **{"initial_dr": 5, **options}).joined()


def asked_to(command, **options):
    """Return a joined world whose device was told `command` and has answered it."""
    world = joined(**options)
    world.network.queue = [Down(f_opts=command)]
    world.send(b"first")
    world.send(b"second")
    assert world.network.uplinks[-1].f_opts
    world.network.uplinks.clear()
    world.network.copies.clear()
    world.sent.clear()
    world.listened.clear()
    world.take_events()
    return world


def test_frame_says_what_was_given():
    world = joined()

    world.send(b"\x01\x67\x01\x10", port=2)

    frame = world.network.uplinks[0]
    assert (frame.port, frame.payload, frame.f_cnt) == (2, b"\x01\x67\x01\x10", 0)
    assert (frame.confirmed, frame.adr, frame.ack, frame.adr_ack_req) == (False, True, False, False)


def test_send_tells_when_the_frame_will_be_out():
    world = joined()
    expected_ms = world.now_ms + world.mac.airtime_ms(7)

    answer = world.mac.send(1, b"reading", False, False, world.now_ms)

    assert isinstance(answer, Sending)
    assert answer.tx_end_ms == expected_ms
    step = world.mac.poll(world.now_ms)
    assert isinstance(step, Transmit)
    assert world.now_ms + step.airtime_ms == expected_ms


def test_airtime_is_the_one_of_the_whole_frame():
    world = joined()

    assert world.mac.airtime_ms(242) == airtime.airtime_ms(255, 7, 125_000)


def test_counter_grows_by_one_with_each_frame():
    world = joined()

    for _ in range(100):
        world.send()

    assert [frame.f_cnt for frame in world.network.uplinks] == list(range(100))


def test_both_windows_open_and_then_the_frame_is_delivered():
    world = joined()
    world.listened.clear()

    world.send()

    start_ms, uplink = world.sent[-1]
    end_ms = start_ms + uplink.airtime_ms
    (rx1_ms, rx1), (rx2_ms, rx2) = world.listened
    assert abs(rx1_ms - end_ms - 1_000) < 50
    assert rx1[:3] == (uplink.freq_hz, 7, 125_000)
    assert abs(rx2_ms - end_ms - 2_000) < 50
    assert rx2[:3] == (869_525_000, 12, 125_000)
    assert world.take_events() == [Delivered(None)]


def test_second_window_stays_closed_after_an_answer_in_the_first():
    world = joined()
    world.network.queue = [Down(b"order", 220)]
    world.listened.clear()

    world.send()

    assert len(world.listened) == 1
    assert world.take_events() == [Delivered(None), Received(220, b"order")]


@pytest.mark.parametrize("window", [1, 2])
def test_confirmed_frame_is_acknowledged_in_either_window(window):
    world = joined()
    world.network.queue = [Down(ack=True, window=window)]

    world.send(confirmed=True)

    assert world.take_events() == [Delivered(True)]
    assert world.network.uplinks[0].confirmed


def test_confirmed_frame_without_an_answer_is_not_acknowledged():
    world = joined(network=Network(acks=False))

    world.send(confirmed=True)

    assert world.take_events() == [Delivered(False)]


def test_downlink_without_the_acknowledgement_does_not_acknowledge():
    world = joined()
    world.network.queue = [Down(b"order", 220, ack=False)]

    world.send(confirmed=True)

    assert world.take_events() == [Delivered(False), Received(220, b"order")]


def test_unacknowledged_frame_is_followed_by_a_pause():
    pauses = set()
    for seed in range(20):
        world = joined(network=Network(acks=False), seed=seed)
        world.send(confirmed=True)
        earliest_ms = world.mac.earliest_ms(7, world.now_ms, True)
        pauses.add(earliest_ms - world.now_ms)
        assert world.mac.send(1, b"reading", False, False, world.now_ms) == Refusal(BUSY, earliest_ms)

    assert min(pauses) >= 900
    assert max(pauses) <= 3_000
    assert len(pauses) > 10


def test_next_frame_waits_for_the_end_of_the_cycle():
    world = joined()
    world.mac.send(1, b"one", False, False, world.now_ms)
    expected_ms = world.mac.earliest_ms(3, world.now_ms, False)

    refusal = world.mac.send(1, b"two", False, True, world.now_ms)

    assert refusal == Refusal(BUSY, expected_ms)
    world.run_while_busy()
    assert abs(world.now_ms - expected_ms) <= 5
    assert isinstance(world.send(b"two"), Sending)
    assert [frame.payload for frame in world.network.uplinks] == [b"one", b"two"]


def test_busy_lasts_from_send_to_delivered():
    world = joined()
    assert not world.mac.busy

    world.mac.send(1, b"reading", False, False, world.now_ms)
    while not world.events:
        assert world.mac.busy
        world.step()

    assert world.events == [Delivered(None)]
    assert not world.mac.busy


def test_device_that_has_not_joined_refuses():
    world = World()

    assert world.mac.send(1, b"", False, False, 0) == Refusal(NOT_JOINED, None)
    assert world.mac.earliest_ms(1, 0, True) is None
    assert world.mac.capacity(0) == 0
    assert world.mac.airtime_ms(10) == 0


@pytest.mark.parametrize("dr", range(6))
def test_payload_limit_of_every_data_rate_is_kept(dr):
    world = joined(initial_dr=dr)
    limit = EU868.max_payload[dr]

    assert world.mac.capacity(world.now_ms) == limit
    assert world.mac.send(1, bytes(limit + 1), False, False, world.now_ms) == Refusal(TOO_LONG, None)
    assert world.mac.earliest_ms(limit + 1, world.now_ms, False) is None
    assert isinstance(world.send(bytes(limit)), Sending)
    assert len(world.network.uplinks[0].payload) == limit


@pytest.mark.parametrize("port", [0, 224, 255, -1])
def test_port_of_no_application_is_refused(port):
    world = joined()

    with pytest.raises(ConfigurationError, match=r"expected 1\.\.223"):
        world.mac.send(port, b"", False, False, world.now_ms)


def test_channels_take_turns():
    world = joined()
    world.sent.clear()
    for _ in range(30):
        world.send()

    used = [uplink.freq_hz for _, uplink in world.sent]
    # The join took the first turn of its round.
    for at in range(2, 29, 3):
        assert set(used[at : at + 3]) == {868_100_000, 868_300_000, 868_500_000}


def test_frames_are_repeated_as_often_as_the_network_asked():
    world = asked_to(FIVE_TIMES)

    world.send()

    assert len(world.sent) == 5
    assert len({uplink.frame for _, uplink in world.sent}) == 1
    assert {uplink.freq_hz for _, uplink in world.sent} == {868_100_000, 868_300_000, 868_500_000}
    assert len(world.network.uplinks) == 1
    assert len(world.listened) == 10
    assert world.take_events() == [Delivered(None)]


def test_answer_ends_the_repetition():
    world = asked_to(FIVE_TIMES)
    hear, heard = world.network.hear, []

    def hears_the_second(sent, end_ms):
        heard.append(sent)
        return hear(sent, end_ms) if len(heard) == 2 else None

    world.network.hear = hears_the_second
    world.network.queue = [Down(b"order", 220)]
    world.send()

    assert len(world.sent) == 2
    assert world.take_events() == [Delivered(None), Received(220, b"order")]


def test_confirmed_frame_is_repeated_until_it_is_acknowledged():
    world = asked_to(FIVE_TIMES)
    hear, heard = world.network.hear, []

    def hears_the_third(sent, end_ms):
        heard.append(sent)
        return hear(sent, end_ms) if len(heard) == 3 else None

    world.network.hear = hears_the_third
    world.send(confirmed=True)

    assert len(world.sent) == 3
    assert world.take_events() == [Delivered(True)]
    gaps = [later[0] - earlier[0] for earlier, later in zip(world.sent, world.sent[1:], strict=False)]
    assert min(gaps) > 3_000  # both windows, and at least a second


def test_alarm_does_not_wait_for_the_repetition_of_a_reading():
    world = asked_to(FIVE_TIMES)
    world.mac.send(1, b"reading", False, False, world.now_ms)
    while len(world.listened) < 2:
        world.step()
    world.step(world.now_ms)
    assert world.mac.busy
    assert world.mac.earliest_ms(5, world.now_ms, False) > world.now_ms

    assert world.mac.earliest_ms(5, world.now_ms, True) == world.now_ms
    answer = world.mac.send(2, b"alarm", False, True, world.now_ms)

    assert isinstance(answer, Sending)
    assert world.mac.events() == [Delivered(None)]
    world.run_while_busy()
    assert [frame.payload for frame in world.network.uplinks] == [b"reading", b"alarm"]
    assert len(world.network.copies) == 1 + 5


def test_copy_that_the_airtime_does_not_allow_soon_is_given_up():
    world = asked_to(FIVE_TIMES, initial_dr=0)
    while isinstance(world.mac.send(1, bytes(51), False, False, world.now_ms), Sending):
        world.run_while_busy()

    assert world.mac.earliest_ms(51, world.now_ms, False) > world.now_ms + 60_000
    assert not world.mac.busy
    assert len(world.sent) % 5 != 0
    starts = [(start_ms, start_ms + uplink.airtime_ms) for start_ms, uplink in world.sent]
    assert worst_hour_ms(starts) <= 36_000


def test_rolling_hour_is_kept_whatever_the_node_wants():
    world = joined(initial_dr=0, network=Network(cf_list=cf_list.encode_frequencies((867_100_000,))))
    end_ms = world.now_ms + 5 * HOUR_MS
    while world.now_ms < end_ms:
        earliest_ms = world.mac.earliest_ms(51, world.now_ms, False)
        world.now_ms = earliest_ms
        assert isinstance(world.send(bytes(51)), Sending)

    for low, high in ((865, 868), (868, 868.6)):
        spans = [
            (start_ms, start_ms + uplink.airtime_ms)
            for start_ms, uplink in world.sent
            if low * 1e6 <= uplink.freq_hz < high * 1e6
        ]
        assert 25_000 < worst_hour_ms(spans) <= 28_800


def test_refusal_for_airtime_tells_when_to_come_again():
    world = joined(initial_dr=0)
    while isinstance(answer := world.send(bytes(51)), Sending):
        pass

    assert answer.reason == AIRTIME
    assert answer.retry_ms == world.mac.earliest_ms(51, world.now_ms, False)
    assert world.now_ms < answer.retry_ms <= world.now_ms + HOUR_MS + 60_000
    world.now_ms = answer.retry_ms
    assert isinstance(world.send(bytes(51)), Sending)


def test_alarm_goes_out_of_the_reserve_at_once():
    world = joined(initial_dr=0)
    while isinstance(world.send(bytes(51)), Sending):
        pass

    assert world.mac.earliest_ms(10, world.now_ms, True) == world.now_ms
    assert isinstance(world.send(b"alarm", urgent=True), Sending)


def test_even_alarms_keep_the_law():
    world = joined(initial_dr=0)
    while isinstance(world.send(bytes(51), urgent=True), Sending):
        pass

    spans = [(start_ms, start_ms + uplink.airtime_ms) for start_ms, uplink in world.sent]
    assert 33_000 < worst_hour_ms(spans) <= 36_000


def test_network_can_limit_all_bands_together():
    world = asked_to(mc.encode(mc.DutyCycleReq(8)))
    world.now_ms += HOUR_MS
    start_ms = world.now_ms
    world.send()

    length_ms = world.sent[-1][1].airtime_ms
    assert world.mac.earliest_ms(7, world.now_ms, False) == start_ms + 256 * length_ms
    assert world.mac.earliest_ms(7, world.now_ms, True) == world.now_ms


def test_power_follows_the_networks_index():
    world = asked_to(mc.encode(mc.LinkADRReq(15, 3, 0b111, 0, 1)))

    world.send()

    assert world.sent[-1][1].power_dbm == 16 - 2 * 3


def test_power_is_at_most_what_the_board_reaches():
    world = joined(max_eirp_dbm=10)

    world.send()

    assert {uplink.power_dbm for _, uplink in world.sent} == {10}


def test_data_rate_follows_the_network():
    world = asked_to(mc.encode(mc.LinkADRReq(2, 0, 0b111, 0, 1)))

    assert world.mac.data_rate == 2
    assert world.mac.capacity(world.now_ms) == 51
    world.send()
    assert (world.sent[-1][1].sf, world.sent[-1][1].bw_hz) == (10, 125_000)


def test_device_without_adr_does_not_offer_it():
    world = joined(adr=False)
    for _ in range(70):
        world.send()
        world.run(20_000)

    assert not any(frame.adr or frame.adr_ack_req for frame in world.network.uplinks)


def test_silent_network_is_asked_for_an_answer_and_answers():
    world = joined()
    for _ in range(70):
        world.send()
        world.run(20_000)

    asking = [frame.f_cnt for frame in world.network.uplinks if frame.adr_ack_req]
    assert asking == [64]  # the fake network answers the first that asks


def test_device_in_silence_goes_back_to_the_slowest_rate_and_joins_anew():
    world = joined()
    world.network.hear = lambda sent, end_ms: None
    rates = []
    while world.mac.joined:
        rates.append(world.mac.data_rate)
        world.send(b"x")
        world.run(200_000)

    assert len(rates) == adr.REJOIN_AFTER
    assert [rates.index(dr) for dr in (5, 4, 3, 2, 1, 0)] == [0, 128, 160, 192, 224, 256]
    world.sent.clear()
    world.run(HOUR_MS)
    assert {frames.frame_type(request.frame) for _, request in world.sent} == {frames.JOIN_REQUEST}


def test_poll_that_changes_nothing_returns_the_same_sleep():
    world = joined()

    first = world.mac.poll(world.now_ms)

    assert isinstance(first, Sleep)
    assert world.mac.poll(world.now_ms + 1_000) is first


def test_step_of_the_radio_is_returned_once():
    world = joined()
    world.mac.send(1, b"reading", False, False, world.now_ms)
    assert isinstance(world.mac.poll(world.now_ms), Transmit)
    assert isinstance(world.mac.poll(world.now_ms), Sleep)
    world.now_ms += 100
    world.mac.on_tx_done(world.now_ms)
    sleep = world.mac.poll(world.now_ms)
    assert isinstance(sleep, Sleep)
    assert isinstance(world.mac.poll(sleep.until_ms), Listen)
    assert isinstance(world.mac.poll(sleep.until_ms), Sleep)


def test_us915_uplinks_keep_dwell_time_and_rest():
    world = World(Network(US915), initial_dr=0).joined()
    for _ in range(300):
        earliest_ms = world.mac.earliest_ms(11, world.now_ms, False)
        world.now_ms = earliest_ms
        assert isinstance(world.send(bytes(11)), Sending)

    last: dict[int, int] = {}
    for start_ms, uplink in world.sent:
        if uplink.bw_hz == 125_000:
            assert uplink.airtime_ms <= 400
            assert start_ms - last.get(uplink.freq_hz, -20_000) >= 20_000
            last[uplink.freq_hz] = start_ms + uplink.airtime_ms
    assert len(last) == 64


def test_us915_answers_come_on_the_wide_downlink_channels():
    world = World(Network(US915), initial_dr=3).joined()
    world.network.queue = [Down(b"one", 220), Down(b"two", 220, window=2)]

    world.send()
    world.send()

    received = [event.payload for event in world.take_events() if isinstance(event, Received)]
    assert received == [b"one", b"two"]
    assert world.sent[-1][1].power_dbm == 30
