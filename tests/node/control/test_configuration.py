"""A configuration is applied as a whole, or not at all."""

import random

from farwire_codecs import configuration as codec
from farwire_codecs.configuration import Setting
from farwire_codecs.configuration_keys import Key
from farwire_node.alarms.detector import NO_LIMITS
from farwire_node.control.configuration import (
    APPLIED,
    BUILT_IN,
    CONFIGURATION_KEY,
    PIECE_REPEATED,
    PIECE_TAKEN,
    REFUSED,
    RUNNING,
    Configuration,
)
from farwire_node.sensors.sensor_settings import limits
from farwire_node.storage import MemoryStorage
from tests.node.program.fakes import HUMIDITY, TEMPERATURE

WANTED = codec.canonical(
    [
        Setting(codec.SAMPLING_INTERVAL_S, None, 30),
        Setting(codec.REPORTING_INTERVAL_S, None, 300),
        Setting(codec.HIGH, 1, 800),
        Setting(codec.LOW, 1, -100),
        Setting(codec.HYSTERESIS, 1, 20),
    ]
)
OTHER = codec.canonical([Setting(codec.SAMPLING_INTERVAL_S, None, 7)])


def receive_all(running: Configuration, frames: list[bytes]) -> list[str]:
    return [running.receive(frame) for frame in frames]


def test_a_node_without_a_document_runs_the_values_built_in() -> None:
    running = Configuration((), MemoryStorage())

    assert running.sampling_interval_s == BUILT_IN[codec.SAMPLING_INTERVAL_S]
    assert limits(running, (TEMPERATURE,)) == [NO_LIMITS]


def test_the_factory_document_runs_until_another_comes() -> None:
    assert Configuration(OTHER, MemoryStorage()).sampling_interval_s == 7


def test_a_document_in_one_piece_is_applied() -> None:
    running = Configuration(OTHER, MemoryStorage())

    assert receive_all(running, codec.pieces(WANTED, 51)) == [APPLIED]
    assert (running.sampling_interval_s, running.reporting_interval_s) == (30, 300)
    wanted = NO_LIMITS._replace(high=800, low=-100, hysteresis=20)
    assert limits(running, (TEMPERATURE, HUMIDITY)) == [wanted, NO_LIMITS]
    assert running.hash == codec.document_hash(WANTED)


def test_a_setting_that_the_document_does_not_name_has_the_factory_value() -> None:
    running = Configuration(OTHER, MemoryStorage())

    receive_all(running, codec.pieces((), 51))

    assert running.sampling_interval_s == 7


def test_a_setting_that_neither_document_nor_factory_names_has_its_built_in_value() -> None:
    running = Configuration((), MemoryStorage())

    receive_all(running, codec.pieces((), 51))

    assert running.sampling_interval_s == BUILT_IN[codec.SAMPLING_INTERVAL_S]


def test_nothing_changes_before_the_last_piece() -> None:
    running = Configuration(OTHER, MemoryStorage())
    frames = codec.pieces(WANTED, 14)

    outcomes = receive_all(running, frames[:-1])

    assert outcomes == [PIECE_TAKEN] * (len(frames) - 1)
    assert (running.sampling_interval_s, running.hash) == (7, codec.document_hash(OTHER))


def test_pieces_may_come_in_any_order_and_twice() -> None:
    running = Configuration(OTHER, MemoryStorage())
    frames = codec.pieces(WANTED, 12)
    random.Random(3).shuffle(frames)

    outcomes = receive_all(running, frames[:-1] + frames[:1] + frames[-1:])

    assert outcomes[-1] == APPLIED
    assert running.sampling_interval_s == 30


def test_pieces_of_a_newer_document_replace_those_of_an_unfinished_one() -> None:
    running = Configuration((), MemoryStorage())
    receive_all(running, codec.pieces(WANTED, 12)[:2])

    assert receive_all(running, codec.pieces(OTHER, 51)) == [APPLIED]
    assert running.sampling_interval_s == 7


