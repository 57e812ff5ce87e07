"""What a node can rely on whatever modem it has."""

import pytest

from farwire_codecs import ports
from farwire_codecs.lpp_actuators import encode_actuators
from farwire_node import node_events
from farwire_node.errors import ConfigurationError
from farwire_node.link import BUSY, NOT_JOINED, TOO_LONG, Delivered, Refusal, Sending
from farwire_node.lorawan import regions
from farwire_node.lorawan.regions import EU868, US915
from farwire_node.modems.dialect import Dialect
from farwire_node.modems.identity import Identity
from farwire_node.modems.lora_e5 import LoraE5
from farwire_node.modems.modem_link import ModemLink
from farwire_node.modems.rak3172 import Rak3172
from farwire_node.modems.rn2483 import Rn2483
from farwire_node.steps import Sleep
from farwire_node.storage import MemoryStorage
from tests.node.lorawan.fakes import APP_KEY, DEV_EUI, JOIN_EUI, Down
from tests.node.modems.bench import MODEMS, Bench

LAMP_ON = Down(encode_actuators([(20, 100)]), ports.LPP_ACTUATORS)

each_modem = pytest.mark.parametrize("name", MODEMS)


@each_modem
def test_a_node_joins_sends_and_receives(name: str) -> None:
    bench = Bench(name)

    bench.join()
    bench.network.queue.append(LAMP_ON)
    bench.run(900)
    bench.finish()

    assert [event.dev_addr for event in bench.events(node_events.Joined)] == [bench.network.dev_addr]
    assert bench.lamp.history == [100]
    bench.assert_all_arrived()
    assert {counter: count for counter, count in bench.link.counters.items() if count} == {}


@pytest.mark.parametrize("name", ["RAK3172", "LoRa-E5"])
def test_a_node_joins_sends_and_receives_in_us915(name: str) -> None:
    bench = Bench(name, region=US915, initial_dr=3)

    bench.join()
    bench.network.queue.append(LAMP_ON)
    bench.run(900)
    bench.finish()

    assert bench.lamp.history == [100]
    bench.assert_all_arrived()


@each_modem
def test_a_class_c_downlink_comes_between_the_frames(name: str) -> None:
    bench = Bench(name, device_class="C")
    bench.join()
    bench.run_until(lambda: not bench.link.busy)
    frames = len(bench.air.sent)

    assert bench.air.class_c(LAMP_ON)
    bench.run_until(lambda: bench.lamp.history == [100], 3)

    assert len(bench.air.sent) == frames


@each_modem
def test_a_class_c_node_delivers_everything_too(name: str) -> None:
    bench = Bench(name, device_class="C")
    bench.join()

    bench.run(1800)
    bench.finish()

    bench.assert_all_arrived()
    assert bench.link.counters["timeouts"] == 0


@each_modem
def test_a_class_can_be_changed_at_any_time(name: str) -> None:
    bench = Bench(name)
    bench.link.set_class("C")
    bench.join()
    bench.run_until(lambda: not bench.link.busy)
    assert bench.air.class_c(LAMP_ON)
    bench.run_until(lambda: bench.lamp.history == [100], 3)

    bench.link.set_class("A")
    bench.run(5)

    assert not bench.link.busy
    assert not bench.air.class_c(LAMP_ON)


@each_modem
def test_a_class_a_modem_hears_nothing_between_the_frames(name: str) -> None:
    bench = Bench(name)
    bench.join()
    bench.run_until(lambda: not bench.link.busy)

    assert not bench.air.class_c(LAMP_ON)


def idle(name: str) -> Bench:
    """A bench whose node has nothing more to say, so that the link can be had for a test."""
    bench = Bench(name)
    bench.join()
    bench.finish()
    bench.run_until(lambda: not bench.link.busy)
    return bench


