"""Times of events, and what a gateway's clock may claim."""

from chirpstack_api import integration

from farwire_bridge import times
from tests.bridge import events_made
from tests.bridge.events_made import DEV_EUI, NOW_MS

LIMITS = times.Limits(late_ms=86_400_000, early_ms=5_000)
LEAP_SECONDS_MS = 18_000
HOUR_MS = 3_600_000


def test_an_uplink_was_heard_when_its_gateway_says() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=NOW_MS, ns_time_ms=NOW_MS + 200)

    assert times.heard_ms(event, NOW_MS + 9_000, LIMITS) == (NOW_MS, False)


def test_a_gateway_whose_backhaul_was_down_may_deliver_hours_late() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=NOW_MS, ns_time_ms=NOW_MS + 5 * HOUR_MS)

    assert times.heard_ms(event, NOW_MS, LIMITS) == (NOW_MS, False)


def test_a_time_from_the_future_is_replaced_by_the_network_servers() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=NOW_MS + LEAP_SECONDS_MS, ns_time_ms=NOW_MS)

    assert times.heard_ms(event, NOW_MS, LIMITS) == (NOW_MS, True)


def test_a_time_in_1980_is_replaced_by_the_network_servers() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=315_964_800_000, ns_time_ms=NOW_MS)

    assert times.heard_ms(event, NOW_MS, LIMITS) == (NOW_MS, True)


def test_the_first_of_several_gateways_bounds_the_time() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=315_964_800_000, ns_time_ms=NOW_MS, gateways=3)

    assert times.heard_ms(event, 0, LIMITS) == (NOW_MS, True)


def test_without_the_network_servers_time_ours_bounds_the_future_only() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=NOW_MS, gateways=0)

    assert times.heard_ms(event, NOW_MS + 100 * 24 * HOUR_MS, LIMITS) == (NOW_MS, False)
    assert times.heard_ms(event, NOW_MS - HOUR_MS, LIMITS) == (NOW_MS - HOUR_MS, True)


def test_an_uplink_without_a_time_was_heard_when_the_network_server_got_it() -> None:
    event = events_made.up(DEV_EUI, 1, b"", time_ms=NOW_MS)
    event.ClearField("time")

    assert times.heard_ms(event, NOW_MS + 1, LIMITS) == (NOW_MS, True)


def test_other_events_have_the_network_servers_time() -> None:
    assert times.event_ms(events_made.join(DEV_EUI), 5) == NOW_MS


def test_another_event_without_a_possible_time_happened_now() -> None:
    assert times.event_ms(integration.JoinEvent(), NOW_MS) == NOW_MS
    event = integration.JoinEvent()
    event.time.FromMilliseconds(1)
    assert times.event_ms(event, NOW_MS) == NOW_MS
