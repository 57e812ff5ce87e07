"""The ledger of charge: durations and counts from a node's steps, charge from a board's currents."""

from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs.schema import Channel
from farwire_node.lorawan.mac import Mac
from farwire_node.modems.modem_link import ModemLink
from farwire_node.power.charge_left import ChargeLeft
from farwire_node.power.power import ACTIVITIES, Currents, Ledger, charges, left_percent, uah_a_day
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import MemoryStorage
from tests import micropython
from tests.node.program.whole_node import Board

BOARD = Currents(
    light_na=1_500_000,
    deep_na=2_000,
    deep_from_ms=60_000,
    awake_ua=5_000,
    waiting_ua=1_000,
    receive_ua=6_000,
    transmit=((2, 20_000), (14, 45_000), (20, 90_000)),
    rail_ua=10,
    wake_ms=4,
    boot_ms=300,
    sampling_ms=20,
    encoding_us=7_000,
)


def transmit(power_dbm: int) -> Transmit:
    return Transmit(bytes(20), 868_100_000, 7, 125_000, power_dbm, 50)


def listen(until_ms: int | None) -> Listen:
    return Listen(868_100_000, 7, 125_000, until_ms)


def by_activity(ledger: Ledger) -> dict[str, int]:
    return dict(zip(ACTIVITIES, charges(ledger, BOARD), strict=True))


def test_a_short_sleep_is_a_light_one_and_a_long_one_deep() -> None:
    short, long = Ledger(), Ledger()
    for ledger, end_ms in ((short, 2_000), (long, 600_000)):
        ledger.advance(0)
        ledger.begin(Sleep(end_ms), True, 0)
        ledger.advance(end_ms)

    assert by_activity(short)["sleep"] == 2_000 * 1_500
    assert by_activity(short)["awake"] == 4 * 5_000
    assert by_activity(long)["sleep"] == 600_000 * 2
    assert by_activity(long)["awake"] == 300 * 5_000


def test_a_frame_costs_its_airtime_at_the_weakest_level_that_reaches_its_power() -> None:
    for power_dbm, level_ua in ((2, 20_000), (12, 45_000), (14, 45_000), (16, 90_000), (27, 90_000)):
        ledger = Ledger()
        ledger.begin(transmit(power_dbm), True, 0)
        ledger.radio_done(50)

        assert by_activity(ledger)["transmit"] == 50 * (level_ua + 1_000)
        assert by_activity(ledger)["encoding"] == 20 * 7 * 5_000
        assert by_activity(ledger)["sleep"] == 0


def test_what_the_radio_does_without_a_session_is_booked_under_join() -> None:
    ledger = Ledger()
    ledger.begin(transmit(14), False, 0)
    ledger.radio_done(60)
    ledger.begin(listen(5_100), False, 5_060)
    ledger.radio_done(5_100)

    found = by_activity(ledger)
    assert found["join"] == 60 * 46_000 + 40 * 7_000
    assert found["transmit"] == found["receive"] == found["encoding"] == 0


def test_a_receiver_that_stays_open_counts_until_something_else_begins() -> None:
    ledger = Ledger()
    ledger.begin(listen(None), True, 0)
    ledger.advance(30_000)  # a sample in between
    ledger.begin(transmit(14), True, 60_000)
    ledger.radio_done(60_050)
    ledger.begin(listen(60_050), True, 60_050)  # switched off
    ledger.advance(61_050)

    assert ledger.heard_ms == 60_000
    assert sum(ledger.slept_ms) == 1_000


def test_a_sensor_costs_what_it_says_and_what_its_rail_takes() -> None:
    ledger = Ledger()
    ledger.sampled(24_000, 30)

    assert by_activity(ledger)["sensors"] == 24_000 + 30 * 10
    assert by_activity(ledger)["sampling"] == 20 * 5_000


def test_a_milliampere_all_day_is_24_milliampere_hours() -> None:
    assert uah_a_day(1_000 * 86_400_000, 86_400_000) == 24_000
    assert uah_a_day(0, 0) == 0


def test_a_battery_that_is_used_up_has_nothing_left() -> None:
    ledger = Ledger()
    assert left_percent(sum(charges(ledger, BOARD)), 100) == 100

    ledger.sensors_nc = 50 * 3_600_000_000
    assert left_percent(sum(charges(ledger, BOARD)), 100) == 50

    ledger.sensors_nc *= 3
    assert left_percent(sum(charges(ledger, BOARD)), 100) == 0