@each_modem
@pytest.mark.parametrize("answered", [True, False])
def test_a_confirmed_frame_tells_whether_it_was_acknowledged(name: str, answered: bool) -> None:
    bench = idle(name)
    bench.network.acks = answered

    assert isinstance(bench.link.send(2, b"hello", True, False, bench.now_ms), Sending)
    delivered: list[object] = []
    while not delivered:
        step = bench.link.poll(bench.now_ms)
        bench.wire.write(bench.link.outgoing())
        bench.clock.now_ms += 1
        bench.clock.run_due()
        bench.modem.poll(bench.now_ms)
        bench.wire.carry()
        bench.link.on_bytes(bench.wire.read(), bench.now_ms)
        delivered = [event for event in bench.link.events() if isinstance(event, Delivered)]

    assert isinstance(step, Sleep)
    assert delivered == [Delivered(answered)]
    assert bench.network.uplinks[-1].payload == b"hello"


@each_modem
def test_what_cannot_go_is_refused_and_changes_nothing(name: str) -> None:
    bench = Bench(name)
    assert bench.link.send(1, b"x", False, False, 0) == Refusal(NOT_JOINED, None)
    bench.join()
    bench.run_until(lambda: not bench.link.busy)
    link, now_ms = bench.link, bench.now_ms
    capacity = link.capacity(now_ms)

    assert link.send(1, bytes(capacity + 1), False, False, now_ms) == Refusal(TOO_LONG, None)
    assert link.earliest_ms(capacity + 1, now_ms, False) is None
    assert isinstance(link.send(1, bytes(capacity), False, False, now_ms), Sending)
    refused = link.send(1, b"x", False, False, now_ms)
    assert isinstance(refused, Refusal)
    assert refused.reason == BUSY
    assert refused.retry_ms is not None
    assert refused.retry_ms > now_ms


@each_modem
def test_capacity_and_airtime_follow_the_data_rate_that_the_modem_tells(name: str) -> None:
    bench = Bench(name, initial_dr=5)
    bench.join()
    bench.run_until(lambda: not bench.link.busy)

    assert bench.link.capacity(bench.now_ms) == EU868.max_payload[5]
    fast_ms = bench.link.airtime_ms(20)
    bench.modem.set_data_rate("0")
    bench.run_until(lambda: bench.link.capacity(bench.now_ms) == EU868.max_payload[0])
    assert bench.link.airtime_ms(20) > 10 * fast_ms


@each_modem
def test_an_alarm_finds_airtime_when_ordinary_frames_find_none(name: str) -> None:
    bench = idle(name)
    link, now_ms = bench.link, bench.now_ms
    link._budget.charge(29_000, now_ms)  # of 36 s in EU868's band M, of which a fifth is in reserve

    ordinary_ms = link.earliest_ms(10, now_ms, False)

    assert ordinary_ms is not None
    assert ordinary_ms > now_ms
    assert link.earliest_ms(10, now_ms, True) == now_ms


@each_modem
def test_a_host_that_starts_anew_goes_on_with_the_modems_session(name: str) -> None:
    bench = Bench(name)
    bench.join()
    bench.run(300)
    joins = len(bench.network.requests)
    bench.node.suspend(bench.now_ms)

    bench.start_host()
    bench.run(600)
    bench.finish()

    assert len(bench.network.requests) == joins
    bench.assert_all_arrived()


def test_an_rn2483_goes_on_with_its_saved_session_and_repeats_no_counter_after_a_reset() -> None:
    bench = Bench("RN2483")
    bench.join()
    bench.run(1200)
    used = bench.network.f_cnt_up

    bench.modem.power_on(bench.now_ms)
    bench.run(600)
    bench.finish()

    assert len(bench.network.requests) == 1
    assert bench.network.f_cnt_up > used
    assert bench.network.refused == []
    bench.assert_all_arrived()


@pytest.mark.parametrize("name", ["RAK3172", "LoRa-E5"])
def test_a_modem_that_keeps_no_session_joins_again_after_a_reset(name: str) -> None:
    bench = Bench(name)
    bench.join()

    bench.modem.power_on(bench.now_ms)
    bench.run(900)
    bench.finish()

    assert len(bench.network.requests) == 2
    bench.assert_all_arrived()


