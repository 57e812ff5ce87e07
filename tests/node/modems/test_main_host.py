"""`farwire node`: settings, storage in files, and a node that finds its modem on a pseudo-terminal."""

import os
import threading
import time
from pathlib import Path

import pytest

from farwire import settings_file
from farwire.errors import SettingsError
from farwire_node.errors import SensorError
from farwire_node.lorawan.regions import EU868
from farwire_node.modems.file_storage_host import FileStorage
from farwire_node.modems.main_host import ThermalZone, run
from farwire_node.modems.settings_host import NodeSettings
from farwire_twin.modems.pseudo_terminal import PseudoTerminal
from farwire_twin.modems.rak3172 import Rak3172
from tests.twin.modems.test_languages import Nothing

TABLE = """
[node]
port = "{port}"
modem = "RAK3172"
dev_eui = "70b3d57ed0000001"
join_eui = "70b3d57ed0000000"
data = "{data}"
temperature = "{temperature}"
"""
KEY = "00112233445566778899aabbccddeeff"


def settings(folder: Path) -> NodeSettings:
    (folder / "temp").write_text("41234\n")
    table = TABLE.format(port=folder / "modem", data=folder / "data", temperature=folder / "temp")
    (folder / "farwire.toml").write_text(table)
    return settings_file.load(NodeSettings, "node", folder / "farwire.toml", {"FARWIRE_NODE_APP_KEY": KEY})


def test_a_node_tells_its_modem_who_it_is_and_has_it_join(tmp_path: Path) -> None:
    radio = Nothing()
    modem = Rak3172(radio, EU868)
    modem.power_on(0)
    modem.output()
    lock = threading.Lock()

    def on_bytes(data: bytes) -> None:
        with lock:
            modem.feed(data, 0)
            terminal.write(modem.output())

    terminal = PseudoTerminal(tmp_path / "modem", on_bytes)
    stop = threading.Event()
    program = threading.Thread(target=lambda: run(settings(tmp_path), stop))
    program.start()
    deadline_s = time.monotonic() + 30
    while "class" not in modem.settings and time.monotonic() < deadline_s:
        time.sleep(0.02)
    stop.set()
    program.join()
    terminal.unplug()

    assert modem.settings["dev_eui"] == "70B3D57ED0000001"
    assert modem.settings["app_key"] == KEY.upper()
    assert not os.path.lexists(tmp_path / "modem")


def test_a_key_shows_in_no_settings_and_in_no_error(tmp_path: Path) -> None:
    assert KEY not in repr(settings(tmp_path))
    with pytest.raises(SettingsError, match="app_key has 33 characters, expected 32") as refused:
        settings_file.load(
            NodeSettings, "node", tmp_path / "farwire.toml", {"FARWIRE_NODE_APP_KEY": KEY + "f"}
        )
    assert KEY not in str(refused.value)


def test_a_thermal_zone_gives_tenths_of_a_degree(tmp_path: Path) -> None:
    zone = ThermalZone(tmp_path / "temp")
    (tmp_path / "temp").write_text("-1250\n")
    assert zone.read(0) == ((-12,),)

    (tmp_path / "temp").write_text("?")
    with pytest.raises(SensorError, match="temp"):
        zone.read(0)


def test_files_keep_values_over_a_restart(tmp_path: Path) -> None:
    FileStorage(tmp_path / "data").save("records", b"one")
    FileStorage(tmp_path / "data").save("records", b"two")

    storage = FileStorage(tmp_path / "data")

    assert storage.load("records") == b"two"
    assert storage.load("alarms") is None
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["records"]
