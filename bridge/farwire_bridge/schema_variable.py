"""The text of a device's variable `farwire_schema`, which codecs/chirpstack/farwire.js reads. Pure.

Schema id and table in hexadecimal digits, several with `,` between (codecs/README.md, "In ChirpStack's UI").
"""

import re
from collections.abc import Iterable

NAME = "farwire_schema"

SCHEMAS_SHOWN = 3
"""A node numbers its schemas anew as it learns its channels' shapes; batches of the one before still come."""

_ENTRY = re.compile(r"([0-9a-f]{2}){2,}")


def with_schemas(text: str, newest_first: Iterable[tuple[int, bytes]]) -> str:
    """Return these schemas (id, table) and, behind them, those of other ids in `text`; SCHEMAS_SHOWN in all.

    What cannot be an entry is left out: the codec would refuse everything for it.
    """
    entries = [f"{schema_id:02x}{table.hex()}" for schema_id, table in newest_first]
    entries += [piece for piece in re.sub(r"\s", "", text).lower().split(",") if _ENTRY.fullmatch(piece)]
    by_id: dict[str, str] = {}
    for entry in entries:
        by_id.setdefault(entry[:2], entry)
    return ",".join(list(by_id.values())[:SCHEMAS_SHOWN])