@each_modem
def test_a_node_that_no_one_answers_joins_again(name: str) -> None:
    bench = Bench(name)
    bench.join()
    bench.run_until(lambda: not bench.link.busy)
    bench.network.keys = None  # the network lost the session
    bench.link._silent = 380  # of 384 uplinks

    bench.run_until(lambda: len(bench.network.requests) == 2, 4 * 3600)
    bench.finish()

    bench.assert_all_arrived()


@each_modem
def test_joins_that_no_one_answers_keep_the_law_of_back_off(name: str) -> None:
    bench = Bench(name)
    bench.network.answers_joins = False

    bench.run(24 * 3600)

    spent_ms = [
        sum(step.airtime_ms for at, step in bench.air.sent if at // 3_600_000 == hour) for hour in range(24)
    ]
    assert 0 < spent_ms[0] <= 36_000 + 5_000
    assert sum(spent_ms[1:11]) <= 36_000 + 5_000
    assert sum(spent_ms[11:]) <= 8_700 + 5_000
    assert len(bench.sampled) > 4_000


@each_modem
def test_a_modem_of_another_node_is_told_who_it_is_now(name: str) -> None:
    bench = Bench(name)
    bench.modem.settings.update(dev_eui="0" * 15 + "9", join_eui="0" * 15 + "8", app_key="9" * 32)

    bench.join()

    assert bench.network.requests[0].dev_eui == DEV_EUI
    assert bench.network.requests[0].join_eui == JOIN_EUI


@pytest.mark.parametrize(
    ("dialect", "region", "commands"),
    [
        (Rak3172, "US915", ["AT+BAND=5", "AT+MASK=0002"]),
        (Rak3172, "AU915", ["AT+BAND=6", "AT+MASK=0002"]),
        (LoraE5, "US915", ["AT+DR=US915", "AT+CH=NUM,8-15,65"]),
    ],
)
def test_a_sub_band_is_told_where_a_network_hears_only_some_channels(
    dialect: type[Dialect], region: str, commands: list[str]
) -> None:
    link = ModemLink(
        dialect(), Identity(1, 2, APP_KEY), regions.by_name(region), MemoryStorage(), lambda n: 0, sub_band=2
    )
    told = [link._dialogue._filled(command.text) for command in dialect.setup]

    assert [text for text in told if text in commands] == commands


@pytest.mark.parametrize(
    ("dialect", "region"),
    [(dialect, region) for dialect in (Rak3172, LoraE5, Rn2483) for region in dialect.bands],
)
def test_a_region_of_a_modem_is_one_that_we_know(dialect: type[Dialect], region: str) -> None:
    link = ModemLink(
        dialect(), Identity(1, 2, APP_KEY), regions.by_name(region), MemoryStorage(), lambda n: 0
    )

    assert link._budget.earliest_ms(1_000, 0, False) == 0
    assert link._rate.on_air_ms(10) > 0


def test_the_key_shows_nowhere() -> None:
    identity = Identity(DEV_EUI, JOIN_EUI, APP_KEY)

    assert APP_KEY.hex() not in repr(identity).lower()
    assert not hasattr(identity, "__dict__") or "app_key" not in [
        name for name in vars(identity) if name[0] != "_"
    ]


def test_settings_that_cannot_be_are_refused() -> None:
    def made(**options: object) -> ModemLink:
        values = {"region": EU868, "device_class": "A", **options}
        return ModemLink(
            Rn2483(),
            Identity(1, 2, APP_KEY),
            values.pop("region"),
            MemoryStorage(),
            lambda n: 0,
            **values,  # type: ignore[arg-type]
        )

    made()
    with pytest.raises(ConfigurationError, match="RN2483 has no region US915, expected one of EU868"):
        made(region=US915)
    with pytest.raises(ConfigurationError, match="device_class is 'B'"):
        made(device_class="B")
    with pytest.raises(ConfigurationError, match="sub_band is 2, expected"):
        made(sub_band=2)
    with pytest.raises(ConfigurationError, match="initial_dr is 9"):
        made(initial_dr=9)
    with pytest.raises(ConfigurationError, match="app_key has 3 bytes, expected 16"):
        Identity(1, 2, b"key")
    with pytest.raises(ConfigurationError, match="port is 0 with 1 bytes"):
        made().send(0, b"x", False, False, 0)
