"""The integration's messages with every field that ChirpStack 4 fills [chirpstack/src uplink, downlink]."""

from collections.abc import Mapping

from chirpstack_api import gw, integration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from farwire_twin.network_server.records import QueueItem, UplinkSet
from farwire_twin.network_server.registry import Owners
from farwire_twin.network_server.timestamps import to_timestamp


def device_info(owners: Owners, *, application_tags: bool = True) -> integration.DeviceInfo:
    """Who this is about; tags of the device go over those of its profile, these over the application's."""
    tags: dict[str, str] = dict(owners.application.message.tags) if application_tags else {}
    tags.update(owners.profile.message.tags)
    tags.update(owners.device.message.tags)
    return integration.DeviceInfo(
        tenant_id=owners.tenant.message.id,
        tenant_name=owners.tenant.message.name,
        application_id=owners.application.message.id,
        application_name=owners.application.message.name,
        device_profile_id=owners.profile.message.id,
        device_profile_name=owners.profile.message.name,
        device_name=owners.device.message.name,
        dev_eui=owners.device.dev_eui,
        device_class_enabled=owners.device.enabled_class,
        tags=tags,
    )


def up(
    owners: Owners,
    uplink: UplinkSet,
    time: Timestamp,
    *,
    dev_addr: int,
    adr: bool,
    f_cnt: int,
    f_port: int,
    confirmed: bool,
    data: bytes,
    decoded: Struct | None,
    region_config_id: str,
) -> integration.UplinkEvent:
    """An uplink; MAC-only ones come with f_port 0 and no data."""
    return integration.UplinkEvent(
        deduplication_id=uplink.id,
        time=time,
        device_info=device_info(owners),
        dev_addr=f"{dev_addr:08x}",
        adr=adr,
        dr=uplink.dr,
        f_cnt=f_cnt,
        f_port=f_port,
        confirmed=confirmed,
        data=data,
        object=decoded,
        rx_info=uplink.rx_info,
        tx_info=uplink.tx_info,
        region_config_id=region_config_id,
    )


def join(
    info: integration.DeviceInfo, uplink: UplinkSet, time: Timestamp, dev_addr: int, region_config_id: str
) -> integration.JoinEvent:
    """The join-accept was handed to the gateway: a new session, a new DevAddr."""
    return integration.JoinEvent(
        deduplication_id=uplink.id,
        time=time,
        device_info=info,
        dev_addr=f"{dev_addr:08x}",
        region_config_id=region_config_id,
    )


def ack(
    owners: Owners, item: QueueItem, time: Timestamp, acknowledged: bool, deduplication_id: str
) -> integration.AckEvent:
    """A confirmed downlink was acknowledged, or given up."""
    return integration.AckEvent(
        deduplication_id=deduplication_id,
        time=time,
        device_info=device_info(owners),
        queue_item_id=item.id,
        acknowledged=acknowledged,
        f_cnt_down=item.f_cnt_down or 0,
    )


def tx_ack(
    owners: Owners, item: QueueItem, frame: gw.DownlinkFrame, tx_info: gw.DownlinkTxInfo, now_ms: int
) -> integration.TxAckEvent:
    """A gateway took the item for transmission. Without the application's tags, as ChirpStack has it."""
    return integration.TxAckEvent(
        downlink_id=frame.downlink_id,
        time=to_timestamp(now_ms),
        device_info=device_info(owners, application_tags=False),
        queue_item_id=item.id,
        f_cnt_down=item.f_cnt_down or 0,
        gateway_id=frame.gateway_id,
        tx_info=tx_info,
    )


def status(
    owners: Owners, uplink: UplinkSet, time: Timestamp, battery: int, margin_db: int
) -> integration.StatusEvent:
    """A DevStatusAns: `battery` 0 external power, 1 to 254 of 254, 255 unknown (LoRaWAN 1.0.4 §5.5)."""
    return integration.StatusEvent(
        deduplication_id=uplink.id,
        time=time,
        device_info=device_info(owners),
        margin=margin_db,
        external_power_source=battery == 0,
        battery_level_unavailable=battery == 255,
        battery_level=battery / 254 * 100 if 0 < battery < 255 else 0.0,
    )


def log(
    owners: Owners,
    time: int | Timestamp,
    level: int,
    code: int,
    description: str,
    context: Mapping[str, object],
) -> integration.LogEvent:
    """Something that the application's owner should know."""
    return integration.LogEvent(
        time=time if isinstance(time, Timestamp) else to_timestamp(time),
        device_info=device_info(owners),
        level=level,
        code=code,
        description=description,
        context={key: str(value) for key, value in context.items()},
    )