def test_what_runs_already_is_answered_so() -> None:
    running = Configuration(WANTED, MemoryStorage())

    assert receive_all(running, codec.pieces(WANTED, 12)) == [PIECE_TAKEN, RUNNING]
    assert receive_all(running, codec.pieces(WANTED, 51)) == [RUNNING]


def test_a_piece_of_what_was_applied_last_is_answered_so_and_kept_all_the_same() -> None:
    running = Configuration((), MemoryStorage())
    frames = codec.pieces(WANTED, 12)
    receive_all(running, frames)

    assert running.receive(frames[1]) == PIECE_REPEATED
    assert running.receive(frames[0]) == RUNNING


def test_a_difference_to_what_runs_is_applied_and_kept() -> None:
    storage = MemoryStorage()
    running = Configuration(OTHER, storage)

    assert receive_all(running, codec.difference_pieces(OTHER, WANTED, 51)) == [APPLIED]
    assert receive_all(running, codec.difference_pieces(WANTED, (), 51)) == [APPLIED]
    assert receive_all(running, codec.difference_pieces((), WANTED, 12)) == [PIECE_TAKEN, APPLIED]
    assert Configuration((), storage).hash == codec.document_hash(WANTED)


def test_a_difference_to_something_else_is_refused_and_changes_nothing() -> None:
    storage = MemoryStorage()
    running = Configuration(OTHER, storage)

    for frames in (codec.difference_pieces(WANTED, (), 51), codec.difference_pieces((), WANTED, 51)):
        assert receive_all(running, frames) == [REFUSED]
    assert (running.hash, storage.load(CONFIGURATION_KEY)) == (codec.document_hash(OTHER), None)


def test_settings_that_this_node_does_not_act_upon_are_kept_and_hashed() -> None:
    storage = MemoryStorage()
    document = codec.canonical([Setting(k.number, *example(k)) for k in codec.KEYS.values()])

    assert receive_all(Configuration((), storage), codec.pieces(document, 51))[-1] == APPLIED
    assert Configuration((), storage).hash == codec.document_hash(document)


def example(key: Key) -> tuple[int | None, object]:
    """An index and a value of a key."""
    value: object = {"boolean": True, "text": "a.example", "secret": b"hush"}.get(key.kind, key.high)
    return None if key.scope == "node" else 2, value


def test_a_damaged_document_is_refused_and_the_running_one_stays() -> None:
    running = Configuration(OTHER, MemoryStorage())
    frame = bytearray(codec.pieces(WANTED, 51)[0])
    frame[-1] ^= 1

    assert running.receive(bytes(frame)) == REFUSED
    assert running.hash == codec.document_hash(OTHER)
    assert receive_all(running, codec.pieces(WANTED, 51)) == [APPLIED]


def test_an_unreadable_piece_is_refused_and_costs_no_other() -> None:
    running = Configuration((), MemoryStorage())
    frames = codec.pieces(WANTED, 14)
    receive_all(running, frames[:-1])

    assert running.receive(b"\x00\x01") == REFUSED
    assert running.receive(frames[-1]) == APPLIED


def test_the_document_survives_a_restart() -> None:
    storage = MemoryStorage()
    receive_all(Configuration(OTHER, storage), codec.pieces(WANTED, 51))

    assert Configuration(OTHER, storage).hash == codec.document_hash(WANTED)


def test_an_empty_document_survives_a_restart_too() -> None:
    storage = MemoryStorage()
    receive_all(Configuration(OTHER, storage), codec.pieces((), 51))

    assert Configuration(OTHER, storage).hash == codec.document_hash(())


def test_a_document_in_storage_that_cannot_be_read_is_as_none() -> None:
    storage = MemoryStorage()
    storage.save(CONFIGURATION_KEY, b"\xff\xff")

    assert Configuration(OTHER, storage).sampling_interval_s == 7
