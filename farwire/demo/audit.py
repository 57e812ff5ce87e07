"""The audit: what the nodes sampled against what the store holds, reading by reading.

Pure: the truth comes from the twin's file, the stored records from the REST API.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

Values: TypeAlias = tuple[tuple[int, int, tuple[int, ...]], ...]  # (channel, LPP type, raw integers), sorted


@dataclass(frozen=True, slots=True)
class AuditedRecord:
    """A record as the node took it, or as the store holds it."""

    number: int
    time_ms: int  # UTC
    values: Values


@dataclass(slots=True)
class Audit:
    """The finding, in records."""

    sampled: int = 0
    stored: int = 0
    lost: int = 0
    duplicates: int = 0  # stored twice, or stored without having been sampled
    altered: int = 0  # stored with other values
    worst_time_error_ms: int = 0
    examples: list[str] = field(default_factory=list)  # the first few findings, for a person to follow up

    @property
    def clean(self) -> bool:
        """Whether every record is stored once and unaltered."""
        return not (self.lost or self.duplicates or self.altered)


MOST_EXAMPLES = 5


def audit(
    truth: Mapping[str, Iterable[AuditedRecord]], stored: Mapping[str, Iterable[AuditedRecord]]
) -> Audit:
    """Compare the records of each device (by DevEUI)."""
    result = Audit()
    for dev_eui in sorted({*truth, *stored}):
        sampled = {record.number: record for record in truth.get(dev_eui, ())}
        result.sampled += len(sampled)
        seen: set[int] = set()
        times: set[int] = set()
        for record in stored.get(dev_eui, ()):
            result.stored += 1
            original = sampled.get(record.number)
            if original is None or record.number in seen or record.time_ms in times:
                result.duplicates += 1
                _note(result, f"{dev_eui} record {record.number} is stored but was not sampled, or twice")
                continue
            seen.add(record.number)
            times.add(record.time_ms)
            result.worst_time_error_ms = max(
                result.worst_time_error_ms, abs(record.time_ms - original.time_ms)
            )
            if record.values != original.values:
                result.altered += 1
                _note(
                    result,
                    f"{dev_eui} record {record.number} holds {record.values}, sampled {original.values}",
                )
        for number in sorted(sampled.keys() - seen):
            result.lost += 1
            _note(result, f"{dev_eui} record {number} is not stored")
    return result


def _note(result: Audit, text: str) -> None:
    if len(result.examples) < MOST_EXAMPLES:
        result.examples.append(text)
