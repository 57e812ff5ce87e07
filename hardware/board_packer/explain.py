"""Reads what a packed program said of itself: names and numbers of errors, by the pack's .names. Host only.

python hardware/board_packer/explain.py farwire.py.names < REPORT

REPORT is a crash report or a log, as the cloud shows it. A short name may stand for a function and for a
method at once; both are told.
"""

import re
import sys
from pathlib import Path

_PLACE = re.compile(r"\b[\w.-]+\.m?py:([A-Za-z]\w*)")
_ERROR = re.compile(r"\b\w*Error: (\d+)\s*$")


def explained(report: str, notes: list[str]) -> str:
    """Return the report with what it means behind each line. `notes`: the lines of the .names."""
    meanings: dict[str, list[str]] = {}
    for note in notes:
        short, _, meaning = note.partition(" ")
        meanings.setdefault(short, []).append(meaning)
    lines = []
    for line in report.splitlines():
        lines.append(line)
        for said in dict.fromkeys(_PLACE.findall(line)):
            if said in meanings:
                lines.append(f"    {said}: {' or '.join(meanings[said])}")
        error = _ERROR.search(line)
        if error and error[1] in meanings:
            lines.append(f"    {error[1]}: {meanings[error[1]][0]}")
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    known = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    sys.stdout.write(explained(sys.stdin.read(), known))
