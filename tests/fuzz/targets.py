"""Every decoder of farwire_codecs, with what it is fed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from farwire_codecs import (
    batch,
    configuration,
    downlink,
    ip_frame,
    log_piece,
    log_report,
    ports,
    schema_table,
    uplink,
)
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_profiles import PROFILES, Profile
from farwire_codecs.schema import Schema
from tests.fuzz import seeds


@dataclass(frozen=True, slots=True)
class Target:
    """A decoder: `decode` takes one frame; `weight`: its share of all frames; `f_ports`: whose it is."""

    name: str
    weight: float
    decode: Callable[[bytes], object]
    seeds: list[bytes]
    f_ports: tuple[int, ...] = ()
    repair: Callable[[bytes], bytes] | None = None  # gives half of the mutated frames a check that fits


_LPP_PORTS = (
    ports.LPP_DYNAMIC,
    ports.LPP_PACKED,
    ports.LPP_GPS,
    ports.LPP_HISTORY_FIRST,
    ports.LPP_HISTORY_FIRST + 42,
    ports.LPP_HISTORY_LAST,
)
_PADDED = 0x80
_ANSWERS_UP = {
    "alarm": ports.ALARM,
    "state_report": ports.STATE,
    "command_answer": ports.COMMAND_ANSWER,
    "log_piece": ports.LOG,
}
_ORDERS_DOWN = {
    "acknowledgement": ports.ACKNOWLEDGEMENT,
    "command": ports.COMMAND,
    "configuration_piece": ports.CONFIGURATION,
}
_PERIODS = (ports.LPP_DEVICE_PERIOD, ports.LPP_SENSOR_PERIOD, ports.LPP_SENSOR_ENABLE)


def all_targets() -> list[Target]:
    """Return every decoder."""
    recorded = seeds.recordings(60)
    return [*_lpp(), *_up(seeds.schemas(recorded)), *_down(), *_history(recorded), *_several()]


def _lpp() -> list[Target]:
    return [
        Target(f"LPP uplinks, profile {name}", 4, _lpp_decoder(profile), _lpp_seeds(profile), _LPP_PORTS)
        for name, profile in PROFILES.items()
    ]


def _lpp_decoder(profile: Profile) -> Callable[[bytes], object]:
    """Return a decoder whose first byte says on which port the rest came, and whether it is padded."""
    readers = profile.readers

    def decode(frame: bytes) -> object:
        choice = frame[0] if frame else 0
        f_port = _LPP_PORTS[choice % _PADDED % len(_LPP_PORTS)]
        return uplink.decode_uplink(
            f_port, frame[1:], _nothing, profile.types, readers, bool(choice & _PADDED)
        )

    return decode


def _lpp_seeds(profile: Profile) -> list[bytes]:
    by_port = seeds.uplinks(profile, 900)
    found = []
    for f_port, payloads in by_port.items():
        if f_port in _LPP_PORTS[:3]:
            found += [bytes((_LPP_PORTS.index(f_port),)) + payload for payload in payloads]
        elif ports.LPP_HISTORY_FIRST <= f_port <= ports.LPP_HISTORY_LAST:
            found += [bytes((3 + f_port % 3,)) + payload for payload in payloads]
    found += [b"\x00" + payload for payload in [*seeds.lpp_vectors(), *seeds.polylines()]]
    return found + [bytes((frame[0] | _PADDED,)) + frame[1:] + bytes(3) for frame in found]


def _up(known: dict[int, Schema]) -> list[Target]:
    made = seeds.uplinks(PROFILES["agreed"], 900)
    targets = [
        Target(
            f"uplink {f_port}, {kind}",
            4,
            _uplink(f_port, known),
            made[f_port] + seeds.vectors(kind),
            (f_port,),
        )
        for kind, f_port in _ANSWERS_UP.items()
    ]
    for f_port in _PERIODS:
        targets.append(
            Target(f"uplink {f_port}, LPP period", 1, _uplink(f_port, known), made[f_port], (f_port,))
        )
    anywhere = [bytes((f_port,)) + payload for f_port, payloads in made.items() for payload in payloads]
    decode = lambda frame: uplink.decode_uplink(frame[0] if frame else 0, frame[1:], known.get)  # noqa: E731
    return [*targets, Target("uplinks, any port", 4, decode, anywhere)]


def _uplink(f_port: int, known: dict[int, Schema]) -> Callable[[bytes], object]:
    return lambda frame: uplink.decode_uplink(f_port, frame, known.get)


def _down() -> list[Target]:
    made = seeds.downlinks(900)
    targets = []
    for kind, f_port in _ORDERS_DOWN.items():
        repair = _checked if f_port == ports.CONFIGURATION else None
        frames = made[f_port] + seeds.vectors(kind)
        targets.append(Target(f"downlink {f_port}, {kind}", 4, _downlink(f_port), frames, (f_port,), repair))
    for f_port in (ports.LPP_ACTUATORS, *_PERIODS):
        targets.append(Target(f"downlink {f_port}, LPP", 1, _downlink(f_port), made[f_port], (f_port,)))
    anywhere = [bytes((f_port,)) + payload for f_port, payloads in made.items() for payload in payloads]
    decode = lambda frame: downlink.decode_downlink(frame[0] if frame else 0, frame[1:])  # noqa: E731
    return [*targets, Target("downlinks, any port", 3, decode, anywhere)]


def _downlink(f_port: int) -> Callable[[bytes], object]:
    return lambda frame: downlink.decode_downlink(f_port, frame)


def _history(recorded: list[seeds.Recording]) -> list[Target]:
    source = Random(9)
    known = seeds.schemas(recorded)
    on_inline = [frame for recording in recorded for frame in recording.frames(source, True)]
    on_inline.append(seeds.longest_batch())
    by_id = [frame for recording in recorded for frame in recording.frames(source, False)]
    carrier = recorded[0]
    on = carrier.base
    carried = list(carrier.carried(source))
    return [
        Target(
            "uplink 210, history, schema known",
            5,
            _uplink(ports.HISTORY, known),
            by_id + seeds.vectors("history"),
            (ports.HISTORY,),
        ),
        Target("uplink 210, history, schema inline", 4, _uplink(ports.HISTORY, {}), on_inline),
        Target(
            "history on a base",
            2,
            lambda frame: batch.decode(frame, known.get, lambda _low, _check: on),
            carried,
        ),
        Target(
            "channel table",
            1,
            lambda frame: schema_table.from_bytes(1, frame),
            seeds.schema_tables(recorded),
        ),
    ]


def _several() -> list[Target]:
    """Return the decoders of documents, and those that put pieces together."""
    documents, differences, transfers = seeds.documents()
    reports = seeds.log_reports()
    running = documents[0]

    def assemble(frame: bytes) -> object:
        assembly = configuration.Assembly()
        refused: CodecError | None = None
        for payload in seeds.parted(frame):
            try:
                found = assembly.take(payload)
                if found is not None:
                    return configuration.result(found, running)
            except CodecError as error:
                refused = error
        if refused:
            raise refused
        return assembly.held

    return [
        Target("configuration document", 3, configuration.decode_document, documents),
        Target("configuration difference", 2, configuration.decode_difference, differences),
        Target("configuration assembly", 2, assemble, [seeds.joined(pieces) for pieces in transfers]),
        Target(
            "log report",
            2,
            lambda frame: log_report.assemble([log_piece.decode(payload) for payload in seeds.parted(frame)]),
            [seeds.joined(pieces) for pieces in reports],
        ),
        Target("IP uplink", 1, ip_frame.decode_up, seeds.ip_uplinks()),
        Target(
            "IP downlinks",
            1,
            lambda frame: [ip_frame.decode_down(each) for each in ip_frame.decode_several(frame)],
            seeds.ip_downlinks(),
        ),
    ]


def _checked(frame: bytes) -> bytes:
    """Return a whole configuration in one piece with the check that its document needs."""
    content = frame[1:-4]
    return frame[:1] + content + configuration.crc32(content).to_bytes(4, "big")


def _nothing(_schema_id: int) -> None:
    return None
