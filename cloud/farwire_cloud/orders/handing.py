"""Which open orders a bridge is to be given now. Pure."""

from collections.abc import Iterable, Mapping

from farwire_cloud.model.orders import Order


def due(
    orders: Iterable[Order],
    application_ids: frozenset[str],
    handed_ms: Mapping[str, int],
    now_ms: int,
    repeat_ms: int,
    *,
    first: bool,
) -> list[Order]:
    """Return what to hand out on one stream, the oldest first.

    On a stream's `first` round every open order, because the bridge may have lost its memory; later those
    that no bridge has accepted, once, and again after `repeat_ms`. `handed_ms`: when this stream got which.
    """
    found = []
    for order in sorted(orders, key=lambda order: order.order_id):
        if not order.is_open or now_ms > order.expires_ms:
            continue
        if application_ids and order.application_id not in application_ids:
            continue
        since = handed_ms.get(order.order_id)
        if since is None:
            wanted = first or not order.is_accepted
        else:
            wanted = not order.is_accepted and now_ms - since >= repeat_ms
        if wanted:
            found.append(order)
    return found