@given(
    st.lists(st.tuples(st.sampled_from(("sleep", "send", "hear")), st.integers(0, 10_000_000)), max_size=30)
)
def test_every_millisecond_is_booked_exactly_once(periods: list[tuple[str, int]]) -> None:
    ledger = Ledger()
    now_ms = 1_000
    ledger.advance(now_ms)
    for kind, length_ms in periods:
        if kind == "send":
            ledger.begin(transmit(14), True, now_ms)
        elif kind == "hear":
            ledger.begin(listen(now_ms + length_ms + 1), True, now_ms)
        now_ms += length_ms
        ledger.radio_done(now_ms)

    booked = sum(ledger.slept_ms) + ledger.heard_ms + sum(ms for _, ms in ledger.sent_ms)
    assert booked == ledger.elapsed_ms == now_ms - 1_000


def test_a_whole_node_keeps_the_books_of_its_radio() -> None:
    board = Board("EU868", 5, 0, 512, 7)

    board.advance(4 * 3_600_000)

    ledger = board.node.power
    assert ledger.samples == board.sampled
    assert ledger.elapsed_ms <= 4 * 3_600_000
    assert sum(ms for _, ms in ledger.sent_ms) >= sum(e.airtime_ms for e in board.sent if hasattr(e, "port"))
    assert ledger.heard_ms > 0
    assert len(ledger.join_sent_ms) == 1


def test_the_books_are_the_same_on_micropython() -> None:
    source = """
from farwire_node.power.power import *
from farwire_node.steps import *
ledger = Ledger()
ledger.begin(Transmit(bytes(20), 1, 7, 125000, 14, 50), True, 0)
ledger.radio_done(50)
for day in range(400):
    ledger.advance(86_400_000 * day)
    ledger.sampled(24_000, 30)
currents = Currents(1_500_000, 2_000, 60_000, 5_000, 1_000, 6_000, ((14, 45_000),), 10, 4, 300, 20, 7_000)
print(charges(ledger, currents), left_percent(sum(charges(ledger, currents)), 1))
"""
    there = micropython.run(source, [micropython.CODECS, micropython.NODE])

    ledger = Ledger()
    ledger.begin(transmit(14), True, 0)
    ledger.radio_done(50)
    for day in range(400):
        ledger.advance(86_400_000 * day)
        ledger.sampled(24_000, 30)
    currents = BOARD._replace(transmit=((14, 45_000),))
    assert there.strip() == f"{charges(ledger, currents)} {left_percent(sum(charges(ledger, currents)), 1)}"


def test_what_is_left_of_the_battery_can_be_a_channel() -> None:
    ledger = Ledger()
    sensor = ChargeLeft(9, ledger, BOARD, 100, MemoryStorage())
    assert sensor.read(0) == ((100,),)

    ledger.sensors_nc = 25 * 3_600_000_000

    assert sensor.read(0) == ((75,),)
    assert sensor.channels == (Channel(9, 120),)


def test_what_is_left_of_the_battery_goes_on_over_restarts_and_a_power_cut_costs_six_hours_of_it() -> None:
    storage = MemoryStorage()
    percent_nc = 3_600_000_000
    for start in range(3):  # of the whole board, its ledger with it
        ledger = Ledger()
        sensor = ChargeLeft(9, ledger, BOARD, 100, storage)
        [(before,)] = sensor.read(0)
        assert before == 100 - 20 * start
        for day in range(20):
            ledger.sensors_nc += percent_nc
            sensor.read(86_400_000 * day + 1)
        ledger.sensors_nc += percent_nc  # not read any more

    again = ChargeLeft(
        9, ledger, BOARD, 100, storage
    )  # a node that starts over, with the ledger that there is
    assert again.read(0) == ((39,),)
    again.suspend(0)
    assert ChargeLeft(9, Ledger(), BOARD, 100, storage).read(0) == ((39,),)


def test_a_modems_frames_are_booked_without_steps() -> None:
    ledger = Ledger()
    ledger.sent_unseen(60, 30)

    found = by_activity(ledger)
    assert found["transmit"] == 60 * 91_000
    assert found["receive"] > 0
    assert found["encoding"] == 30 * 7 * 5_000
    assert not ModemLink.drives_radio
    assert Mac.drives_radio
