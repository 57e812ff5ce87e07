"""Frames of every kind, whole and damaged, drawn by the generator that MicroPython draws from too."""

from collections.abc import Callable, Iterator
from typing import Any

from farwire_codecs import (
    acknowledgement,
    alarm,
    command,
    configuration,
    log_piece,
    lpp,
    lpp_actuators,
    lpp_history,
    lpp_periods,
    lpp_special,
    ports,
    state_report,
)
from farwire_codecs import (
    configuration_keys as table,
)
from farwire_codecs.lpp_profiles import Profile
from farwire_codecs.lpp_types import FULL_SCALE_GPS, LppType
from tests.codecs.both_sides import Source
from tests.codecs.javascript_shown import AGREED

Frame = tuple[int, bytes]
"""FPort and payload."""


def uplinks(source: Source, count: int, profile: Profile = AGREED) -> Iterator[Frame]:
    """Yield `count` uplinks: of each kind whole ones, and as many damaged as whole."""
    return _frames(source, count, [lambda maker=maker: maker(source, profile) for maker in _UPLINKS])


def downlinks(source: Source, count: int) -> Iterator[Frame]:
    """Yield `count` downlinks, likewise."""
    return _frames(source, count, [lambda maker=maker: maker(source) for maker in _DOWNLINKS])


