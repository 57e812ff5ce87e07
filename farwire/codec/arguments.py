"""The command line of `farwire codec`; it imports nothing but what every start of `farwire` has anyway."""

import argparse
from pathlib import Path

from farwire.codec.payload_text import BASE64, EITHER, HEX

LARGEST_PAYLOAD = 242
"""Bytes that LoRaWAN carries at the best data rate of any region (RP002-1.0.4, N of the payload tables)."""


def add(codec: argparse.ArgumentParser) -> None:
    """Add the subcommands; `codec_command` in the namespace then names one."""
    commands = codec.add_subparsers(required=True, metavar="COMMAND")
    _add_decode(commands.add_parser("decode", help="a frame as a table, as JSON, or byte by byte"))
    _add_encode(commands.add_parser("encode", help="JSON, as decode --json prints it, as a frame"))
    javascript = commands.add_parser("javascript", help="print the codec to paste into ChirpStack's UI")
    javascript.set_defaults(codec_command="javascript")
    types = commands.add_parser("types", help="print the table of Cayenne LPP types")
    _add_profile(types)
    types.add_argument("--json", action="store_true", help="a line of JSON a type")
    types.set_defaults(codec_command="types")


def _add_decode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "payload",
        nargs="*",
        help="hex (0x, spaces, colons allowed) or base64; - reads standard input, a frame a line",
    )
    parser.add_argument("--port", type=_f_port, metavar="N", help="the frame's FPort")
    parser.add_argument("--down", action="store_true", help="a downlink (10, 220, 221 and 222 always are)")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--hex", dest="form", action="store_const", const=HEX, default=EITHER)
    form.add_argument("--base64", dest="form", action="store_const", const=BASE64)
    parser.add_argument("--json", action="store_true", help="a line of JSON a frame")
    parser.add_argument("--explain", action="store_true", help="byte by byte")
    _add_profile(parser)
    parser.add_argument("--padded", action="store_true", help="zero bytes at an LPP frame's end are padding")
    parser.add_argument(
        "--schema", action="append", default=[], metavar="HEX", help="of history: its id, then its table"
    )
    parser.add_argument(
        "--schema-file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="of history: JSON, also what decode --json printed for a batch with its table",
    )
    _add_vendor(parser)
    parser.add_argument(
        "--check", type=Path, metavar="FILE", help="with --vendor: its publisher's examples, JSON or YAML"
    )
    parser.set_defaults(codec_command="decode")


def _add_encode(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("json", help="JSON, a file of JSON, or - for standard input")
    parser.add_argument("--port", type=_f_port, metavar="N", help="where the JSON does not say it")
    parser.add_argument("--base64", dest="form", action="store_const", const=BASE64, default=HEX)
    parser.add_argument("--with-port", action="store_true", help="print the FPort before each frame")
    parser.add_argument(
        "--limit",
        type=_limit,
        default=LARGEST_PAYLOAD,
        metavar="N",
        help=f"most bytes a frame ({LARGEST_PAYLOAD})",
    )
    _add_profile(parser)
    parser.add_argument(
        "--running", type=Path, metavar="FILE", help="configuration that the node runs: send the difference"
    )
    _add_vendor(parser)
    parser.set_defaults(codec_command="encode")


def _add_profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--profile", default="agreed", metavar="NAME", help="of LPP types: agreed, rak, ... (agreed)"
    )


def _add_vendor(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--vendor", type=Path, metavar="FILE", help="run a device's TS013 codec file instead")


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= LARGEST_PAYLOAD:
        raise argparse.ArgumentTypeError(f"is {text}, expected 1 to {LARGEST_PAYLOAD}")
    return int(text)


def _f_port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 255:
        raise argparse.ArgumentTypeError(f"is {text}, expected 1 to 255")
    return int(text)
