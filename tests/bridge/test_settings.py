"""What settings are refused."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from farwire_bridge.settings import Settings

NEEDED: dict[str, Any] = {
    "spool_path": Path("spool"),
    "cloud_ca": Path("ca"),
    "cloud_cert": Path("cert"),
    "cloud_key": Path("key"),
}


def test_only_the_spool_and_the_certificates_have_no_default() -> None:
    assert Settings(**NEEDED).bridge_id == "bridge-1"


@pytest.mark.parametrize(
    "bad",
    [
        {"bridge_id": ""},
        {"bridge_id": "a b"},
        {"bridge_id": "x" * 65},
        {"mqtt_port": 0},
        {"batch_entries": 501},
        {"delivery_lanes": 0},
        {"cloud_address": "nowhere"},
        {"chirpstack_address": ""},
        {"mqtt_cert": Path("cert")},
        {"applications": ("a/b",)},
        {"applications": ("+",)},
        {"mqtt_shared_group": "#"},
        {"spool_limit": 0},
        {"answer_uplinks": 0},
        {"mac_reserve_bytes": 16},
        {"lpp_profiles": {"a profile": "rok"}},
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(bad: dict[str, Any]) -> None:
    (value,) = bad.values()

    with pytest.raises(ValueError, match=r"expected|belong|reserve") as raised:
        Settings(**{**NEEDED, **bad})

    assert (
        next(iter(bad)) in str(raised.value)
        or repr(value) in str(raised.value)
        or str(next(iter(value))) in str(raised.value)
    )


def test_secrets_do_not_show_in_what_is_printed() -> None:
    shown = repr(Settings(**NEEDED, mqtt_password="one secret", chirpstack_token="another"))

    assert "one secret" not in shown
    assert "another" not in shown


def test_every_setting_says_what_it_means() -> None:
    source = Path(__file__).resolve().parents[2] / "bridge/farwire_bridge/settings.py"
    lines = source.read_text(encoding="utf-8").splitlines()
    for field in fields(Settings):
        (at,) = (n for n, line in enumerate(lines) if line.startswith(f"    {field.name}:"))
        assert lines[at + 1].strip().startswith('"""'), field.name
