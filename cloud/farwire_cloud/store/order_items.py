"""Orders, desired configurations and API keys <-> items. Pure."""

from dataclasses import dataclass
from typing import Any

from farwire_cloud.model.orders import (
    Action,
    Command,
    Configuration,
    Erase,
    Order,
    Reboot,
    ReportState,
    SendLog,
    SetOutput,
    Step,
)
from farwire_cloud.store import keys
from farwire_cloud.store.device_items import VERSION
from farwire_cloud.store.items import at
from farwire_cloud.store.keys import Key
from farwire_cloud.store.marshal import Item


@dataclass(frozen=True, slots=True)
class Desired:
    """What an operator wants a device to run."""

    dev_eui: str
    document: bytes  # farwire_codecs.configuration
    hash: int
    set_ms: int
    set_by: str  # the name of the API key
    order_id: str  # the newest order that carries it
    version: int


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An API key as it is kept: never the secret itself."""

    key_id: str
    name: str
    role: str
    secret_hash: str  # SHA-256, hex
    created_ms: int


def order_to_item(order: Order, version: int) -> Item:
    """Return the item of an order; `version` is this write's number, from 1."""
    return at(
        keys.order(order.dev_eui, order.order_id),
        {
            VERSION: version,
            "dev_eui": order.dev_eui,
            "application_id": order.application_id,
            "created": order.created_ms,
            "expires": order.expires_ms,
            "confirmed": order.confirmed,
            "attempts": order.attempts,
            "by": order.created_by,
            "body": _body(order.body),
            "steps": [[s.name, s.time_ms, s.attempt, s.detail, s.queue_item_id] for s in order.steps],
        },
    )


def order_from_item(item: Item) -> Order:
    """Return the order of an item."""
    return Order(
        order_id=item["sk"].partition("#")[2],
        dev_eui=item["dev_eui"],
        application_id=item["application_id"],
        created_ms=item["created"],
        expires_ms=item["expires"],
        confirmed=item["confirmed"],
        attempts=item["attempts"],
        created_by=item["by"],
        body=_body_from(item["body"]),
        steps=tuple(Step(*step) for step in item["steps"]),
    )


def pointer_to_item(order: Order) -> Item:
    """Return the order's entry in the list of open ones."""
    return at(keys.open_order(order.order_id), {"dev_eui": order.dev_eui})


def pointed_at(item: Item) -> Key:
    """Return the key of the order that an entry in the list of open ones names."""
    return keys.order(item["dev_eui"], item["sk"])


def number_to_item(dev_eui: str, number: int, order_id: str) -> Item:
    """Return the item that tells which order has a command number."""
    return at(keys.command_number(dev_eui, number), {"order_id": order_id})


def desired_to_item(desired: Desired) -> Item:
    """Return the item of a desired configuration."""
    return at(
        keys.desired(desired.dev_eui),
        {
            VERSION: desired.version,
            "document": desired.document,
            "hash": desired.hash,
            "set": desired.set_ms,
            "by": desired.set_by,
            "order_id": desired.order_id,
        },
    )


def desired_from_item(item: Item) -> Desired:
    """Return the desired configuration of an item."""
    dev_eui = item["pk"].partition("#")[2]
    return Desired(
        dev_eui, item["document"], item["hash"], item["set"], item["by"], item["order_id"], item[VERSION]
    )


def document_to_item(desired: Desired) -> Item:
    """Return the item that keeps a document under its hash, for when a node reports that it runs it."""
    return at(keys.document(desired.dev_eui, desired.hash), {"document": desired.document})


def key_to_item(key: StoredKey) -> Item:
    """Return the item of an API key."""
    content = {"name": key.name, "role": key.role, "hash": key.secret_hash, "created": key.created_ms}
    return at(keys.api_key(key.key_id), content)


def key_from_item(item: Item) -> StoredKey:
    """Return the API key of an item."""
    return StoredKey(item["sk"], item["name"], item["role"], item["hash"], item["created"])


def _body(body: Command | Configuration) -> dict[str, Any]:
    if isinstance(body, Configuration):
        return {"document": body.document, "hash": body.hash, "base": body.base}
    match body.action:
        case SetOutput(channel, value_x100):
            action: list[Any] = ["set_output", channel, value_x100]
        case ReportState():
            action = ["report_state"]
        case Reboot():
            action = ["reboot"]
        case SendLog(kind, offset):
            action = ["send_log", kind, offset]
        case Erase(what):
            action = ["erase", what]
    return {"number": body.number, "action": action}


def _body_from(body: dict[str, Any]) -> Command | Configuration:
    if "document" in body:
        return Configuration(body["document"], body["hash"], body.get("base", b""))
    name, *arguments = body["action"]
    kinds: dict[str, type[Action]] = {
        "set_output": SetOutput,
        "report_state": ReportState,
        "reboot": Reboot,
        "send_log": SendLog,
        "erase": Erase,
    }
    return Command(body["number"], kinds[name](*arguments))
