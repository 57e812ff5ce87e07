"""`farwire codec`: what its subcommands do. Their command line is in arguments.py."""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from farwire.codec import vendor
from farwire.codec.configuration_json import difference_from, show_transfer
from farwire.codec.explain import explain
from farwire.codec.history_json import schema_of_bytes, schemas_of
from farwire.codec.messages import Known, decode, encode
from farwire.codec.parts import Part, lines
from farwire.codec.payload_text import payload_of, text_of
from farwire.codec.table import rows, table
from farwire.codec.types_table import types_of
from farwire.errors import CodecInputError
from farwire_codecs import ports
from farwire_codecs.configuration import Assembly
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_profiles import PROFILES, Profile
from farwire_codecs.schema import Schema


def run(arguments: argparse.Namespace) -> int:
    """Run what arguments.py parsed and return the exit code; raises CodecInputError.

    0: done; 1: a file does not fulfil an example; 2: a frame was refused, and the others shown.
    """
    try:
        code = _COMMANDS[arguments.codec_command](arguments)
        sys.stdout.flush()
    except CodecError as error:
        raise CodecInputError(str(error)) from error
    except UnicodeError as error:
        raise CodecInputError(f"standard input or output is not UTF-8: {error}") from error
    except BrokenPipeError:  # `| head` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def _decode(arguments: argparse.Namespace) -> int:
    codec = vendor.load(arguments.vendor) if arguments.vendor else None
    if arguments.check:
        if codec is None:
            raise CodecInputError("--check needs --vendor")
        texts, fulfilled = vendor.check(codec, arguments.check)
        print("\n".join(texts))
        return 0 if fulfilled else 1
    if arguments.port is None:
        raise CodecInputError("--port is missing, expected the frame's FPort")
    if codec is not None and arguments.explain:
        raise CodecInputError("--explain knows only LPP's and Farwire's frames, not --vendor's")
    known = Known(_profile(arguments), arguments.padded, _schemas(arguments))
    assembly = Assembly()
    code = 0
    for where, text in _frames(arguments.payload):
        parts: list[Part] = []
        payload = b""
        try:
            payload = payload_of(text, arguments.form)
            if codec is not None:
                message = vendor.decode(codec, arguments.port, payload, arguments.down)
            else:
                parts = explain(arguments.port, payload, known) if arguments.explain else []
                message = decode(arguments.port, payload, known, arguments.down)
        except CodecError as error:
            _print({"port": arguments.port, "frame": "refused"}, parts, payload, arguments.json, str(error))
            print(f"farwire: {where}{error}", file=sys.stderr)
            code = 2
            continue
        _print(message, parts, payload, arguments.json)
        if codec is None and arguments.port == ports.CONFIGURATION:
            _print_transfer(assembly, payload, arguments.json)
    return code


def _print(
    message: dict[str, Any], parts: list[Part], payload: bytes, as_json: bool, refused: str = ""
) -> None:
    """Print a message and its parts; of a refused frame only the parts that were read."""
    if as_json and (parts or not refused):
        told = message | ({"error": refused} if refused else {})
        told |= {"explain": [asdict(part) for part in parts]} if parts else {}
        print(json.dumps(told, ensure_ascii=False))
    elif not as_json:
        if not refused:
            print(table(message))
        if parts:
            print("\n".join(lines(parts, payload)))
    sys.stdout.flush()


def _print_transfer(assembly: Assembly, payload: bytes, as_json: bool) -> None:
    """Print the configuration that a piece completes, if it was one of several."""
    try:
        found = assembly.take(payload)
        if found is not None and payload[0] & _SEVERAL:
            message = {"port": ports.CONFIGURATION, "frame": "configuration"} | show_transfer(found)
            _print(message, [], b"", as_json)
    except CodecError as error:
        raise CodecInputError(f"configuration of several pieces: {error}") from error


_SEVERAL = 0x08  # of a piece's header, codecs/README.md


def _frames(given: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each frame's text and what a message about it begins with."""
    if given == ["-"]:
        for number, line in enumerate(sys.stdin, 1):
            if line.strip() and not line.startswith("#"):
                yield f"line {number}: ", line.strip()
    elif not given:
        raise CodecInputError("payload is missing, expected hex, base64 or -")
    else:
        yield "", " ".join(given)


def _schemas(arguments: argparse.Namespace) -> dict[int, Schema]:
    listed = [schema_of_bytes(payload_of(text)) for text in arguments.schema]
    for path in arguments.schema_file:
        for document in _documents(vendor.read_text(path), str(path)):
            listed += schemas_of(document)
    return {schema.schema_id: schema for schema in listed}


def _encode(arguments: argparse.Namespace) -> int:
    known = Known(_profile(arguments))
    codec = vendor.load(arguments.vendor) if arguments.vendor else None
    for message in _documents(_text(arguments.json), "JSON"):
        if codec is not None:
            port, frames = vendor.encode(codec, message, arguments.port)
        elif arguments.running:
            (running,) = _documents(vendor.read_text(arguments.running), str(arguments.running))
            port, frames = ports.CONFIGURATION, difference_from(running, message, arguments.limit)
        else:
            port, frames = encode(message, known, arguments.limit, arguments.port)
        for frame in frames:
            text = text_of(frame, arguments.form)
            print(f"{port} {text}" if arguments.with_port else text)
    return 0


def _text(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    return given if given.lstrip()[:1] in ("{", "[") else vendor.read_text(Path(given))


def _documents(text: str, name: str) -> list[Any]:
    """Return the JSON values of a text, one after the other."""
    decoder = json.JSONDecoder(parse_constant=_refuse_constant)
    found = []
    at = len(text) - len(text.lstrip())
    try:
        while at < len(text):
            value, after = decoder.raw_decode(text, at)
            found.append(value)
            at = after + len(text[after:]) - len(text[after:].lstrip())
    except (ValueError, RecursionError) as error:
        raise CodecInputError(f"{name} is not JSON: {error}") from error
    if not found:
        raise CodecInputError(f"{name} is empty, expected a message")
    return found


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no number of JSON")


def _javascript(_arguments: argparse.Namespace) -> int:
    from farwire_codecs.javascript import generate  # noqa: PLC0415 (reads the parts' files)

    sys.stdout.write(generate())
    return 0


def _types(arguments: argparse.Namespace) -> int:
    found = types_of(_profile(arguments))
    if arguments.json:
        print("\n".join(json.dumps(row, ensure_ascii=False) for row in found))
    else:
        print("\n".join(rows(found)))
    return 0


def _profile(arguments: argparse.Namespace) -> Profile:
    if arguments.profile not in PROFILES:
        raise CodecInputError(f"--profile is {arguments.profile}, expected one of {', '.join(PROFILES)}")
    return PROFILES[arguments.profile]


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "decode": _decode,
    "encode": _encode,
    "javascript": _javascript,
    "types": _types,
}
