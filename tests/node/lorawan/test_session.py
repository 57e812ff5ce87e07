"""A session in storage, and what a device does when the network falls silent."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.errors import StorageError
from farwire_node.lorawan import adr
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.join import JoinAccept
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.regions import EU868, US915
from farwire_node.lorawan.session import F_CNT_BLOCK, Session, restored

ACCEPT = JoinAccept(1, 0x13, 0x26012345, 2, 3, 5, b"")


def made(dr=5):
    return Session(EU868, ACCEPT, b"n" * 16, b"a" * 16, dr)


def test_session_begins_with_what_the_join_accept_says():
    session = made()

    assert session.reception == (5_000, 2, 869_525_000, 3)
    assert (session.f_cnt_up, session.f_cnt_down, session.nb_trans) == (0, 0, 1)


def test_join_accept_with_values_that_the_region_does_not_define_gives_its_own():
    session = Session(EU868, JoinAccept(1, 1, 1, 6, 9, 0, b""), bytes(16), bytes(16), 5)

    assert session.reception == (1_000, 0, 869_525_000, 0)


def test_session_comes_back_as_it_was():
    session = made()
    session.f_cnt_up, session.f_cnt_down = 100, 7
    session.rx2_freq_hz, session.dr, session.tx_power = 868_500_000, 2, 4
    session.nb_trans, session.max_duty_cycle, session.silent_uplinks = 3, 9, 70

    again = restored(EU868, session.saved(True))

    assert vars(again) == vars(session)


def test_counter_in_storage_is_above_every_one_used():
    session = made()
    session.f_cnt_up = 10

    assert restored(EU868, session.saved(False)).f_cnt_up == 10 + F_CNT_BLOCK
    assert session.f_cnt_up_reserved == 10 + F_CNT_BLOCK
    assert session.f_cnt_up == 10


def test_first_downlink_may_have_the_highest_counter():
    session = made()
    session.f_cnt_down = 2**32

    assert restored(EU868, session.saved(True)).f_cnt_down == 2**32


def test_session_of_another_region_is_refused():
    with pytest.raises(StorageError, match="another region than US915"):
        restored(US915, made(dr=3).saved(True))


@given(raw=st.binary(max_size=100))
def test_any_stored_bytes_give_a_session_or_a_storage_error(raw):
    with contextlib.suppress(StorageError):
        restored(EU868, raw)


def silent(uplinks, dr=5, tx_power=3, nb_trans=2, mask=0b001):
    """Return session and plan after so many uplinks without an answer."""
    plan = ChannelPlan(EU868, Ledger(EU868.sub_bands, 0))
    plan.set_mask(mask)
    session = made(dr)
    session.tx_power, session.nb_trans = tx_power, nb_trans
    for _ in range(uplinks):
        session.silent_uplinks += 1
        adr.relax(session, plan, EU868)
    return session, plan


@pytest.mark.parametrize(("uplinks", "asks"), [(0, False), (63, False), (64, True), (500, True)])
def test_answer_is_asked_for_from_the_65th_silent_uplink_on(uplinks, asks):
    assert adr.wants_answer(uplinks) == asks


@pytest.mark.parametrize(
    ("uplinks", "dr", "tx_power"),
    [(95, 5, 3), (96, 5, 0), (127, 5, 0), (128, 4, 0), (159, 4, 0), (160, 3, 0), (192, 2, 0), (256, 0, 0)],
)
def test_power_rises_first_and_then_the_data_rate_falls(uplinks, dr, tx_power):
    session, _ = silent(uplinks)

    assert (session.dr, session.tx_power) == (dr, tx_power)


def test_below_the_slowest_rate_all_default_channels_come_back():
    session, plan = silent(256)
    assert (session.dr, session.nb_trans, plan.mask) == (0, 2, 0b001)

    session, plan = silent(288)
    assert (session.dr, session.nb_trans, plan.mask) == (0, 1, 0b111)


def test_session_is_given_up_only_after_everything_was_tried():
    assert silent(adr.REJOIN_AFTER - 64)[1].mask == 0b111
