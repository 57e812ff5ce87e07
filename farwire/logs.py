"""Structured logs: one JSON object a line on standard error.

A room logs with the standard library: the message is the event's short name, the facts go into `extra`.
What could hold a secret never gets that far; as a last guard, facts whose names say so are blanked.
"""

import json
import logging
import sys
import time
from typing import TextIO

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRET = ("key", "token", "password", "secret")


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: time (UTC), level, room, event, facts."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        seconds = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, object] = {
            "time": f"{seconds}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "room": record.name.removeprefix("farwire."),
            "event": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name not in _STANDARD:
                line[name] = "(hidden)" if name.endswith(_SECRET) else value
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def start(level: str = "info", stream: TextIO | None = None) -> None:
    """Send every room's log from `level` up to `stream` (standard error if None)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for loud in ("amqtt", "transitions", "botocore", "urllib3", "werkzeug", "uvicorn.access"):
        logging.getLogger(loud).setLevel(logging.WARNING)
