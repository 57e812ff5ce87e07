"""What an IP link asks of whatever carries its messages: an MQTT client, an HTTP client. Values."""

from collections import namedtuple

Open = namedtuple("Open", ())
"""Connect and log in; what was open before is gone."""

Carry = namedtuple("Carry", ("token", "data", "wait_s"))
"""Hand over `data` (farwire_codecs.ip_frame) and report `token` once the other side has it. `wait_s`: how
long an HTTP server may keep the answer back for a downlink to go with it."""

Close = namedtuple("Close", ())
"""Give the connection up; nothing need be reported of it."""
