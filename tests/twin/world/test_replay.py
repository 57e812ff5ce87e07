import os
from pathlib import Path

import pytest

from farwire_codecs.schema import Channel
from farwire_twin.world.replay import ReplayError, ReplaySensor, load_file, load_folder, raw_of, unit_of

RECORDED = Path(os.environ.get("FARWIRE_DATA", Path(__file__).parents[4] / "shared" / "data"))


def written(folder: Path, text: str, name: str = "series.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_columns_get_the_type_of_their_unit() -> None:
    types = {
        name: unit_of(name).type_id
        for name in ("temperature_c", "humidity_pct", "pressure_hpa", "battery_v", "current_a", "active_kw")
    }

    assert types == {
        "temperature_c": 103,
        "humidity_pct": 104,
        "pressure_hpa": 115,
        "battery_v": 116,
        "current_a": 117,
        "active_kw": 128,
    }


def test_a_column_of_unknown_unit_is_an_analog_input() -> None:
    unit = unit_of("turbidity")

    assert (unit.type_id, raw_of(unit, "1.25")) == (2, 125)


def test_halves_are_rounded_away_from_zero() -> None:
    unit = unit_of("temperature_c")

    assert (raw_of(unit, "0.25"), raw_of(unit, "-0.25")) == (3, -3)


def test_a_cell_that_is_no_possible_value_is_missing() -> None:
    missing = [
        raw_of(unit_of("temperature_c"), ""),
        raw_of(unit_of("temperature_c"), "error"),
        raw_of(unit_of("temperature_c"), "nan"),
        raw_of(unit_of("humidity_pct"), "-3"),
        raw_of(unit_of("wind_dir_16"), "16"),
    ]

    assert missing == [None] * 5


def test_a_value_holds_until_the_next_rows_time(tmp_path: Path) -> None:
    series = load_file(written(tmp_path, "time,temperature_c\n1000,1.0\n1060,2.0\n1120,3.0\n"))
    sensor = ReplaySensor(series, offset_s=0)

    assert [sensor.read(ms) for ms in (0, 59_999, 60_000, 120_000)] == [
        ((10,),),
        ((10,),),
        ((20,),),
        ((30,),),
    ]
    assert sensor.channels == (Channel(1, 103),)


def test_a_replay_starts_at_its_offset_and_over_at_the_end(tmp_path: Path) -> None:
    series = load_file(written(tmp_path, "time,temperature_c\n1000,1.0\n1060,2.0\n1120,3.0\n"))
    sensor = ReplaySensor(series, offset_s=120)

    assert [sensor.read(ms) for ms in (0, 60_000)] == [((30,),), ((10,),)]


def test_a_missing_cell_is_missing_in_its_channel_only(tmp_path: Path) -> None:
    series = load_file(written(tmp_path, "time,temperature_c,battery_v\n0,,3.6\n"))

    assert ReplaySensor(series, 0).read(0) == (None, (360,))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1"),
        ("when,temperature_c\n1,2\n", "line 1"),
        ("time\n1\n", "line 1"),
        ("time,temperature_c\n", "no rows"),
        ("time,temperature_c\nmonday,2\n", "line 2: time"),
        ("time,temperature_c\n1,2\ninf,2\n", "line 3: time"),
    ],
)
def test_a_bad_file_is_refused_with_its_name_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ReplayError, match=message):
        load_file(written(tmp_path, text))


def test_rows_of_a_logger_whose_clock_was_set_back_are_left_out(tmp_path: Path) -> None:
    series = load_file(written(tmp_path, "time,temperature_c\n5,1\n4,2\n5,3\n6,4\n"))

    assert (series.times_s, series.columns) == ((0, 1), ((10, 40),))


def test_a_folder_without_series_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"no \*\.csv"):
        load_folder(tmp_path)


def test_the_recorded_series_load_with_the_types_that_their_table_names() -> None:
    if not RECORDED.is_dir():
        pytest.skip(f"no recorded series in {RECORDED} (FARWIRE_DATA names the folder)")

    types = {
        series.name: [channel.type_id for channel in series.channels] for series in load_folder(RECORDED)
    }

    assert types["lora_leaf_node"] == [103, 104, 116]
    assert types["weather_station"] == [103, 104, 115, 2, 132, 116]
    assert types["machine_temperature"] == [103]
    assert types["mains_power"] == [116, 117, 128, 128]
