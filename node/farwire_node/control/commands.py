"""Commands from the cloud: each number is executed once, each arrival is answered.

Numbers and results of the last commands are in storage, so that a command that comes again after a lost
answer, or after a restart, is answered as before and not executed again.
"""

import struct
from collections import namedtuple

from farwire_codecs import command, lpp_actuators, ports
from farwire_codecs.errors import UnknownTypeError
from farwire_node import node_events
from farwire_node.sensors.sensor import Actuator
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from farwire_node.logs.reports import Reports

Handled = namedtuple("Handled", ("answer", "done"))
"""The CommandAnswer to send, and the command if it was carried out just now, else None. What only the node
can do (ReportState, Reboot, what is `owed` of an Erase) is the caller's to do when it is in `done`."""

COMMANDS_KEY = "commands"  # >HB each: number, result; oldest first; then `owed`, if anything is
REMEMBERED = 32  # far more than can be on their way to one class A node at a time


class Commands:
    """Carries out commands on the node's actuators and with its `reports`.

    `owed`: what is to be erased (command.RECORDS, ...) before anything else happens. It is in storage with
    the command's result, so that a power cut can neither forget it nor have it done a second time.
    """

    def __init__(
        self, actuators: tuple[Actuator, ...], storage: Storage, reports: "Reports | None" = None
    ) -> None:
        self._actuators = actuators
        self._reports = reports
        self._storage = storage
        saved = storage.load(COMMANDS_KEY) or b""
        self.owed = saved[-1] if len(saved) % 3 else 0
        self._results = [struct.unpack_from(">HB", saved, at) for at in range(0, len(saved) - 2, 3)]

    def receive(self, payload: bytes) -> Handled:
        """Take the payload of a COMMAND frame; raises CodecError when not even its number can be read."""
        try:
            order = command.decode(payload)
        except UnknownTypeError as error:
            if not error.items:
                raise
            return Handled(command.CommandAnswer(error.items[0], command.REFUSED_UNKNOWN), None)
        for number, result in self._results:
            if number == order.number:
                return Handled(command.CommandAnswer(number, result), None)
        result = self._carry_out(order)
        # Written before a reboot happens: afterwards nobody could.
        self._results = (self._results + [(order.number, result)])[-REMEMBERED:]
        self._save()
        done = order if result == command.DONE else None
        return Handled(command.CommandAnswer(order.number, result), done)

    def paid(self, what: int) -> None:
        """Know that this was erased."""
        self.owed &= ~what
        self._save()

    def _save(self) -> None:
        out = b"".join([struct.pack(">HB", *known) for known in self._results])
        self._storage.save(COMMANDS_KEY, out + (bytes((self.owed,)) if self.owed else b""))

    def _carry_out(self, order: "tuple[object, ...]") -> int:
        if isinstance(order, command.SetOutput):
            return self.set_output(order.channel, order.value_x100)
        if isinstance(order, (command.ReportState, command.Reboot)):
            return command.DONE
        if isinstance(order, command.Erase):
            self.owed |= order.what
            return command.DONE
        if isinstance(order, command.SendLog) and self._reports is not None:
            known = self._reports.ask(order.report_kind, order.offset)
            return command.DONE if known else command.REFUSED_VALUE
        return command.REFUSED_UNKNOWN  # the codec knows it, but this node has nothing to do it with

    def set_outputs(self, payload: bytes) -> "list[tuple[object, ...]]":
        """Obey a Cayenne LPP actuator command, which any network server can send and nobody answers.

        Return what came of each output (node_events); raises CodecError for one that cannot be read.
        """
        events: list[tuple[object, ...]] = []
        for channel, value_x100 in lpp_actuators.decode_actuators(payload):
            result = self.set_output(channel, value_x100)
            if result == command.DONE:
                events.append(node_events.OutputSet(channel, value_x100))
            else:
                reason = f"output {channel} is not set to {value_x100 / 100}: result {result}"
                events.append(node_events.FrameIgnored(ports.LPP_ACTUATORS, reason))
        return events

    def set_output(self, channel: int, value_x100: int) -> int:
        """Set an output; return one of command.RESULTS."""
        for actuator in self._actuators:
            if actuator.channel != channel:
                continue
            if not actuator.minimum_x100 <= value_x100 <= actuator.maximum_x100:
                return command.REFUSED_VALUE
            try:
                actuator.set(value_x100)
            except Exception:  # a driver is foreign code: whatever it raises, it did not do it
                return command.FAILED
            return command.DONE
        return command.REFUSED_CHANNEL
