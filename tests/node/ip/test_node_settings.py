"""`farwire node` over MQTT or HTTPS: what its settings ask for, and that they keep secrets."""

from pathlib import Path

import pytest

from farwire import settings_file
from farwire.errors import SettingsError
from farwire_node.modems.settings_host import NodeSettings

TABLE = """
[node]
link = "mqtt"
dev_eui = "70b3d57ed0000a01"
server_host = "broker.example"
"""
SECRET = {"FARWIRE_NODE_SERVER_PASSWORD": "a secret"}


def loaded(folder: Path, more: str = "", table: str = TABLE) -> NodeSettings:
    path = folder / "farwire.toml"
    path.write_text(table + more)
    return settings_file.load(NodeSettings, "node", path, SECRET)


def test_a_node_over_ip_needs_no_modem_and_no_key_of_lorawan(tmp_path: Path) -> None:
    settings = loaded(tmp_path)

    assert (settings.link, settings.server_password, settings.port) == ("mqtt", "a secret", None)
    assert "a secret" not in repr(settings)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ('server_cert = "node.pem"', "server_cert and server_key belong together"),
        ("server_port = 65536", "server_port is 65536"),
        ("poll_interval_s = 0", "poll_interval_s is 0"),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(tmp_path: Path, more: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        loaded(tmp_path, more)


def test_a_node_over_ip_needs_a_server_and_one_with_a_modem_its_port(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="server_host is not set"):
        loaded(tmp_path, table='[node]\nlink = "https"\ndev_eui = "70b3d57ed0000a01"\n')
    with pytest.raises(SettingsError, match="port is not set"):
        loaded(tmp_path, table='[node]\ndev_eui = "70b3d57ed0000a01"\n')
