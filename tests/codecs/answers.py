"""What the node's half of farwire_codecs makes of a frame: its meaning as text, and the bytes that it encodes
that to again.

Executed by CPython and by MicroPython, which must answer the same (test_three_ways.py). So this file is in
the MicroPython subset itself.
"""

import binascii
import hashlib
import json

from farwire_codecs import (
    acknowledgement,
    alarm,
    batch,
    command,
    configuration,
    log_piece,
    lpp,
    lpp_actuators,
    lpp_history,
    lpp_periods,
    schema_table,
    state_report,
)
from farwire_codecs import base as base_codec
from farwire_codecs.errors import CodecError

REFUSED, DECODED, SAME = "r", "d", "s"
"""Outcomes: refused; decoded, and encoded again to other bytes or to none; or to the same bytes."""

LARGEST = 242
CHECK_SIZE = 4
WHOLE_DOCUMENT, WHOLE_DIFFERENCE = 0x00, 0x10  # headers of a configuration in one piece

# By FPort: a decoder of the payload, an encoder of what it returns.
UP = {
    1: (lpp.decode_dynamic, lpp.encode_dynamic),
    2: (lpp.decode_packed, lpp.encode_packed),
    3: (lpp.decode_gps, lpp.encode_gps),
    11: (lpp_periods.decode_device_period, lpp_periods.encode_device_period),
    13: (lpp_periods.decode_sensor_periods, lpp_periods.encode_sensor_periods),
    14: (lpp_periods.decode_sensor_enable, lpp_periods.encode_sensor_enable),
    211: (alarm.decode, lambda alarms: alarm.encode(alarms, LARGEST)[0]),
    212: (state_report.decode, state_report.encode),
    213: (command.decode_answer, command.encode_answer),
    214: (log_piece.decode, log_piece.encode),
}
DOWN = {
    10: (lpp_actuators.decode_actuators, lpp_actuators.encode_actuators),
    11: UP[11],
    13: UP[13],
    14: UP[14],
    220: (acknowledgement.decode, lambda message: acknowledgement.encode(message, LARGEST)),
    221: (command.decode, command.encode),
}
HISTORY, CONFIGURATION = 210, 222


class Known:
    """What the receiver of a history batch holds: a schema, and a base or None."""

    def __init__(self, schema_id, table, number, stored):
        self.schema = schema_table.from_bytes(schema_id, table)
        self.base = base_codec.from_bytes(self.schema, number, stored) if number else None
        self.check = self.base.check() if number else 0

    def schema_for(self, schema_id):
        return self.schema if schema_id == self.schema.schema_id else None

    def base_for(self, low, check):
        fits = self.base is not None and (self.base.number & 0xFF, self.check) == (low, check)
        return self.base if fits else None


def answer(down, f_port, payload, known):
    """Return the outcome, what the frame means or why it is refused, and the bytes encoded again or None."""
    try:
        meaning, encode = read(down, f_port, payload, known)
    except CodecError as error:
        why = f"{type(error).__name__} at {error.offset} after {error.items}: {error}"
        return REFUSED, why, None
    try:
        again = encode()
    except CodecError as error:  # such as alarms that are longer in the plainest form
        return DECODED, f"{meaning} not encoded: {type(error).__name__}: {error}", None
    return SAME if again == payload else DECODED, str(meaning), again


def read(down, f_port, payload, known):
    """Return the message of a frame, and what encodes it again."""
    if f_port == HISTORY:
        found = batch.decode(payload, known.schema_for, known.base_for)
        return found, lambda: history_again(found, payload, known)
    if f_port == CONFIGURATION:
        piece = configuration.decode_piece(payload)
        return configuration_read(piece, payload)
    if 100 <= f_port < 200:
        items = lpp_history.decode_history(f_port, payload)
        return items, lambda: lpp_history.encode_history(items)
    decode, encode = (DOWN if down else UP)[f_port]
    message = decode(payload)
    return message, lambda: encode(message)


def history_again(found, payload, known):
    newest_ms = found.records[-1].age_ms
    span_s = (found.records[0].age_ms - newest_ms) // 1000
    records = [
        batch.Record(number, span_s - (age_ms - newest_ms) // 1000, values)
        for number, age_ms, values in found.records
    ]
    inline = bool(payload[0] & 0x02)
    base = known.base if found.base else None
    limit = max(11, len(payload))
    wanted, only = found.acknowledgement_wanted, found.only
    return batch.encode(found.schema, records, 1000 * span_s + newest_ms, limit, wanted, inline, base, only)[
        0
    ]


def configuration_read(piece, payload):
    """Return a piece with the settings in it if it is all of its transfer, and what encodes those again."""
    content = piece.data[:-CHECK_SIZE]
    if payload[0] == WHOLE_DOCUMENT:
        document = configuration.decode_document(content)
        return (piece, plain(document)), lambda: configuration.pieces(document, 255)[0]
    if payload[0] == WHOLE_DIFFERENCE:
        difference = configuration.decode_difference(content)
        return (piece, [plain(part) for part in difference]), lambda: None
    return piece, lambda: None


def plain(document):
    """Return settings with words in hex: the two write other letters differently."""
    found = []
    for key, index, value in document:
        word = value.encode() if isinstance(value, str) else value
        found.append((key, index, word.hex() or "" if isinstance(word, bytes) else value))
    return found


def digest_of(outcome, meaning, again):
    """Return the outcome and 16 hexadecimal digits of the rest."""
    text = hashlib.sha256(meaning.encode())
    text.update(b"none" if again is None else b"again" + again)
    return outcome + binascii.hexlify(text.digest()[:8]).decode()


def answer_all(text, form):
    """Print form(outcome, meaning, again), a line each, for the frames of a piece of JSON.

    It is [[schema id, table, number of the base or 0, base], ...] and [[whether it goes down, FPort, payload,
    index of what the receiver holds or None], ...], bytes in hex.
    """
    held, frames = json.loads(text)
    knowns = [
        Known(schema_id, binascii.unhexlify(table), number, binascii.unhexlify(stored))
        for schema_id, table, number, stored in held
    ]
    for down, f_port, payload, index in frames:
        known = None if index is None else knowns[index]
        print(form(*answer(down, f_port, binascii.unhexlify(payload), known)))
