"""The region tables against references written from the sources, and the rules that read them."""

from decimal import Decimal

import pytest

from farwire_node.errors import ConfigurationError
from farwire_node.lorawan import regions
from farwire_node.lorawan.airtime import airtime_ms
from farwire_node.lorawan.frames import OVERHEAD
from farwire_node.lorawan.join import REQUEST_SIZE
from farwire_node.lorawan.regions import EU868, US915
from tests import micropython
from tests.node.lorawan import vectors


def reference_of(name):
    """Return a region's reference; one that is like another says only what differs."""
    row = vectors.load(f"regions/{name.lower()}.json")
    return reference_of(row["like"]) | row if "like" in row else row


REFERENCES = [reference_of(name) for name in regions.NAMES]
references = pytest.mark.parametrize("reference", vectors.by_id(REFERENCES))
every_region = pytest.mark.parametrize("region", regions.REGIONS, ids=lambda region: region.name)


def hz(mhz):
    return int(Decimal(mhz) * 1_000_000)


def test_every_region_has_a_reference():
    assert [region.name for region in regions.REGIONS] == [reference["name"] for reference in REFERENCES]
    files = {path.stem for path in (vectors.FOLDER / "regions").glob("*.json")}
    assert files == {name.lower() for name in regions.NAMES}


@references
def test_data_rates_are_those_of_the_reference(reference):
    region = regions.by_name(reference["name"])

    for dr, modulation in enumerate(region.data_rates):
        row = reference["data_rates"].get(str(dr))
        assert modulation == (None if row is None else (row["sf"], 1000 * row["bw_khz"]))
        assert region.max_payload[dr] == (row or {}).get("max_payload", 0)
        assert region.max_payload_down[dr] == (row or {}).get("max_payload_down", 0)
        if reference.get("tx_param_setup"):
            assert region.max_payload_dwell[dr] == (row or {}).get("max_payload_dwell", 0)
    assert len(region.data_rates) > max(int(dr) for dr in reference["data_rates"])


@references
def test_directions_of_data_rates_are_those_with_a_payload(reference):
    region = regions.by_name(reference["name"])

    rows = {int(dr): row for dr, row in reference["data_rates"].items()}
    assert region.up_drs == tuple(dr for dr, row in rows.items() if "max_payload" in row)
    assert region.down_drs == tuple(dr for dr, row in rows.items() if "max_payload_down" in row)


@references
def test_first_window_is_the_one_of_the_reference(reference):
    region = regions.by_name(reference["name"])

    for dr in region.up_drs:
        freq_hz = region.channels[-1].freq_hz
        row = reference["data_rates"][str(dr)]
        for dwell, expected in ((False, row["rx1_dr"]), (True, row.get("rx1_dr_dwell", row["rx1_dr"]))):
            found = [regions.rx1(region, freq_hz, dr, offset, dwell)[1] for offset in range(len(expected))]
            assert found == expected
            with pytest.raises(ConfigurationError):
                regions.rx1(region, freq_hz, dr, len(expected), dwell)


@references
def test_channels_are_those_of_the_reference(reference):
    region = regions.by_name(reference["name"])

    expected = [(hz(row["mhz"]), row["min_dr"], row["max_dr"]) for row in reference.get("channels", [])]
    for group in reference.get("channel_groups", []):
        for number in range(group["count"]):
            freq_hz = hz(group["first_mhz"]) + number * hz(group["step_mhz"])
            expected.append((freq_hz, group["min_dr"], group["max_dr"]))
    assert list(region.channels) == expected
    assert region.max_channels == reference["max_channels"]
    assert region.fixed_channels == reference["fixed_channels"]


@references
def test_windows_powers_and_limits_are_those_of_the_reference(reference):
    region = regions.by_name(reference["name"])

    expected_hz = [hz(mhz) for mhz in reference.get("rx1_mhz", [])]
    group = reference.get("rx1_group", {"count": 0})
    expected_hz += [hz(group["first_mhz"]) + i * hz(group["step_mhz"]) for i in range(group["count"])]
    assert list(region.rx1_freqs_hz) == expected_hz
    assert (region.rx2_freq_hz, region.rx2_dr) == (hz(reference["rx2"]["mhz"]), reference["rx2"]["dr"])
    assert region.max_eirp_dbm == reference["max_eirp_dbm"]
    assert region.max_tx_power == reference["max_tx_power"]
    assert (region.low_hz, region.high_hz) == tuple(hz(mhz) for mhz in reference["range_mhz"])
    assert region.dwell_ms == reference["dwell_ms"]
    assert region.dwell_at_boot == reference.get("dwell_at_boot", False)
    assert region.tx_param_setup == reference.get("tx_param_setup", False)
    assert region.listen_before_talk == reference.get("listen_before_talk", False)
    doubtful = reference.get("doubtful_payload")
    assert region.doubtful_payload == (None if doubtful is None else tuple(doubtful))


@references
def test_joins_and_cf_lists_are_those_of_the_reference(reference):
    region = regions.by_name(reference["name"])

    drs = {dr for dr, _ in region.join_weights} | {dr for row in region.join_banks for dr in (row[1], row[3])}
    assert sorted(drs) == reference["join_drs"]
    assert region.cf_list_kind == reference["cf_list_type"]
    assert region.join_channels == tuple(range(len(region.channels)))


