"""Airtime against calculators and other stacks (tests/vectors/airtime.json)."""

import pytest

from farwire_node.lorawan.airtime import airtime_ms, airtime_us, fsk_airtime_us, payload_symbols
from tests.node.lorawan import vectors

AIRTIME = vectors.load("airtime.json")
ROWS = AIRTIME["vectors"] + AIRTIME["derived_rows"]
LORA = [row for row in ROWS if row["modulation"] == "lora"]
FSK = [row for row in ROWS if row["modulation"] == "fsk"]


def test_every_row_is_of_a_modulation_that_is_tested():
    assert len(LORA) + len(FSK) == len(ROWS)


@pytest.mark.parametrize("row", vectors.by_id(LORA))
def test_lora_frame_is_on_air_as_long_as_the_calculator_says(row):
    on_air_us = airtime_us(
        row["payload_len"],
        row["sf"],
        row["bw_hz"],
        crc=row["crc"],
        preamble=row["preamble"],
        coding_rate=int(row["coding_rate"].split("/")[1]),
        explicit_header=row["explicit_header"],
        ldro=row["ldro"],
        long_sf5_preamble=row["chip"] == "sx126x",
    )

    assert abs(on_air_us - row["time_us"]) <= row.get("tolerance_us", 0)


@pytest.mark.parametrize("row", vectors.by_id(FSK))
def test_fsk_frame_is_on_air_as_long_as_the_calculator_says(row):
    on_air_us = fsk_airtime_us(
        row["payload_len"],
        row["bitrate"],
        row["preamble_bytes"],
        row["sync_bytes"],
        row["length_byte"],
        row["crc_bytes"],
    )

    assert on_air_us == row["time_us"]


@pytest.mark.parametrize("row", vectors.by_id(AIRTIME["payload_symbol_counts"]))
def test_payload_has_as_many_symbols_as_the_other_stack_counts(row):
    symbols = payload_symbols(
        row["payload_len"],
        row["sf"],
        row["ldro"],
        int(row["coding_rate"].split("/")[1]),
        row["crc"],
        row["explicit_header"],
    )

    assert 8 + symbols == row["payload_symbols"]  # the source counts the eight fixed ones too


@pytest.mark.parametrize("row", vectors.by_id(AIRTIME["derived_rows"]))
def test_low_data_rate_optimisation_is_on_where_it_is_due(row):
    assert airtime_us(row["payload_len"], row["sf"], row["bw_hz"]) == row["time_us"]


def test_milliseconds_are_rounded_up():
    assert airtime_us(23, 7, 125_000) == 61_696
    assert airtime_ms(23, 7, 125_000) == 62


def test_downlink_without_crc_is_never_longer():
    for size in range(256):
        assert airtime_us(size, 9, 125_000, crc=False) <= airtime_us(size, 9, 125_000)
