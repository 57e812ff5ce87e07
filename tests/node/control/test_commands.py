"""Each command is executed once and answered each time."""

import pytest

from farwire_codecs import command
from farwire_codecs.command import CommandAnswer, Reboot, ReportState, SendLog, SetOutput
from farwire_codecs.errors import CodecError
from farwire_codecs.log_piece import LOG
from farwire_node.control.commands import REMEMBERED, Commands
from farwire_node.storage import MemoryStorage
from tests.node.program.fakes import Lamp


def result_of(commands: Commands, order: SetOutput | ReportState | Reboot) -> int:
    answer = commands.receive(command.encode(order)).answer
    assert answer.number == order.number
    return int(answer.result)


def test_a_command_sets_its_output() -> None:
    lamp = Lamp(20)
    commands = Commands((Lamp(19), lamp), MemoryStorage())

    handled = commands.receive(command.encode(SetOutput(7, 20, 100)))

    assert handled == (CommandAnswer(7, command.DONE), SetOutput(7, 20, 100))
    assert lamp.history == [100]


def test_a_command_that_comes_again_is_answered_and_not_executed() -> None:
    lamp = Lamp()
    commands = Commands((lamp,), MemoryStorage())
    commands.receive(command.encode(SetOutput(7, 20, 100)))

    again = commands.receive(command.encode(SetOutput(7, 20, 100)))

    assert again == (CommandAnswer(7, command.DONE), None)
    assert lamp.history == [100]


def test_a_command_executed_before_a_restart_is_not_executed_after_it() -> None:
    storage = MemoryStorage()
    Commands((Lamp(),), storage).receive(command.encode(Reboot(9)))

    assert Commands((), storage).receive(command.encode(Reboot(9))) == (CommandAnswer(9, command.DONE), None)


def test_a_refused_command_is_refused_again_with_the_same_reason() -> None:
    lamp = Lamp()
    lamp.stuck = True
    commands = Commands((lamp,), MemoryStorage())
    assert result_of(commands, SetOutput(7, 20, 100)) == command.FAILED
    lamp.stuck = False

    assert result_of(commands, SetOutput(7, 20, 100)) == command.FAILED
    assert lamp.history == []


@pytest.mark.parametrize("error", [ValueError("bug"), OSError(5), MemoryError(), KeyError(1)])
def test_an_output_whose_driver_raises_anything_has_failed(error: Exception) -> None:
    class Rogue(Lamp):
        def set(self, value_x100: int) -> None:
            raise error

    assert result_of(Commands((Rogue(),), MemoryStorage()), SetOutput(7, 20, 100)) == command.FAILED


@pytest.mark.parametrize(
    ("order", "result"),
    [
        (SetOutput(1, 99, 100), command.REFUSED_CHANNEL),
        (SetOutput(1, 20, 101), command.REFUSED_VALUE),
        (SetOutput(1, 20, -1), command.REFUSED_VALUE),
    ],
)
def test_a_command_for_no_output_or_no_possible_value_is_refused(order: SetOutput, result: int) -> None:
    lamp = Lamp()

    assert result_of(Commands((lamp,), MemoryStorage()), order) == result
    assert lamp.history == []


def test_a_command_to_send_a_log_is_refused_by_a_node_that_keeps_none() -> None:
    commands = Commands((), MemoryStorage())

    handled = commands.receive(command.encode(SendLog(1, LOG, 0)))

    assert handled == (CommandAnswer(1, command.REFUSED_UNKNOWN), None)


def test_a_command_of_an_unknown_kind_is_refused_by_its_number() -> None:
    payload = bytes((0x1E,)) + (4711).to_bytes(2, "big")

    handled = Commands((), MemoryStorage()).receive(payload)

    assert handled == (CommandAnswer(4711, command.REFUSED_UNKNOWN), None)


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x1e\x01", b"\xe1\x00\x01", b"\x01\x00\x01\x14\x00"])
def test_what_cannot_be_read_raises_and_changes_nothing(payload: bytes) -> None:
    lamp = Lamp()

    with pytest.raises(CodecError):
        Commands((lamp,), MemoryStorage()).receive(payload)
    assert lamp.history == []


def test_only_the_last_commands_are_remembered() -> None:
    storage = MemoryStorage()
    commands = Commands((), storage)

    for number in range(3 * REMEMBERED):
        commands.receive(command.encode(ReportState(number)))

    saved = storage.load("commands")
    assert saved is not None
    assert len(saved) == 3 * REMEMBERED
