"""A frame that a modem refuses after the link took it never left: what it carried goes again at once."""

from collections.abc import Callable
from typing import Any

import pytest

from farwire_codecs import command, ports
from farwire_node import link, node_events
from tests.node.lorawan.fakes import Down
from tests.node.modems.bench import MODEMS, Bench

RETRY_MS = 3_000  # in place of the ten seconds that an unanswered alarm waits
NO_CHANNEL_MS = 33_000  # where the modem has no airtime and does not tell for how long

each_modem = pytest.mark.parametrize("name", MODEMS)


def refuse(bench: Bench, reason: str, which: Callable[[int], bool]) -> list[int]:
    """Have the modem refuse one frame on such a port; return a list that gets the moment of it."""
    send, refused = bench.modem.send, []

    def refuse_once(port: int, payload: bytes, confirmed: bool, now_ms: int) -> Any:
        if not refused and which(port):
            refused.append(now_ms)
            return link.Refusal(reason, None)
        return send(port, payload, confirmed, now_ms)

    bench.modem.send = refuse_once
    return refused


@each_modem
@pytest.mark.parametrize(("reason", "within_ms"), [(link.BUSY, RETRY_MS), (link.AIRTIME, NO_CHANNEL_MS)])
def test_an_alarm_that_the_modem_refused_goes_as_soon_as_the_modem_may_take_it(
    name: str, reason: str, within_ms: int
) -> None:
    bench = Bench(name)
    bench.join()
    refused = refuse(bench, reason, lambda port: port == ports.ALARM)

    bench.sensor.broken = True
    bench.run_until(lambda: bool(bench.cloud.alarms), 300)

    assert bench.events(node_events.FrameNotSent) == [node_events.FrameNotSent(ports.ALARM)]
    assert bench.now_ms - refused[0] <= within_ms


@each_modem
def test_a_batch_that_the_modem_refused_goes_again_with_all_its_records(name: str) -> None:
    bench = Bench(name)
    bench.join()
    before = len(bench.cloud.records)
    refused = refuse(bench, link.BUSY, lambda port: port == ports.HISTORY)
    bench.run_until(lambda: bool(refused))

    bench.run_until(lambda: len(bench.cloud.records) > before, 20)

    assert set(bench.cloud.records) == set(range(1, max(bench.cloud.records) + 1))


@each_modem
def test_an_answer_that_the_modem_refused_is_given_all_the_same(name: str) -> None:
    bench = Bench(name)
    bench.join()
    refused = refuse(bench, link.BUSY, lambda port: port == ports.COMMAND_ANSWER)
    bench.network.queue.append(Down(command.encode(command.ReportState(7)), ports.COMMAND))
    bench.run_until(lambda: bool(refused) or bool(bench.events(node_events.FrameIgnored)), 600)

    assert refused, bench.events(node_events.FrameIgnored)
    bench.run_until(lambda: len(bench.cloud.answers) == 1, 20)
