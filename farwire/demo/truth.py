"""Reads the twin's file of what really happened (its layout: farwire_twin.world.truth)."""

import json
from collections import defaultdict
from pathlib import Path

from farwire.demo.audit import AuditedRecord


def read(path: Path) -> dict[str, list[AuditedRecord]]:
    """Return the sampled records by DevEUI, without those that a node said it gave up."""
    records: dict[str, dict[int, AuditedRecord]] = defaultdict(dict)
    with path.open(encoding="utf-8") as file:
        for text in file:
            line = json.loads(text)
            of_device = records[line["dev_eui"]]
            if line["kind"] == "record":
                values = tuple(sorted((channel, kind, tuple(raw)) for channel, kind, raw in line["readings"]))
                of_device[line["number"]] = AuditedRecord(line["number"], line["time_ms"], values)
            elif line["kind"] == "dropped":
                of_device.pop(line["number"], None)
    return {dev_eui: list(of_device.values()) for dev_eui, of_device in records.items()}
