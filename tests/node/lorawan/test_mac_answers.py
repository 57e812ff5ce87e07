"""What a device does with the network's commands, and every bit of its answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.f_opts import FOpts
from farwire_node.lorawan.join import JoinAccept
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.mac_answers import Device, answers
from farwire_node.lorawan.regions import EU868, US915, Channel
from farwire_node.lorawan.session import Session

KEEP = 15


def made(region=EU868, adr=True, dr=5):
    """Return a device and its session."""
    plan = ChannelPlan(region, Ledger(region.sub_bands, 0))
    accept = JoinAccept(1, 1, 1, 0, region.rx2_dr, 1, b"")
    return Device(region, plan, adr), Session(region, accept, bytes(16), bytes(16), dr)


def ask(device, session, *commands, snr_db=7):
    """Return the answers, read."""
    raw = b"".join(answer for answer, _ in answers(device, session, list(commands), snr_db))
    return mc.decode(raw, True)


def test_link_adr_is_applied_as_a_whole():
    device, session = made()

    answer = ask(device, session, mc.LinkADRReq(3, 2, 0b011, 0, 2))

    assert answer == [mc.LinkADRAns(1, 1, 1)]
    assert (session.dr, session.tx_power, session.nb_trans) == (3, 2, 2)
    assert device.plan.channels_at(3) == (0, 1)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (mc.LinkADRReq(7, 2, 0b011, 0, 2), mc.LinkADRAns(1, 0, 1)),  # no such data rate
        (mc.LinkADRReq(6, 2, 0b011, 0, 2), mc.LinkADRAns(1, 0, 1)),  # no channel carries it
        (mc.LinkADRReq(3, 8, 0b011, 0, 2), mc.LinkADRAns(1, 1, 0)),  # no such power
        (mc.LinkADRReq(3, 2, 0b1000, 0, 2), mc.LinkADRAns(0, 1, 1)),  # no such channel
        (mc.LinkADRReq(3, 2, 0, 0, 2), mc.LinkADRAns(0, 1, 1)),  # all channels off
        (mc.LinkADRReq(3, 2, 0b011, 3, 2), mc.LinkADRAns(0, 1, 1)),  # no such ChMaskCntl
        (mc.LinkADRReq(9, 9, 0x8000, 0, 2), mc.LinkADRAns(0, 0, 0)),
    ],
)
def test_link_adr_with_one_bad_part_changes_nothing(request_, answer):
    device, session = made()

    assert ask(device, session, request_) == [answer]

    assert (session.dr, session.tx_power, session.nb_trans) == (5, 0, 1)
    assert device.plan.channels_at(5) == (0, 1, 2)


def test_link_adr_can_keep_rate_and_power():
    device, session = made()
    session.tx_power = 3

    answer = ask(device, session, mc.LinkADRReq(KEEP, KEEP, 0b001, 0, 3))

    assert answer == [mc.LinkADRAns(1, 1, 1)]
    assert (session.dr, session.tx_power, session.nb_trans) == (5, 3, 3)


def test_zero_copies_mean_one():
    device, session = made()
    session.nb_trans = 4

    ask(device, session, mc.LinkADRReq(KEEP, KEEP, 0b111, 0, 0))

    assert session.nb_trans == 1


def test_block_of_link_adr_acts_together_and_is_answered_once_each():
    device, session = made(US915, dr=0)

    answer = ask(device, session, mc.LinkADRReq(KEEP, KEEP, 0, 7, 1), mc.LinkADRReq(3, 5, 0xFF00, 0, 2))

    assert answer == [mc.LinkADRAns(1, 1, 1)] * 2
    assert device.plan.channels_at(3) == tuple(range(8, 16))
    assert (session.dr, session.tx_power, session.nb_trans) == (3, 5, 2)


def test_block_of_link_adr_with_one_bad_mask_is_refused_as_a_whole():
    device, session = made()

    answer = ask(device, session, mc.LinkADRReq(3, 1, 0x8000, 0, 1), mc.LinkADRReq(3, 1, 0b001, 0, 1))

    assert answer == [mc.LinkADRAns(0, 1, 1)] * 2
    assert device.plan.channels_at(5) == (0, 1, 2)


def test_other_command_ends_a_block():
    device, session = made()

    answer = ask(
        device,
        session,
        mc.LinkADRReq(9, KEEP, 0b111, 0, 1),
        mc.DevStatusReq(),
        mc.LinkADRReq(2, KEEP, 0b111, 0, 1),
    )

    assert answer == [mc.LinkADRAns(1, 0, 1), mc.DevStatusAns(255, 7), mc.LinkADRAns(1, 1, 1)]
    assert session.dr == 2


def test_rate_that_the_new_mask_cannot_carry_is_refused():
    device, session = made(US915, dr=0)

    answer = ask(device, session, mc.LinkADRReq(0, 0, 0x0002, 7, 1))

    assert answer == [mc.LinkADRAns(1, 0, 1)]


def test_without_adr_only_mask_and_copies_are_the_networks():
    device, session = made(adr=False)

    assert ask(device, session, mc.LinkADRReq(3, 0, 0b001, 0, 2)) == [mc.LinkADRAns(1, 0, 1)]
    assert ask(device, session, mc.LinkADRReq(5, 1, 0b001, 0, 2)) == [mc.LinkADRAns(1, 1, 0)]
    assert device.plan.channels_at(5) == (0, 1, 2)
    assert ask(device, session, mc.LinkADRReq(5, 0, 0b001, 0, 2)) == [mc.LinkADRAns(1, 1, 1)]
    assert device.plan.channels_at(5) == (0,)
    assert session.nb_trans == 2


def test_duty_cycle_is_taken():
    device, session = made()

    assert ask(device, session, mc.DutyCycleReq(9)) == [mc.DutyCycleAns()]
    assert session.max_duty_cycle == 9


def test_second_window_is_moved():
    device, session = made()

    assert ask(device, session, mc.RXParamSetupReq(2, 3, 869_525_000)) == [mc.RXParamSetupAns(1, 1, 1)]

    assert session.reception == (1_000, 2, 869_525_000, 3)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (mc.RXParamSetupReq(2, 3, 915_000_000), mc.RXParamSetupAns(0, 1, 1)),
        (mc.RXParamSetupReq(2, 8, 869_525_000), mc.RXParamSetupAns(1, 0, 1)),
        (mc.RXParamSetupReq(6, 3, 869_525_000), mc.RXParamSetupAns(1, 1, 0)),
        (mc.RXParamSetupReq(7, 15, 0), mc.RXParamSetupAns(0, 0, 0)),
    ],
)
def test_second_window_with_one_bad_part_stays(request_, answer):
    device, session = made()

    assert ask(device, session, request_) == [answer]

    assert session.reception == (1_000, 0, 869_525_000, 0)


@pytest.mark.parametrize(("delay", "delay_ms"), [(0, 1_000), (1, 1_000), (15, 15_000)])
def test_delay_of_the_first_window_is_taken(delay, delay_ms):
    device, session = made()

    assert ask(device, session, mc.RXTimingSetupReq(delay)) == [mc.RXTimingSetupAns()]
    assert session.reception.rx1_delay_ms == delay_ms


@pytest.mark.parametrize(("snr_db", "margin"), [(7, 7), (-20, -20), (-40, -32), (40, 31)])
def test_status_carries_battery_and_margin(snr_db, margin):
    device, session = made()
    device.battery = 200

    assert ask(device, session, mc.DevStatusReq(), snr_db=snr_db) == [mc.DevStatusAns(200, margin)]


def test_network_adds_a_channel():
    device, session = made()

    assert ask(device, session, mc.NewChannelReq(3, 867_100_000, 5, 0)) == [mc.NewChannelAns(1, 1)]

    assert device.plan.channels_at(0) == (0, 1, 2, 3)
    assert device.plan.freq_hz(3) == 867_100_000


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (mc.NewChannelReq(0, 867_100_000, 5, 0), mc.NewChannelAns(0, 0)),  # the region's own
        (mc.NewChannelReq(16, 867_100_000, 5, 0), mc.NewChannelAns(0, 0)),
        (mc.NewChannelReq(3, 868_650_000, 5, 0), mc.NewChannelAns(0, 1)),  # between two sub-bands
        (mc.NewChannelReq(3, 902_300_000, 5, 0), mc.NewChannelAns(0, 1)),
        (mc.NewChannelReq(3, 867_100_000, 0, 5), mc.NewChannelAns(1, 0)),
        (mc.NewChannelReq(3, 867_100_000, 11, 0), mc.NewChannelAns(1, 0)),
        (mc.NewChannelReq(3, 902_300_000, 0, 5), mc.NewChannelAns(0, 0)),
    ],
)
def test_channel_with_one_bad_part_is_not_added(request_, answer):
    device, session = made()

    assert ask(device, session, request_) == [answer]

    assert device.plan.defined() == 0b111


def test_network_takes_a_channel_away_again():
    device, session = made()
    device.plan.define(3, Channel(867_100_000, 0, 5))

    assert ask(device, session, mc.NewChannelReq(3, 0, 0, 0)) == [mc.NewChannelAns(1, 1)]

    assert not device.plan.exists(3)


def test_last_channel_that_is_on_cannot_be_taken_away():
    device, session = made()
    device.plan.define(3, Channel(867_100_000, 0, 5))
    device.plan.set_mask(0b1000)

    assert ask(device, session, mc.NewChannelReq(3, 0, 0, 0)) == [mc.NewChannelAns(0, 0)]

    assert device.plan.channels_at(5) == (3,)


def test_last_channel_at_the_present_rate_cannot_lose_that_rate():
    device, session = made()
    device.plan.define(3, Channel(867_100_000, 0, 5))
    device.plan.set_mask(0b1000)

    assert ask(device, session, mc.NewChannelReq(3, 867_300_000, 2, 0)) == [mc.NewChannelAns(1, 0)]
    assert ask(device, session, mc.NewChannelReq(3, 867_300_000, 5, 3)) == [mc.NewChannelAns(1, 1)]

    assert device.plan.channels_at(5) == (3,)


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (mc.DlChannelReq(1, 869_525_000), mc.DlChannelAns(1, 1)),
        (mc.DlChannelReq(9, 869_525_000), mc.DlChannelAns(1, 0)),
        (mc.DlChannelReq(1, 902_300_000), mc.DlChannelAns(0, 1)),
        (mc.DlChannelReq(200, 0), mc.DlChannelAns(0, 0)),
    ],
)
def test_first_window_of_a_channel_is_moved_if_both_parts_are_good(request_, answer):
    device, session = made()

    assert ask(device, session, request_) == [answer]

    expected_hz = 869_525_000 if answer == (1, 1) else 868_300_000
    assert device.plan.rx1(1, 5, 0)[0] == expected_hz


def test_fixed_plan_does_not_know_commands_that_move_channels():
    device, session = made(US915, dr=0)

    assert ask(device, session, mc.NewChannelReq(3, 902_300_000, 3, 0), mc.DlChannelReq(1, 923_300_000)) == []


@pytest.mark.parametrize("region", [EU868, US915])
def test_commands_of_other_regions_and_classes_go_unanswered(region):
    device, session = made(region, dr=0)

    assert (
        ask(
            device,
            session,
            mc.TXParamSetupReq(0, 1, 5),
            mc.PingSlotChannelReq(868_100_000, 5),
            mc.BeaconFreqReq(868_100_000),
            mc.LinkCheckAns(3, 1),
        )
        == []
    )


@given(raw=st.binary(max_size=60), region=st.sampled_from((EU868, US915)))
def test_any_commands_leave_a_device_that_can_send(raw, region):
    device, session = made(region, dr=region.up_drs[0])

    replies = answers(device, session, mc.decode(raw, False), 0)

    assert len(mc.decode(b"".join(answer for answer, _ in replies), True)) == len(replies)
    indexes = device.plan.channels_at(session.dr)
    assert indexes
    assert 1 <= session.nb_trans <= 15
    assert 1 <= session.rx1_delay_s <= 15
    for index in indexes:
        freq_hz, dr = device.plan.rx1(index, session.dr, session.rx1_dr_offset)
        assert region.low_hz <= freq_hz <= region.high_hz
        assert region.data_rates[dr] is not None
    assert region.data_rates[session.rx2_dr] is not None


def test_sticky_answers_ride_every_uplink_until_a_downlink():
    f_opts = FOpts()
    f_opts.set_answers([(b"\x08", True), (b"\x06\xff\x07", False), (b"\x05\x07", True)])

    assert f_opts.fitting(242) == b"\x08\x06\xff\x07\x05\x07"
    f_opts.sent(len(f_opts.fitting(242)))
    assert f_opts.fitting(242) == b"\x08\x05\x07"
    f_opts.sent(len(f_opts.fitting(242)))
    assert f_opts.fitting(242) == b"\x08\x05\x07"
    f_opts.set_answers([])
    assert f_opts.fitting(242) == b""


def test_answers_that_do_not_fit_are_left_out_from_the_first_one_on():
    f_opts = FOpts()
    f_opts.set_answers([(b"\x03\x07", False)] * 7 + [(b"\x06\xff\x07", False), (b"\x08", True)])

    assert f_opts.fitting(242) == b"\x03\x07" * 7
    assert f_opts.fitting(5) == b"\x03\x07" * 2


def test_request_rides_once():
    f_opts = FOpts()
    f_opts.request(b"\x02")
    f_opts.request(b"\x0d")
    f_opts.request(b"\x02")

    assert f_opts.fitting(242) == b"\x02\x0d"
    f_opts.sent(len(f_opts.fitting(242)))
    assert f_opts.fitting(242) == b""
