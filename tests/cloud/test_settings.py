from pathlib import Path
from typing import Any

import pytest

from farwire_cloud.settings import CloudSettings


def test_the_defaults_need_only_certificates() -> None:
    assert CloudSettings(tls_folder=Path("tls")).grpc_host == "127.0.0.1"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"tls_folder": None}, "tls_folder"),
        ({"tls_folder": None, "tls_authority": Path("ca.pem")}, "tls_folder"),
        ({"grpc_port": 65_536}, "grpc_port"),
        ({"http_port": -1}, "http_port"),
        ({"store_threads": 0}, "store_threads"),
        ({"view_interval_s": 0}, "view_interval_s"),
        ({"frames_kept_days": -1}, "frames_kept_days"),
        ({"bootstrap_key": "short"}, "bootstrap_key"),
        ({"dynamodb_table": "ab"}, "dynamodb_table"),
    ],
)
def test_a_setting_that_cannot_be_is_named(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        CloudSettings(**{"tls_folder": Path("tls"), **changes})


def test_the_bootstrap_key_is_never_shown() -> None:
    settings = CloudSettings(tls_folder=Path("tls"), bootstrap_key="very-secret-key-1")

    assert "very-secret-key-1" not in repr(settings)
