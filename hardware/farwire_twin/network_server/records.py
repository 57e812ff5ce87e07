"""What the network server keeps: the API's own messages, with the state that ChirpStack has in its columns.

Times are UTC milliseconds; identifiers are text as the API writes them (UUIDs, lower-case hex EUIs).
"""

from dataclasses import dataclass, field
from typing import Any

from chirpstack_api import api, common, gw


@dataclass(slots=True)
class Tenant:
    """A tenant as the API shows it."""

    message: api.Tenant
    created_at_ms: int
    updated_at_ms: int


@dataclass(slots=True)
class Application:
    """An application as the API shows it."""

    message: api.Application
    created_at_ms: int
    updated_at_ms: int


@dataclass(slots=True)
class DeviceProfile:
    """A device-profile as the API shows it."""

    message: api.DeviceProfile
    created_at_ms: int
    updated_at_ms: int

    @property
    def is_class_c(self) -> bool:
        """Whether LoRaWAN 1.0.x devices of this profile are class C once activated."""
        return bool(self.message.supports_class_c)


@dataclass(slots=True)
class Gateway:
    """A gateway, and what its last stats told."""

    message: api.Gateway
    created_at_ms: int
    updated_at_ms: int
    last_seen_at_ms: int | None = None
    properties: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class HeardBy:
    """How one gateway heard a device's last uplink: what a class A downlink through it needs."""

    gateway_id: str
    rssi_dbm: int
    snr_db: float
    board: int
    antenna: int
    context: bytes


@dataclass(slots=True)
class Session:
    """A LoRaWAN 1.0.x device-session (ChirpStack's internal.DeviceSession)."""

    region_config_id: str
    dev_addr: int
    nwk_s_key: bytes
    app_s_key: bytes
    f_cnt_down: int = 0  # next downlink's; one counter for MAC and application in LoRaWAN 1.0.x
    conf_f_cnt: int = 0
    skip_f_cnt_check: bool = False
    rx1_delay_s: int = 1
    rx1_dr_offset: int = 0
    rx2_dr: int = 0
    rx2_frequency_hz: int = 0
    uplink_dwell_time_400ms: bool = False
    downlink_dwell_time_400ms: bool = False
    uplink_max_eirp_index: int = 0
    adr: bool = False
    dr: int = 0
    tx_power_index: int = 0
    nb_trans: int = 1
    enabled_channels: list[int] = field(default_factory=list)
    extra_channels_hz: dict[int, int] = field(default_factory=dict)  # index -> Hz
    mac_pending: dict[int, bytes] = field(default_factory=dict)  # CID -> the request block as sent
    mac_errors: dict[int, int] = field(default_factory=dict)  # CID -> refusals in a row
    last_device_status_request_ms: int | None = None
    heard_dr: int = 0
    heard_by: list[HeardBy] = field(default_factory=list)


@dataclass(slots=True)
class Device:
    """A device, its session and what is known of it."""

    message: api.Device
    created_at_ms: int
    updated_at_ms: int
    last_seen_at_ms: int | None = None
    scheduler_run_after_ms: int | None = None
    margin_db: int | None = None
    external_power: bool = False
    battery_percent: float | None = None
    dr: int | None = None
    enabled_class: int = common.CLASS_A
    f_cnt_up: int = 0  # the next one expected, 32 bits
    session: Session | None = None

    @property
    def dev_eui(self) -> str:
        """16 lower-case hex digits."""
        return str(self.message.dev_eui)


@dataclass(slots=True)
class DeviceKeys:
    """Root keys and nonces. LoRaWAN 1.0.x: the AppKey is in `nwk_key`."""

    dev_eui: str
    created_at_ms: int
    updated_at_ms: int
    nwk_key: bytes
    app_key: bytes
    gen_app_key: bytes
    dev_nonces: dict[str, list[int]] = field(default_factory=dict)  # JoinEUI -> nonces used
    join_nonce: int = 0  # of the next join-accept


@dataclass(slots=True)
class QueueItem:
    """One downlink of a device's queue."""

    id: str
    dev_eui: str
    created_at_ms: int
    f_port: int
    confirmed: bool
    data: bytes
    order: int = 0  # of enqueueing, breaks ties of created_at_ms
    is_pending: bool = False
    f_cnt_down: int | None = None
    timeout_after_ms: int | None = None
    expires_at_ms: int | None = None


@dataclass(slots=True)
class UplinkSet:
    """One uplink as all gateways together heard it, after deduplication."""

    id: str  # deduplicationId of its events
    phy_payload: bytes
    tx_info: gw.UplinkTxInfo
    rx_info: list[gw.UplinkRxInfo]
    dr: int = 0
    channel: int = 0


Record = Tenant | Application | DeviceProfile | Gateway | Device | DeviceKeys | QueueItem
KINDS: dict[str, type[Any]] = {
    "tenant": Tenant,
    "application": Application,
    "device_profile": DeviceProfile,
    "gateway": Gateway,
    "device": Device,
    "device_keys": DeviceKeys,
    "queue_item": QueueItem,
}
