"""Events as ChirpStack publishes them, made for tests."""

import itertools
import uuid
from typing import Any

from chirpstack_api import integration
from google.protobuf import json_format

DEV_EUI = "0102030405060708"
APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
NOW_MS = 1_780_000_000_000

_downlink_ids = itertools.count(1)


def topic(dev_eui: str, kind: str) -> str:
    return f"application/{APPLICATION}/device/{dev_eui}/event/{kind}"


def info(dev_eui: str) -> Any:
    return integration.DeviceInfo(
        tenant_id="52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
        application_id=APPLICATION,
        application_name="plant",
        device_profile_name="pump profile",
        device_name=f"node {dev_eui[-4:]}",
        dev_eui=dev_eui,
        tags={"line": "3"},
    )


def up(
    dev_eui: str,
    f_port: int,
    payload: bytes,
    *,
    time_ms: int = NOW_MS,
    ns_time_ms: int | None = None,
    f_cnt: int = 0,
    dr: int = 5,
    gateways: int = 1,
    deduplication_id: str | None = None,
    region: str = "eu868",
) -> Any:
    event = integration.UplinkEvent(
        deduplication_id=deduplication_id or str(uuid.uuid4()),
        device_info=info(dev_eui),
        dev_addr="00189440",
        adr=True,
        dr=dr,
        f_cnt=f_cnt,
        f_port=f_port,
        data=payload,
        region_config_id=region,
    )
    event.time.FromMilliseconds(time_ms)
    event.tx_info.frequency = 868_100_000
    event.tx_info.modulation.lora.spreading_factor = 7
    for number in range(gateways):
        rx = event.rx_info.add(gateway_id=f"{number:016x}", rssi=-60 - 10 * number, snr=9.5 - number)
        rx.ns_time.FromMilliseconds((time_ms if ns_time_ms is None else ns_time_ms) + number)
    return event


def join(dev_eui: str) -> Any:
    event = integration.JoinEvent(
        deduplication_id=str(uuid.uuid4()), device_info=info(dev_eui), dev_addr="00189441"
    )
    event.time.FromMilliseconds(NOW_MS)
    return event


def txack(dev_eui: str, item_id: str, f_cnt_down: int = 0) -> Any:
    event = integration.TxAckEvent(
        downlink_id=next(_downlink_ids),
        device_info=info(dev_eui),
        queue_item_id=item_id,
        f_cnt_down=f_cnt_down,
        gateway_id="0" * 16,
    )
    event.time.FromMilliseconds(NOW_MS)
    return event


def ack(dev_eui: str, item_id: str, acknowledged: bool, f_cnt_down: int = 0) -> Any:
    event = integration.AckEvent(
        deduplication_id=str(uuid.uuid4()),
        device_info=info(dev_eui),
        queue_item_id=item_id,
        acknowledged=acknowledged,
        f_cnt_down=f_cnt_down,
    )
    event.time.FromMilliseconds(NOW_MS)
    return event


def log(dev_eui: str, code: str, description: str, context: dict[str, str]) -> Any:
    event = integration.LogEvent(
        device_info=info(dev_eui),
        level=integration.ERROR,
        code=integration.LogCode.Value(code),
        description=description,
        context=context,
    )
    event.time.GetCurrentTime()
    return event


def status(dev_eui: str, **facts: Any) -> Any:
    event = integration.StatusEvent(deduplication_id=str(uuid.uuid4()), device_info=info(dev_eui), **facts)
    event.time.FromMilliseconds(NOW_MS)
    return event


def to_json(event: Any) -> bytes:
    """Return an event as ChirpStack's JSON marshaler writes it: names in camelCase, no pretty printing."""
    return json_format.MessageToJson(event, indent=None).encode()
