"""Cayenne LPP actuator commands (FPort 10, down): channel, value x 100, repeated; the end is marked.

The value is a signed 16-bit integer, big-endian, and has no type; a byte 255 in the place of a channel ends
the list, so channel 255 cannot be addressed. go-cayenne-lib (TheThingsNetwork, dd44fbe) sends no mark,
LPP-DECODE (Alarevoyure) insists on one: the encoder appends it, the decoder takes both. A switch is 0 off,
100 on.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.errors import MalformedError, TruncatedError, stopped

Output = namedtuple("Output", ("channel", "value_x100"))
"""Set the output `channel` (0 to 254) to value_x100 / 100 (-327.68 to 327.67)."""

END = 0xFF
HIGHEST_CHANNEL = END - 1


def encode_actuators(outputs: "list[Output] | tuple[Output, ...]") -> bytes:
    """Return the frame, 3 bytes an output and the mark of the end; raises RangeError."""
    out = bytearray()
    for channel, value_x100 in outputs:
        fields.checked("LPP actuator's channel", channel, 0, HIGHEST_CHANNEL)
        out.append(channel)
        fields.put_signed(out, "LPP actuator's value_x100", value_x100, 2)
    out.append(END)
    return bytes(out)


def decode_actuators(payload: bytes) -> list[Output]:
    """Return the outputs in the frame's order; raises CodecError with `offset` and `items`, as lpp.py."""
    outputs: list[Output] = []
    end = len(payload)
    for start in range(0, end, 3):
        if payload[start] == END:
            if start + 1 < end:
                behind = MalformedError(f"LPP actuators: {end - start - 1} bytes after the mark of the end")
                raise stopped(behind, start + 1, outputs)
            break
        if start + 3 > end:
            short = TruncatedError(f"LPP actuators end inside the value of channel {payload[start]}")
            raise stopped(short, start, outputs)
        value = payload[start + 1] << 8 | payload[start + 2]
        outputs.append(Output(payload[start], value - 0x10000 if value & 0x8000 else value))
    return outputs
