"""A gateway without power."""

from farwire_twin.twin import Twin
from tests.bench.fleet.plants import run
from tests.twin.world.direct import findings

HOUR_MS = 3_600_000


def test_a_gateway_without_power_hears_and_says_nothing_until_it_is_back() -> None:
    heard_ms: list[int] = []
    said_ms: list[int] = []

    def prepare(twin: Twin) -> None:
        clock, accounting = twin.simulation.clock, twin.simulation.accounting
        (station,) = twin.simulation.stations.values()
        station.outage(HOUR_MS, 2 * HOUR_MS)
        hears, says = station.gateway.on_uplink, accounting.on_gateway_sent

        def hear(*heard: object) -> object:
            heard_ms.append(clock.now_ms)
            return hears(*heard)  # type: ignore[arg-type]

        def say(*said: object) -> None:
            said_ms.append(clock.now_ms)
            says(*said)  # type: ignore[arg-type]

        station.gateway.on_uplink = hear  # type: ignore[assignment,method-assign]
        accounting.on_gateway_sent = say  # type: ignore[assignment,method-assign]

    watched = run(prepare=prepare, nodes=3, minutes=180, gateways=1)

    for moments_ms in (heard_ms, said_ms):
        assert any(ms < HOUR_MS for ms in moments_ms)
        assert not any(HOUR_MS < ms < 2 * HOUR_MS for ms in moments_ms)
        assert any(ms > 2 * HOUR_MS for ms in moments_ms)
    assert findings(watched.run)["lost"] == 0