def _frames(source: Source, count: int, makers: list[Callable[[], Frame]]) -> Iterator[Frame]:
    for index in range(0, count, 2):
        f_port, payload = makers[index // 2 % len(makers)]()
        yield f_port, payload
        yield f_port, damaged(source, payload)


def damaged(source: Source, payload: bytes) -> bytes:
    """Return the payload with bits flipped, cut, with bytes behind it, or altogether other bytes."""
    changed = bytearray(payload)
    match source.below(5):
        case 0:
            return bytes(changed[: source.below(len(changed) + 1)])
        case 1:
            return bytes(changed) + random_bytes(source, 1 + source.below(4))
        case 2:
            return random_bytes(source, source.below(30))
    for _ in range(1 + source.below(3)):
        if changed:
            changed[source.below(len(changed))] ^= 1 << source.below(8)
    return bytes(changed)


def random_bytes(source: Source, size: int) -> bytes:
    return bytes([source.below(256) for _ in range(size)])


def raw_of(source: Source, found: LppType) -> tuple[int, ...]:
    return tuple(source.among(axis.low, axis.high) for axis in found.axes)


def type_in(source: Source, profile: Profile) -> int:
    on_air = sorted(type_id for type_id in profile.types if type_id < 256)
    return on_air[source.below(len(on_air))]


def _dynamic(source: Source, profile: Profile) -> Frame:
    payload = lpp.encode_dynamic(_items(source, profile), profile.types)
    special = sorted(profile.special)
    if special and source.below(2):
        type_id = special[source.below(len(special))]
        payload += bytes((source.below(256), type_id)) + _SPECIAL[type_id](source)
    return ports.LPP_DYNAMIC, payload


def _packed(source: Source, profile: Profile) -> Frame:
    items = [item._replace(channel=index + 1) for index, item in enumerate(_items(source, profile))]
    return ports.LPP_PACKED, lpp.encode_packed(items, profile.types)


def _history(source: Source, profile: Profile) -> Frame:
    channel = source.below(lpp_history.HIGHEST_CHANNEL + 1)
    items = []
    for _ in range(1 + source.below(6)):
        type_id = type_in(source, profile)
        raw = raw_of(source, profile.types[type_id])
        items.append(lpp_history.AgedItem(channel, type_id, source.among(0, 65535), raw))
    return lpp_history.port_of(channel), lpp_history.encode_history(items, profile.types)


def _polyline(source: Source) -> bytes:
    points = source.below(6)
    factor = (1, 199, 227 + source.below(13), source.below(256))[source.below(4)]
    return bytes((8 + points, factor)) + random_bytes(source, 6 + points)


def _float(source: Source) -> bytes:
    return (b"\x7f\xc0\x00\x00", b"\xff\x80\x00\x00", random_bytes(source, 4))[source.below(3)]


_SPECIAL = {lpp_special.POLYLINE: _polyline, lpp_special.FLOAT: _float}


def _gps(source: Source, profile: Profile) -> Frame:
    items = []
    for _ in range(source.below(4)):
        raw = raw_of(source, profile.types[FULL_SCALE_GPS])
        items.append(lpp.Item(source.below(256), FULL_SCALE_GPS, raw))
    return ports.LPP_GPS, lpp.encode_gps(items)


def _items(source: Source, profile: Profile) -> list[lpp.Item]:
    items = []
    for _ in range(source.below(7)):
        type_id = type_in(source, profile)
        items.append(lpp.Item(source.below(256), type_id, raw_of(source, profile.types[type_id])))
    return items


def _alarms(source: Source, profile: Profile) -> Frame:
    alarms, number = [], 0
    for _ in range(1 + source.below(5)):
        number += 1 + source.among(0, 800_000_000)
        type_id = source.type_id()
        raw = None if source.below(4) == 0 else source.raw(type_id)
        condition, active = alarm.CONDITIONS[source.below(len(alarm.CONDITIONS))], source.below(2) == 1
        age_ms = 125 * source.among(0, 0xFFFFFFFF)
        alarms.append(alarm.Alarm(number, source.below(256), type_id, condition, active, age_ms, raw))
    return ports.ALARM, alarm.encode(alarms, 242)[0]


def _state(source: Source, profile: Profile) -> Frame:
    oldest = source.among(0, 0xFFFFFFFF)
    report = state_report.StateReport(
        source.among(0, 0xFFFFFFFF),
        source.below(8),
        source.among(0, 0xFFFFFFFF),
        source.below(65536),
        oldest,
        source.among(oldest, 0xFFFFFFFF),
        source.among(0, 0xFFFFFFFF),
        source.among(0, 0xFFFFFFFF),
        source.below(2) * source.among(0, 0xFFFFFFFF),
    )
    return ports.STATE, state_report.encode(report)


def _answer(source: Source, profile: Profile) -> Frame:
    answer = command.CommandAnswer(source.below(65536), 1 + source.below(5))
    return ports.COMMAND_ANSWER, command.encode_answer(answer)


def _log(source: Source, profile: Profile) -> Frame:
    report = random_bytes(source, source.below(200))
    offset = source.below(len(report)) if report else 0
    kind = log_piece.KINDS[source.below(2)]
    piece = log_piece.piece_at(kind, source.below(65536), report, offset, 10 + source.below(200))
    if piece.data and source.below(3) == 0:
        piece = piece._replace(offset=source.among(0, log_piece.MAXIMUM_REPORT - len(piece.data)))
    return ports.LOG, log_piece.encode(piece)


def _elsewhere(source: Source, profile: Profile) -> Frame:
    return (0, 4, 12, 99, 209, 220, 223)[source.below(7)], random_bytes(source, source.below(12))


def _acknowledgement(source: Source) -> Frame:
    bitmap = random_bytes(source, source.below(12))
    through = source.among(0, 0xFFFFFFFF)
    wanted = source.below(2) == 1, source.below(2) == 1
    message = acknowledgement.Acknowledgement(through, bitmap, source.among(0, 0xFFFFFFFF), *wanted)
    return ports.ACKNOWLEDGEMENT, acknowledgement.encode(message, 242)


def _command(source: Source) -> Frame:
    number = source.below(65536)
    made = (
        command.SetOutput(number, source.below(256), source.among(-32768, 32767)),
        command.ReportState(number),
        command.Reboot(number),
        command.SendLog(number, source.below(2), source.among(0, 65535)),
        command.Erase(number, 1 + source.below(7)),
    )
    return ports.COMMAND, command.encode(made[source.below(len(made))])


def _actuators(source: Source) -> Frame:
    channels = sorted({source.below(255) for _ in range(1 + source.below(5))})
    outputs = [lpp_actuators.Output(channel, source.among(-32768, 32767)) for channel in channels]
    return ports.LPP_ACTUATORS, lpp_actuators.encode_actuators(outputs)


def _device_period(source: Source) -> Frame:
    utc_s, period_s = source.among(0, 0xFFFFFFFF), source.among(0, 0xFFFFFFFF)
    mask = 1 + source.below(3)
    message = lpp_periods.DevicePeriod(utc_s if mask & 1 else None, period_s if mask & 2 else None)
    return ports.LPP_DEVICE_PERIOD, lpp_periods.encode_device_period(message)


def _sensor_periods(source: Source) -> Frame:
    sensors = sorted({source.below(lpp_periods.SENSORS) for _ in range(1 + source.below(6))})
    periods = [lpp_periods.SensorPeriod(sensor, source.among(0, 0xFFFFFFFF)) for sensor in sensors]
    return ports.LPP_SENSOR_PERIOD, lpp_periods.encode_sensor_periods(periods)


def _sensor_enable(source: Source) -> Frame:
    size = 1 + source.below(lpp_periods.MASK_BYTES)
    message = lpp_periods.SensorEnable(source.among(0, (1 << 8 * size) - 1), size)
    return ports.LPP_SENSOR_ENABLE, lpp_periods.encode_sensor_enable(message)


def _setting(source: Source) -> configuration.Setting:
    key = configuration.KEYS[1 + source.below(len(configuration.KEYS))]
    index = None if key.scope == table.NODE else source.among(0, 255) % (6, 256)[source.below(2)]
    value: Any
    if key.kind == table.BOOLEAN:
        value = source.below(2) == 1
    elif key.kind == table.TEXT:
        value = ("eu.example-1.net", "a/b c", "Zählér 5 €")[source.below(3)]
    elif key.kind == table.SECRET:
        value = random_bytes(source, source.below(12))
    else:
        value = source.among(key.low, min(key.high, max(key.low, 0) + 10 ** source.below(11)))
    return configuration.Setting(key.number, index, value)


def _configuration(source: Source) -> Frame:
    settings = [_setting(source) for _ in range(source.below(12))]
    document = configuration.canonical(list({(s.key, s.index): s for s in settings}.values()))
    match source.below(4):
        case 0:
            frames = configuration.pieces(document, 11 + source.below(40))
            return ports.CONFIGURATION, frames[source.below(len(frames))]
        case 1:
            old = tuple([setting for setting in document if source.below(2)])
            frame = configuration.difference_pieces(old, document, 255)[0]
            return ports.CONFIGURATION, frame
        case 2:  # a check that fits, so that what is wrong with the document shows
            content = damaged(source, configuration.encode_document(document))
            check = configuration.crc32(content).to_bytes(4, "big")
            return ports.CONFIGURATION, b"\x00" + content + check
    return ports.CONFIGURATION, configuration.pieces(document, 255)[0]


_PERIODS = (_device_period, _sensor_periods, _sensor_enable)


def _period_up(source: Source, profile: Profile) -> Frame:
    return _PERIODS[source.below(len(_PERIODS))](source)


_UPLINKS = (_dynamic, _packed, _gps, _history, _period_up, _alarms, _state, _answer, _log, _elsewhere)
_DOWNLINKS = (_acknowledgement, _command, _actuators, *_PERIODS, _configuration, _configuration)
