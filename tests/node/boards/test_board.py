"""A board's program on fakes of `machine`, `lora`, `time` and `os`, on CPython and on MicroPython."""

import contextlib
import io
from pathlib import Path

import pytest

from farwire_node.flash.file_flash import FileFlash
from farwire_node.records.flash_shelf import FlashShelf
from farwire_node.steps import Listen
from tests import micropython
from tests.node.boards import board_run
from tests.node.boards.board_run import HOUR_MS, SETTINGS, Trial

ROOT = Path(__file__).resolve().parents[3]


def test_a_board_joins_sends_its_history_and_takes_acknowledgements() -> None:
    trial = Trial()

    trial.advance(2 * HOUR_MS)

    assert trial.network.joins == 1
    assert len(trial.network.records) > 20
    assert trial.network.downlinks >= 1
    assert trial.lora.modem is not None
    assert trial.lora.modem.state == "sleep"


def test_the_radio_is_set_as_lorawan_wants_it() -> None:
    trial = Trial()

    trial.advance(HOUR_MS)

    for _, settings in trial.lora.uplinks:
        assert settings["freq_khz"] in {868_100, 868_300, 868_500}
        assert settings["output_power"] == 14  # 16 dBm EIRP, 2 of which are the antenna's
        assert (settings["bw"], settings["coding_rate"], settings["preamble_len"]) == (125, 5, 8)
        assert settings["syncword"] == 0x34
        assert settings["crc_en"]
        assert not settings["invert_iq_tx"]


def test_a_board_sleeps_lightly_nearly_all_of_the_time() -> None:
    trial = Trial(watchdog=False)

    trial.advance(6 * HOUR_MS)

    assert trial.time.slept_ms > 0.995 * trial.now_ms()
    assert trial.collected == len(trial.time.naps)


def test_the_watchdog_is_fed_in_time_and_no_sleep_is_longer_than_it_allows() -> None:
    trial = Trial()

    trial.advance(HOUR_MS)

    (dog,) = trial.machine.dogs
    assert not dog.bitten
    assert max(trial.time.naps) <= dog.timeout // 2


def test_time_goes_on_in_a_sleep_in_which_ticks_stand_still() -> None:
    trial = Trial(ticks_stop=True)

    trial.advance(2 * HOUR_MS)

    assert len(trial.network.records) == pytest.approx(len(_usual().network.records), abs=2)


def test_the_sensors_rail_is_on_for_a_reading_only() -> None:
    trial = Trial()

    trial.advance(HOUR_MS)

    pin = trial.rails[0]._pin
    assert pin.changes[0] == pin.level == 0
    assert pin.changes[1:].count(1) == pin.changes[1:].count(0) > 30
    assert trial.loop._node.node.power.rail_ms == 20 * pin.changes.count(1)  # type: ignore[union-attr]


def test_class_c_listens_on_until_something_is_sent() -> None:
    trial = Trial(device_class="C")

    trial.advance(HOUR_MS)

    assert isinstance(trial.loop._radio.step, Listen)
    assert trial.loop._radio.step.until_ms is None
    assert len(trial.network.records) > 10


def test_a_transceiver_of_the_other_family_is_wired_by_its_own_pins() -> None:
    trial = Trial(chip="SX1276", dio0=7, tx_ant="PA_BOOST", output_dbm=(2, 20))

    trial.advance(HOUR_MS)

    assert trial.lora.modem is not None
    assert "dio0" in trial.lora.modem.given
    assert trial.lora.uplinks[0][1]["tx_ant"] == "PA_BOOST"
    assert len(trial.network.records) > 10


def test_a_board_may_hold_its_records_in_a_file() -> None:
    flash = FileFlash(io.BytesIO(), 8, 4096)
    trial = Trial(lambda schema: FlashShelf(schema, 16, flash))

    trial.advance(HOUR_MS)

    assert len(trial.network.records) > 10
    assert flash.read(0, 64) != bytes([255]) * 64


def test_the_same_happens_on_a_real_micropython(tmp_path: Path) -> None:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        board_run.tell()
    tests = tmp_path / "tests"
    for name in ("node/boards/board_run.py", "node/boards/fakes.py", "node/program/whole_node.py"):
        copy = tests / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text((ROOT / "tests" / name).read_text(encoding="utf-8"), encoding="utf-8")
    for folder in (tests, tests / "node", tests / "node/boards", tests / "node/program"):
        (folder / "__init__.py").touch()

    there = micropython.run(
        "from tests.node.boards import board_run\nboard_run.tell()",
        [micropython.CODECS, micropython.NODE, ROOT / "hardware/board_main", tests],
    )

    assert there == printed.getvalue()


def test_the_readme_tells_every_setting() -> None:
    text = (ROOT / "hardware/board_main/README.md").read_text(encoding="utf-8")

    names = {*SETTINGS, "dio0", "tx_ant", "ticks_stop", "watchdog", "device_class", "folder", "rtc_goes_on"}
    names |= {f"battery_{name}" for name in ("adc", "full_scale_mv", "empty_mv", "full_mv")}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []


def _usual() -> Trial:
    trial = Trial()
    trial.advance(2 * HOUR_MS)
    return trial
