"""Asks the network for its time, so that what earlier lives of the node sampled gets its true age.

A board without a battery for its clock begins at 0 after a power cut, and knows not how long that took. The
first frame after a start asks, and the records of earlier lives wait for the answer, not for long; alarms
never do. After that it asks rarely, with frames that bring a downlink anyway. Times in ms on the node's
clock.
"""

from farwire_codecs import ports
from farwire_node.sending.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from farwire_node.alarms.alarm_store import AlarmStore
    from farwire_node.link import Link, TimeReceived
    from farwire_node.records.store import RecordStore
    from farwire_node.sending.agenda import Agenda
    from farwire_node.sending.scheduler import Send

# A watch crystal is off by 20 ppm (Epson FC-135 data sheet, "frequency tolerance"): 0.9 s in half a day.
PERIOD_MS = 12 * 3_600_000
HOLD_MS = 15 * 60_000  # how long records of earlier lives wait, from the first frame that asks
RETRY_MS = 30_000  # after a frame that brought no answer, twice as long after each further one
LEAST_CAPACITY = 32  # bytes: where frames are shorter, records need the byte that asking takes
# A network that does not know the time says so with one long past (1980): this is 2025-01-01 on GPS' clock.
EARLIEST_GPS_MS = 1_419_724_818_000


class Timekeeping:
    """The time on one clock; `offset_ms`: the network's clock (GPS) less the node's, once it is known."""

    def __init__(self, link: "Link", random_below: "Callable[[int], int]") -> None:
        self.offset_ms: int | None = None
        self._link = link
        self._due_ms = 0
        self._asked = False
        self._pauses = Backoff(RETRY_MS, PERIOD_MS, random_below)

    def begin(self, records: "RecordStore", alarms: "AlarmStore", agenda: "Agenda") -> None:
        """Tell these of the time: at once if it is known (the program started over, the clock did not)."""
        self._records = records
        self._alarms = alarms
        self._agenda = agenda
        self._tell()

    def ask(self, step: "Send", now_ms: int) -> bool:
        """Ask with the frame that is about to be sent, if it is time to; it is to be planned anew then."""
        self._asked = now_ms >= self._due_ms and self._suits(step, now_ms) and self._link.request_time()
        return self._asked

    def sent(self, tx_end_ms: int) -> None:
        """Note that the frame which `ask` was called for left."""
        if not self._asked:
            return
        agenda = self._agenda
        self._asked = False
        self._due_ms = tx_end_ms + (PERIOD_MS if self.offset_ms is not None else self._pauses.next_ms())
        if self._records.awaits_time:
            agenda.held_until_ms = agenda.held_until_ms or tx_end_ms + HOLD_MS
            agenda.ask_due_ms = self._due_ms if self._due_ms < agenda.held_until_ms else None

    def received(self, event: "TimeReceived") -> None:
        """Take the network's answer."""
        if event.gps_ms < EARLIEST_GPS_MS:
            return
        self.offset_ms = event.gps_ms - event.at_ms
        self._due_ms = event.at_ms + PERIOD_MS
        self._tell()

    def _suits(self, step: "Send", now_ms: int) -> bool:
        capacity = self._link.capacity(now_ms)
        if step.port == ports.HISTORY:
            answered = step.content.asked
            fits = capacity >= LEAST_CAPACITY
        else:
            answered = False
            fits = step.port == ports.STATE and len(step.payload) < capacity
        return fits and (answered or self.offset_ms is None or now_ms >= self._due_ms + PERIOD_MS)

    def _tell(self) -> None:
        """Let what is held have its true time, and go."""
        if self.offset_ms is not None:
            self._records.know(self.offset_ms)
            self._alarms.know(self.offset_ms)
            self._agenda.held_until_ms = 0
            self._agenda.ask_due_ms = None
