"""Routes about the service itself: API keys and counts."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from farwire_cloud.rest import answers, shape
from farwire_cloud.rest.auth import Admin, Viewer
from farwire_cloud.rest.keys import LONGEST_NAME, Role
from farwire_cloud.rest.services import Provided
from farwire_cloud.store import keys
from farwire_cloud.store.device_items import state_from_item

router = APIRouter(tags=["service"])

PAGE = 500


class WantedKey(BaseModel):
    """An API key to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=LONGEST_NAME, description="whose, or what for")
    role: Literal["viewer", "operator", "admin"]


@router.get("/stats")
def stats(services: Provided, _: Viewer) -> answers.Stats:
    """Sums over all devices (reads every device's view), and what this copy of the service counted."""
    sums = dict.fromkeys(("devices", "records", "missing", "gone", "conflicts", "active_alarms"), 0)
    newest_ms = 0
    after = None
    while True:
        page = services.table.query(keys.all_devices(), limit=PAGE, after=after, keys_only=True)
        if page.items:
            found = services.table.get_many([keys.state(item["sk"]) for item in page.items])
            for state in map(state_from_item, found.values()):
                sums["records"] += len(state.records)
                sums["missing"] += state.missing
                sums["gone"] += state.gone
                sums["conflicts"] += state.conflicts
                sums["active_alarms"] += sum(alarm.active for alarm in state.alarms.values())
                newest_ms = max(newest_ms, state.last_seen_ms)
        sums["devices"] += len(page.items)
        after = page.next_sk
        if after is None:
            break
    open_orders = len(services.table.query(keys.open_orders(), keys_only=True).items)
    return answers.Stats(
        **sums, open_orders=open_orders, newest_ms=newest_ms, counters=dict(services.counters.snapshot())
    )


@router.get("/keys")
def all_keys(services: Provided, _: Admin) -> answers.Keys:
    """All stored API keys, without their secrets."""
    return answers.Keys(keys=[shape.key(stored) for stored in services.keys.all()])


@router.post("/keys", status_code=201)
def make_key(services: Provided, _: Admin, body: WantedKey) -> answers.NewKey:
    """Make an API key; it is shown this once."""
    made = services.keys.create_key(body.name, Role[body.role.upper()])
    return answers.NewKey(**shape.key(made.stored).model_dump(), key=made.text)


@router.delete("/keys/{key_id}", status_code=204, response_class=Response)
def revoke_key(services: Provided, _: Admin, key_id: str) -> None:
    """End an API key. Other copies of the service may take it for some seconds more."""
    services.keys.revoke(key_id)
