"""How large a downlink may be."""

import pytest

from farwire_bridge.payload_limits import IP_REGION, REGIONS, SMALLEST, payload_limit
from farwire_node.lorawan import regions


@pytest.mark.parametrize("data_rate", range(8))
def test_in_europe_the_second_window_bounds_every_downlink(data_rate: int) -> None:
    assert payload_limit("eu868", data_rate, 0) == 51


def test_bytes_for_mac_commands_are_kept_free() -> None:
    assert payload_limit("eu868", 5, 15) == 36


def test_a_sub_band_of_a_region_has_the_regions_limits() -> None:
    assert payload_limit("us915_0", 3, 0) == payload_limit("US915", 3, 0) == 33


@pytest.mark.parametrize(("region", "data_rate"), [("", 0), ("mars", 5), ("eu868", 15), ("us915", 8)])
def test_what_is_not_known_gets_the_smallest_limit_of_all(region: str, data_rate: int) -> None:
    assert payload_limit(region, data_rate, 15) == SMALLEST


@pytest.mark.parametrize("region", REGIONS)
def test_no_limit_is_below_the_smallest(region: str) -> None:
    assert all(payload_limit(region, dr, 15) >= SMALLEST for dr in range(16))


@pytest.mark.parametrize("name", REGIONS)
def test_what_is_enqueued_fits_both_windows_by_the_nodes_own_tables(name: str) -> None:
    region = regions.by_name(name.upper())
    for uplink_dr, downlink_drs in enumerate(region.rx1_drs):
        for downlink_dr in (*(downlink_drs or ()), region.rx2_dr):
            if region.max_payload_down[downlink_dr]:  # some offsets name a data rate without a modulation
                assert payload_limit(name, uplink_dr, 0) <= region.max_payload_down[downlink_dr]


def test_without_a_radio_a_downlink_may_be_as_long_as_the_longest_on_a_radio() -> None:
    assert payload_limit(IP_REGION, 0, 15) == 242
