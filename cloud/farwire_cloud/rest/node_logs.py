"""The route to nodes' logs and crash reports, put together from the pieces that came."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Query

from farwire_cloud.rest import answers, shape
from farwire_cloud.rest.auth import Viewer
from farwire_cloud.rest.parameters import DevEui, state_of
from farwire_cloud.rest.services import Provided
from farwire_cloud.store import keys
from farwire_cloud.store.items import log_piece_from_item
from farwire_cloud.store.marshal import Item
from farwire_codecs.errors import MalformedError
from farwire_codecs.log_piece import LogPiece
from farwire_codecs.log_report import assemble

router = APIRouter(tags=["devices"])

MOST_PIECES = 600  # looked at: some 10 whole logs at the slowest data rate, 60 at the fastest


@router.get("/devices/{dev_eui}/logs")
def logs(
    services: Provided,
    _: Viewer,
    dev_eui: DevEui,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> answers.NodeLogs:
    """Logs and crash reports that the node sent, asked for or by itself, the newest first."""
    state_of(services.table, dev_eui)
    items = services.table.query(keys.log_pieces(dev_eui), limit=MOST_PIECES, descending=True).items
    return answers.NodeLogs(dev_eui=dev_eui, logs=reports_of(items)[:limit])


def reports_of(items: Iterable[Item]) -> list[answers.NodeLog]:
    """Return the reports of pieces that come the newest first, in that order. Pure.

    A piece that contradicts newer ones of its number is of another life of the node, whose numbers began
    anew; it and what is older begin another report.
    """
    found: list[tuple[int, list[LogPiece]]] = []
    at: dict[tuple[int, int], int] = {}  # (kind, number) -> index of the report that is being filled
    for item in items:
        piece = LogPiece(*_fields(item))
        place = at.get((piece.kind, piece.number))
        if place is not None and _fits(found[place][1], piece):
            found[place][1].append(piece)
        else:
            at[piece.kind, piece.number] = len(found)
            found.append((item["t"], [piece]))
    return [shape.node_log(time_ms, assemble(pieces)) for time_ms, pieces in found]


def _fields(item: Item) -> tuple[int, int, int, bool, bytes]:
    piece = log_piece_from_item(item)
    return piece.kind, piece.number, piece.offset, piece.last, piece.data


def _fits(pieces: list[LogPiece], piece: LogPiece) -> bool:
    try:
        assemble([*pieces, piece])
    except MalformedError:
        return False
    return True
