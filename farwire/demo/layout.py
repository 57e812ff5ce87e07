"""Where the demo's parts live: ports, folders, secrets, and the settings file that configures them all.

The file is what a production set-up would have too; after a run with `--data` it is there to be read.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"

# At the plant's own speed a person waits for the first readings, so they come often; a faster plant lives
# with ordinary intervals. The nodes keep the law at either.
LIVELY = {"sampling_interval_s": 5, "reporting_interval_s": 20}
ORDINARY = {"sampling_interval_s": 60, "reporting_interval_s": 300}
LIVELY_BELOW_SPEED = 5.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asks for; units as there."""

    nodes: int = 12
    speed: float = 1.0
    minutes: float = 0.0
    loss: float = 0.0
    replay: Path | None = None
    region: str = "EU868"
    seed: int = 1
    data: Path | None = None
    port: int = 8700


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on loopback, one after the other from the page's."""

    page: int
    cloud: int
    network_api: int
    broker: int
    engine: int

    @classmethod
    def starting_at(cls, first: int) -> "Ports":
        """Return five ports in a row."""
        return cls(*range(first, first + 5))


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made once a data folder; readable by their owner only."""

    admin_key: str
    network_token: str
    broker_password: str

    @classmethod
    def of(cls, folder: Path) -> "Secrets":
        """Return those of `folder`, made now if there are none."""
        path = folder / "secrets.json"
        if path.exists():
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        made = cls(*(secrets.token_urlsafe(24) for _ in range(3)))
        text = json.dumps({name: getattr(made, name) for name in cls.__slots__})
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return made


def settings(options: DemoOptions, folder: Path, ports: Ports, made: Secrets) -> dict[str, dict[str, Any]]:
    """Return the tables of the settings file: [cloud], [bridge] and [twin]."""
    tls = folder / "tls"
    mqtt = {"mqtt_host": HOST, "mqtt_port": ports.broker, "mqtt_protocol": "3.1.1"}
    twin: dict[str, Any] = {
        "nodes": options.nodes,
        "seed": options.seed,
        "speed": options.speed,
        "minutes": options.minutes,
        "loss": options.loss,
        "region": options.region,
        **(LIVELY if options.speed < LIVELY_BELOW_SPEED else ORDINARY),
        **mqtt,
        "mqtt_username": "twin",
        "mqtt_password": made.broker_password,
        "api_bind": f"{HOST}:{ports.network_api}",
        "api_token": made.network_token,
        "data": str(folder / "twin"),
    }
    if options.replay is not None:
        twin["replay"] = str(options.replay)
    return {
        "cloud": {
            "tls_folder": str(tls),
            "grpc_host": HOST,
            "grpc_port": ports.cloud,
            "http_host": HOST,
            "http_port": ports.page,
            "dynamodb_endpoint_url": f"http://{HOST}:{ports.engine}",
            "bootstrap_key": made.admin_key,
        },
        "bridge": {
            "spool_path": str(folder / "bridge.sqlite"),
            "cloud_address": f"{HOST}:{ports.cloud}",
            "cloud_ca": str(tls / "ca.pem"),
            "cloud_cert": str(tls / "bridge.pem"),
            "cloud_key": str(tls / "bridge.key"),
            **mqtt,
            "mqtt_username": "bridge",
            "mqtt_password": made.broker_password,
            "chirpstack_address": f"{HOST}:{ports.network_api}",
            "chirpstack_token": made.network_token,
        },
        "twin": twin,
    }


def toml(tables: dict[str, dict[str, Any]]) -> str:
    """Return `tables` as TOML; for text, numbers and truth values its spelling is JSON's."""
    lines = []
    for name, table in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items()), ""]
    return "\n".join(lines)
