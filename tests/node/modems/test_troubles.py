"""Three modems, twelve kinds of trouble: afterwards every record is in the cloud, once and right."""

import random
from collections.abc import Callable

import pytest

from farwire_node import node_events
from farwire_node.modems.loop import Loop
from farwire_twin.modems import modem
from tests.node.modems.bench import MODEMS, Bench

ANSWER = {"RAK3172": "OK", "LoRa-E5": ": ", "RN2483": "ok"}
OUTCOME = {"RAK3172": "+EVT:TX_DONE", "LoRa-E5": "Done", "RN2483": "mac_"}
DOWNLINK = {
    "RAK3172": "+EVT:RX_1:-80:7:UNICAST:{}:{}",
    "LoRa-E5": '+MSG: PORT: {}; RX: "{}"',
    "RN2483": "mac_rx {} {}",
}


def sending(bench: Bench) -> Callable[[], bool]:
    """When the next frame has begun."""
    frames = len(bench.air.sent)
    return lambda: len(bench.air.sent) > frames


def reset_in_mid_command(bench: Bench) -> None:
    bench.run_until(sending(bench))
    bench.modem.power_on(bench.now_ms)


def garbage(bench: Bench) -> None:
    for _ in range(5):
        bench.faults.inject(bytes(range(256)) + b"\xff\x00\x80OK\xfe")
        bench.run(7)
    bench.faults.spoil_commands(lambda data: data[:3] + b"\xff" + data[3:], 3)
    bench.run_until(sending(bench))
    bench.faults.spoil_commands(lambda data: data[:-3], 2)


def busy(bench: Bench) -> None:
    bench.modem.refusals += [modem.BUSY] * 12  # more than the driver takes before it restarts the modem


def no_free_channel(bench: Bench) -> None:
    bench.modem.refusals += [modem.NO_FREE_CHANNEL] * 3


def not_joined(bench: Bench) -> None:
    bench.modem.refusals.append(modem.NOT_JOINED)


def truncated_reply(bench: Bench) -> None:
    bench.faults.truncate(ANSWER[bench.name], 2)
    bench.faults.truncate(OUTCOME[bench.name])


def lost_reply(bench: Bench) -> None:
    bench.faults.lose(ANSWER[bench.name], 2)
    bench.faults.lose(OUTCOME[bench.name], 2)


def over_long_line(bench: Bench) -> None:
    bench.faults.change(lambda line: b"x" * 5_000 + line, OUTCOME[bench.name])
    bench.faults.inject(b"OK" * 2_000 + b"\r\n")


def doubled_line(bench: Bench) -> None:
    bench.faults.double(ANSWER[bench.name], 20)
    bench.faults.double(OUTCOME[bench.name], 3)


def wrong_port_data(bench: Bench) -> None:
    for port, payload in (
        ("0", "01"),
        ("224", "01"),
        ("999999999999", "01"),
        ("-1", "01"),
        ("2", "0"),
        ("2", "xy"),
    ):
        bench.faults.inject((DOWNLINK[bench.name].format(port, payload) + "\r\n").encode())
        bench.run(3)
    bench.faults.inject((DOWNLINK[bench.name].format(200, "deadbeef") + "\r\n").encode())


def silence(bench: Bench) -> None:
    bench.faults.silent = True
    bench.run(400)
    bench.faults.silent = False


def unplugged_and_plugged_again(bench: Bench) -> None:
    bench.run_until(sending(bench))
    bench.faults.plugged = False
    bench.modem.power_off()
    bench.run(300)
    bench.faults.plugged = True
    bench.modem.power_on(bench.now_ms)


