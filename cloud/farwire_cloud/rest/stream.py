"""Server-sent events of what arrives at this copy of the service (WHATWG HTML, "Server-sent events").

Event names: `records`, `live`, `alarms`, `state`, `joined`, `status`, `refused`, `log`, `log_piece`, `order`.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from farwire_cloud.feed import Happening
from farwire_cloud.model import deliveries
from farwire_cloud.model.orders import Order
from farwire_cloud.model.readings import Record
from farwire_cloud.rest import shape
from farwire_cloud.rest.auth import Viewer
from farwire_cloud.rest.services import Provided

router = APIRouter(tags=["service"])

MOST_WAITING = 1000  # a listener that is slower than this many events loses the newer ones
HEARTBEAT_S = 10.0  # a comment, so that proxies keep the connection and a dead one is noticed


@router.get("/events", response_class=StreamingResponse)
async def events(services: Provided, _: Viewer) -> StreamingResponse:
    """What arrives from now on, as it arrives. `lost` tells a slow listener how many it missed."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[str | None] = asyncio.Queue(MOST_WAITING)
    lost = 0

    def put(text: str | None) -> None:
        nonlocal lost
        if queue.full():
            lost += 1
            if text is not None:
                return
            queue.get_nowait()  # the end must get through
        queue.put_nowait(text)

    def heard(happening: Happening | None) -> None:
        text = message(happening) if happening is not None else None
        if (text is not None or happening is None) and not loop.is_closed():
            loop.call_soon_threadsafe(put, text)

    async def lines() -> AsyncIterator[str]:
        nonlocal lost
        end = services.feed.listen(heard)
        try:
            yield ": listening\n\n"
            while True:
                try:
                    text = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                except TimeoutError:
                    text = ": still here\n\n"
                if text is None:
                    return
                if lost and queue.empty():
                    text += f"event: lost\ndata: {json.dumps({'count': lost})}\n\n"
                    lost = 0
                yield text
        finally:
            end()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(lines(), media_type="text/event-stream", headers=headers)


def message(happening: Happening) -> str | None:
    """Return a happening as one event of the stream, None for what is not told. Pure."""
    if isinstance(happening, Order):
        return _event("order", shape.order(happening).model_dump())
    named = _content(happening)
    if named is None:
        return None
    name, content = named
    common = {"dev_eui": happening.dev_eui, "name": happening.about.name, "time_ms": happening.time_ms}
    return _event(name, common | content)


def _content(delivery: deliveries.Delivery) -> tuple[str, dict[str, Any]] | None:
    match delivery.body:
        case deliveries.Records(records, _):
            return "records", {"numbers": [record.number for record in records], "last": _newest(records)}
        case deliveries.LiveValues(readings, named):
            found = [shape.timed_value(each, delivery.time_ms, 0).model_dump() for each in readings]
            of_names = [shape.named_value(each, delivery.time_ms).model_dump() for each in named]
            return "live", {"last": found, "named": of_names}
        case deliveries.Alarms(alarms):
            found = [shape.alarm(delivery.dev_eui, alarm).model_dump() for alarm in alarms]
            return "alarms", {"alarms": found}
        case deliveries.StateReport() as report:
            return "state", {"configuration_hash": f"{report.configuration_hash:08x}"}
        case deliveries.Joined(dev_addr):
            return "joined", {"dev_addr": dev_addr}
        case deliveries.Status(_, _, margin_db):
            return "status", {"margin_db": margin_db}
        case deliveries.RefusedFrame(reason, detail):
            return "refused", {"reason": reason, "detail": detail}
        case deliveries.NetworkLog(level, code, description, _):
            return "log", {"level": level, "code": code, "description": description}
        case deliveries.LogPiece(kind, number, offset, last, data):
            place = {"number": number, "offset": offset, "size": len(data), "last": last}
            return "log_piece", {"report": shape.REPORTS[kind], **place}
        case _:
            return None  # fates and answers are told as the orders that they move


def _newest(records: tuple[Record, ...]) -> list[dict[str, Any]]:
    """Return the newest value of each line in the records."""
    last = {
        reading.series: shape.timed_value(reading, record.time_ms, record.number)
        for record in sorted(records, key=lambda each: each.time_ms)
        for reading in record.readings
    }
    return [value.model_dump() for value in last.values()]


def _event(name: str, content: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"