@references
def test_sub_bands_are_those_of_the_reference(reference):
    region = regions.by_name(reference["name"])

    expected = []
    for row in reference["sub_bands"]:
        per_hour_ms = int(Decimal(row["duty_cycle_percent"]) * 36_000)
        expected.append((hz(row["mhz"][0]), hz(row["mhz"][1]), per_hour_ms, row["erp_dbm"]))
    assert list(region.sub_bands) == expected


@every_region
def test_longest_uplink_keeps_the_dwell_time_at_every_data_rate(region):
    for dr in region.up_drs:
        size = regions.max_payload(region, dr, True)
        if region.dwell_ms and size:
            assert airtime_ms(size + OVERHEAD, *region.data_rates[dr]) <= region.dwell_ms


@every_region
def test_join_requests_keep_the_dwell_time(region):
    rates = [dr for dr, _ in region.join_weights]
    rates += [dr for row in region.join_banks for dr in (row[1], row[3])]
    for dr in rates:
        assert not region.dwell_at_boot or airtime_ms(REQUEST_SIZE, *region.data_rates[dr]) <= region.dwell_ms


@every_region
def test_own_channels_lie_in_a_sub_band_where_there_are_any(region):
    for channel in region.channels:
        found = regions.sub_band_of(region, channel.freq_hz)
        assert (found is not None) == bool(region.sub_bands)


@every_region
def test_join_channels_carry_the_rates_that_joins_use(region):
    for dr, _ in region.join_weights:
        for index in region.join_channels:
            assert region.channels[index].min_dr <= dr <= region.channels[index].max_dr
    for slow, slow_dr, fast, fast_dr in region.join_banks:
        assert {region.channels[index].max_dr >= slow_dr for index in slow} == {True}
        assert {region.channels[index].max_dr >= fast_dr for index in fast} == {True}


@every_region
def test_banks_to_join_by_hold_every_channel_once(region):
    for at in (0, 2):
        indexes = [index for row in region.join_banks for index in row[at]]
        assert len(indexes) == len(set(indexes))


@pytest.mark.parametrize(
    ("freq_hz", "bw_hz", "name"),
    [
        (864_000_000, 125_000, "K"),
        (867_900_000, 125_000, "L"),
        (868_100_000, 125_000, "M"),
        (868_100_000, 250_000, None),  # 867.975 would be in another band
        (868_300_000, 250_000, "M"),
        (868_000_000, 125_000, None),  # half of it here, half there
        (868_650_000, 125_000, None),
        (869_525_000, 125_000, "P"),
        (869_300_000, 125_000, None),
    ],
)
def test_signal_belongs_to_the_sub_band_that_holds_all_of_it(freq_hz, bw_hz, name):
    index = regions.sub_band_of(EU868, freq_hz, bw_hz)

    assert (None if index is None else "KLMNPR"[index]) == name


def test_us915_answers_on_the_channel_of_the_uplink_modulo_eight():
    assert regions.rx1(US915, 902_300_000, 0, 0) == (923_300_000, 10)
    assert regions.rx1(US915, 902_300_000 + 13 * 200_000, 3, 1) == (923_300_000 + 5 * 600_000, 12)
    assert regions.rx1(US915, 903_000_000 + 2 * 1_600_000, 4, 0) == (923_300_000 + 2 * 600_000, 13)


def test_modulation_is_looked_up_in_one_direction():
    assert regions.data_rate_of(US915, 8, 500_000, True) == 4
    assert regions.data_rate_of(US915, 8, 500_000, False) == 12
    assert regions.data_rate_of(EU868, 7, 500_000, True) is None


def test_region_is_found_by_its_name_in_any_case():
    assert regions.by_name("eu868") is EU868


@pytest.mark.parametrize("name", ["AS923", "as923_1", "AS923-1"])
def test_first_group_of_as923_goes_by_several_names(name):
    assert regions.by_name(name).name == "AS923-1"


def test_board_loads_no_region_but_its_own():
    source = "\n".join(
        (
            "import sys",
            "from farwire_node.lorawan import regions",
            "regions.by_name('EU868')",
            "print(sorted(n[-5:] for n in sys.modules if n[-3:] in ('868', '915')))",
        )
    )

    assert micropython.run(source, [micropython.NODE]).strip() == "['eu868']"


def test_package_has_the_tables_that_it_names_and_no_others():
    assert regions.AU915.name == "AU915"
    with pytest.raises(AttributeError):
        _ = regions.CN779


@pytest.mark.parametrize("name", ["", "CN779", "Europe", "AS923-5"])
def test_unknown_region_is_refused_with_the_names_that_there_are(name):
    with pytest.raises(ConfigurationError, match="EU868, US915"):
        regions.by_name(name)


def test_frequency_that_is_no_channel_has_no_window_in_a_fixed_plan():
    with pytest.raises(ConfigurationError, match="no channel of US915"):
        regions.rx1(US915, 902_400_000, 0, 0)