TROUBLES = (
    reset_in_mid_command,
    garbage,
    busy,
    no_free_channel,
    not_joined,
    truncated_reply,
    lost_reply,
    over_long_line,
    doubled_line,
    wrong_port_data,
    silence,
    unplugged_and_plugged_again,
)


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
@pytest.mark.parametrize("name", MODEMS)
def test_every_record_arrives_after(name: str, trouble: Callable[[Bench], None]) -> None:
    bench = Bench(name)
    bench.join()
    before = len(bench.cloud.records)

    trouble(bench)
    bench.run(900)
    bench.finish()

    assert len(bench.cloud.records) >= before + 45
    assert not bench.modem.refusals
    bench.assert_all_arrived()


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("name", MODEMS)
def test_every_record_arrives_after_six_troubles_in_any_order_in_either_class(name: str, seed: int) -> None:
    dice = random.Random(f"{name} {seed}")
    bench = Bench(name, seed, device_class=dice.choice("AC"))
    bench.join()

    for trouble in dice.choices(TROUBLES, k=6):
        bench.run(dice.uniform(0, 60))
        trouble(bench)
    bench.run(300)
    bench.finish()

    bench.assert_all_arrived()


@pytest.mark.parametrize("cut", range(2, 9))
@pytest.mark.parametrize("name", MODEMS)
def test_a_frame_whose_command_was_cut_short_never_leaves(name: str, cut: int) -> None:
    bench = Bench(name)
    bench.join()
    word = {"RAK3172": b"AT+SEND", "LoRa-E5": b"AT+MSGHEX", "RN2483": b"mac tx"}[name]
    cuts: list[bytes] = []

    def cut_once(data: bytes) -> bytes:
        if cuts or word not in data:
            return data
        cuts.append(data[:-cut])
        return cuts[0]

    bench.faults.spoil_commands(cut_once, 100)
    bench.run_until(lambda: bool(cuts))
    heard = len(bench.network.uplinks)
    bench.run(10)

    assert len(bench.network.uplinks) == heard
    bench.finish()
    bench.assert_all_arrived()


@pytest.mark.parametrize("name", MODEMS)
def test_a_modem_that_is_busy_for_ever_is_restarted(name: str) -> None:
    bench = Bench(name)
    bench.join()
    resets = bench.modem.resets

    busy(bench)
    bench.run_until(lambda: bench.modem.resets > resets)

    assert bench.link.counters["restarts"] == 1


@pytest.mark.parametrize("name", MODEMS)
def test_a_silent_modem_is_asked_ever_less_often_and_found_within_two_minutes(name: str) -> None:
    bench = Bench(name)
    bench.join()

    bench.faults.silent = True
    bench.run(3600)

    assert 40 <= bench.link.counters["restarts"] <= 80
    bench.faults.silent = False
    bench.run_until(lambda: not bench.link.busy, 120)


@pytest.mark.parametrize("name", MODEMS)
def test_a_modem_that_hangs_is_reset_by_its_line(name: str) -> None:
    bench = Bench(name)

    def pull_reset() -> None:
        bench.faults.silent = False
        bench.modem.power_on(bench.now_ms)

    bench.loop = Loop(bench.node, bench.link, bench._open, pull_reset)
    bench.join()

    bench.faults.silent = True
    bench.run(300)
    bench.finish()

    assert bench.modem.resets >= 2
    assert bench.link.counters["restarts"] == 1
    bench.assert_all_arrived()


@pytest.mark.parametrize("name", MODEMS)
def test_a_node_without_a_modem_samples_on(name: str) -> None:
    bench = Bench(name)
    bench.faults.plugged = False

    bench.run(600)

    assert len(bench.sampled) >= 29
    bench.faults.plugged = True
    bench.run(300)
    bench.finish()
    bench.assert_all_arrived()


@pytest.mark.parametrize("name", MODEMS)
def test_a_downlink_that_comes_twice_in_one_breath_is_told_once(name: str) -> None:
    bench = Bench(name)
    bench.join()
    bench.run_until(lambda: not bench.link.busy)
    line = (DOWNLINK[name].format(20, "0102") + "\r\n").encode()

    bench.faults.inject(line + line)
    bench.run(1)
    once = len(bench.events(node_events.FrameIgnored))
    bench.run(5)
    bench.faults.inject(line)
    bench.run(1)

    assert once == 1
    assert len(bench.events(node_events.FrameIgnored)) == 2
