"""What the downlink machine wants done after an event: first on the disk, then at the network server."""

from dataclasses import dataclass, field

from farwire_bridge.calls import Call
from farwire_bridge.order_state import OrderState


@dataclass(frozen=True, slots=True)
class Report:
    """A fate for the cloud."""

    order: OrderState
    fate: int  # farwire.v1.Fate
    detail: str = ""
    item_id: str = ""


@dataclass(slots=True)
class Outcome:
    """Filled while an event is handled."""

    saves: dict[str, OrderState] = field(default_factory=dict)  # by order id, the newest state
    reports: list[Report] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    flushed: bool = False  # a call empties the queue, acknowledgements included
