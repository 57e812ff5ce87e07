"""The cloud's settings: `[cloud]` in the settings file, `FARWIRE_CLOUD_<SETTING>` in the environment."""

import re
from dataclasses import dataclass, field
from pathlib import Path

TABLE_NAME = re.compile(r"[A-Za-z0-9._-]{3,255}")  # DynamoDB API reference, CreateTable
SHORTEST_KEY = 16  # characters of an API key that somebody chose: too many to be guessed over HTTP


@dataclass(frozen=True, slots=True)
class CloudSettings:
    """Where the cloud listens and stores. Raises ValueError for what cannot be."""

    # gRPC needs mutual TLS, always: the folder that `farwire certificates` filled, or three files.
    tls_folder: Path | None = None
    tls_authority: Path | None = None  # the CA that signed the bridges' certificates
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    grpc_host: str = "127.0.0.1"
    grpc_port: int = 8701  # 0: any free one
    # REST and the page are plain HTTP: outside loopback, a proxy with TLS stands before it.
    http_host: str = "127.0.0.1"
    http_port: int = 8700  # 0: any free one
    dynamodb_endpoint_url: str | None = None  # None: DynamoDB itself
    dynamodb_region: str = "eu-west-1"
    dynamodb_table: str = "farwire"  # 3 to 255 characters of A-Z a-z 0-9 . _ -
    # Credentials come from where boto3 finds them (environment, profile, role).
    bootstrap_key: str | None = field(default=None, repr=False)  # an admin's, valid unstored
    store_threads: int = 24  # parallel calls to the store
    bridges: int = 16  # how many order streams at once; each holds a thread
    view_interval_s: float = 1.0  # how often a device's changed view is written
    orders_interval_s: float = 1.0  # how often orders of other copies are looked for
    order_repeat_s: float = 30.0  # an order that no bridge accepted is handed out again after this
    answer_wait_s: float = 900.0  # after its expiry, how long a sent order may still be answered
    frames_kept_days: int = 30  # raw frames, refused frames, network logs; 0: raw frames are not kept
    stats_interval_s: float = 60.0  # how often the counters are logged

    def __post_init__(self) -> None:
        for name in ("grpc_port", "http_port"):
            if not 0 <= getattr(self, name) <= 65_535:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 0 to 65535")
        positive = ("store_threads", "bridges", "view_interval_s", "orders_interval_s", "order_repeat_s")
        for name in (*positive, "stats_interval_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, expected more than 0")
        for name in ("answer_wait_s", "frames_kept_days"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}, expected 0 or more")
        if not TABLE_NAME.fullmatch(self.dynamodb_table):
            raise ValueError(
                f"dynamodb_table is {self.dynamodb_table!r}, expected 3 to 255 of A-Z a-z 0-9 . _ -"
            )
        if self.bootstrap_key is not None and len(self.bootstrap_key) < SHORTEST_KEY:
            length = len(self.bootstrap_key)
            raise ValueError(f"bootstrap_key has {length} characters, expected {SHORTEST_KEY} or more")
        files = (self.tls_authority, self.tls_certificate, self.tls_key)
        if self.tls_folder is None and None in files:
            raise ValueError("tls_folder is not set, nor tls_authority, tls_certificate and tls_key")
