"""The configuration that the node runs: collected from pieces, applied as a whole or not at all, kept.

The node's own state report carries the hash of what it runs; nothing else tells the cloud that it is in sync.
A setting that the document does not name has the value that the node left the factory with, else the one
built in here: who changes an interval does not lose the alarm limits.

What was applied is on trial until something is heard from the network; when nothing is for `rollback_time_s`,
the configuration before it runs again. Any two writes to storage may have a power cut between them: either
the one or the other document runs afterwards, never something else.
"""

from farwire_codecs import configuration as codec
from farwire_codecs import configuration_keys as keys
from farwire_codecs.errors import CodecError
from farwire_node.control.trial import QUARTERS, Trial
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from farwire_node.link import Link

CONFIGURATION_KEY = "configuration"  # the encoded document; empty: none

BUILT_IN = {
    codec.SAMPLING_INTERVAL_S: 60,
    codec.REPORTING_INTERVAL_S: 600,
    codec.STATE_INTERVAL_S: 6 * 3600,
    keys.HISTORY_CARRY: False,  # a batch that builds on a record shows nothing in ChirpStack's UI
    keys.POLL_INTERVAL_S: 0,  # no uplink for the sake of a window alone
    keys.FAIR_USE_S_PER_DAY: 0,  # no cap but the law's
    keys.PAYLOAD_LIMIT: 242,  # as much as LoRaWAN carries (RP002-1.0.4 §2: N)
    keys.RECORDS_PER_FRAME: 2048,  # as many as fit
    keys.HISTORY_LAYOUT: 0,  # smaller
    keys.LPP_LIVE: False,
    keys.BUFFER_WHEN_FULL: 0,  # thin
    keys.LOG_LEVEL: 0,  # warning
    keys.REPORT_CRASHES: True,
    keys.ROLLBACK_TIME_S: 86_400,  # longer than most outages of a gateway
}
TRIAL_STATE_S = 60  # shortest time between state reports on trial, which ask the network for an answer

RUNNING, PIECE_TAKEN, PIECE_REPEATED = "running", "piece taken", "piece repeated"
APPLIED, REFUSED = "applied", "refused"


class Configuration:
    """Runs the document in storage over `factory` (a canonical document), or `factory` alone."""

    def __init__(self, factory: "tuple[codec.Setting, ...]", storage: Storage) -> None:
        self._storage = storage
        self._assembly = codec.Assembly()
        self._done: int | None = None  # id of the transfer that was applied last
        self._factory_document = factory
        self._factory = _by_key(factory)
        stored = _stored(storage)
        self._run(factory if stored is None else stored)
        self._trial = Trial(storage, self.hash)

    @property
    def sampling_interval_s(self) -> int:
        """Seconds between two samples."""
        return self.whole(codec.SAMPLING_INTERVAL_S)

    @property
    def reporting_interval_s(self) -> int:
        """Seconds between two history batches while they do not fill a frame."""
        return self.whole(codec.REPORTING_INTERVAL_S)

    @property
    def state_interval_s(self) -> int:
        """Seconds between two state reports; fewer on trial, where each of them asks for an answer."""
        interval_s = self.whole(codec.STATE_INTERVAL_S)
        if self.on_trial:
            return min(interval_s, max(TRIAL_STATE_S, self.whole(keys.ROLLBACK_TIME_S) // (2 * QUARTERS)))
        return interval_s

    @property
    def on_trial(self) -> bool:
        """Whether nothing was heard from the network since this document was applied."""
        return self._trial.under_way

    @property
    def trial_due_ms(self) -> "int | None":
        """When `roll_back_if_due` has something to do next; None: not planned."""
        return self._trial.due_ms

    @property
    def carries_model(self) -> bool:
        """Whether batches may build on the last acknowledged record."""
        return bool(self.whole(keys.HISTORY_CARRY))

    def whole(self, key: int) -> int:
        """Return the value of a key of the node that is in BUILT_IN."""
        return self._values.get((key, None), BUILT_IN[key])

    @property
    def device_class(self) -> "str | None":
        """The class, "A" or "C"; None: as the link was made."""
        value = self._values.get((keys.RADIO_CLASS, None))
        return None if value is None else "AC"[value]

    def set_up(self, link: "Link") -> None:
        """Tell a link its class, and whether the network chooses its data rate, where they are set."""
        if self.device_class is not None:
            link.set_class(self.device_class)
        adr = self._values.get((keys.ADR, None))
        if adr is not None:
            link.set_adr(bool(adr))

    def heard(self) -> None:
        """Something came from the network: what runs is good enough to stay."""
        self._trial.end()

    def roll_back_if_due(self, now_ms: int) -> bool:
        """Go back to the former document when the trial's time is over; return whether that was done."""
        return self._trial.is_over(self.whole(keys.ROLLBACK_TIME_S), now_ms) and self.roll_back()

    def roll_back(self) -> bool:
        """Run what ran before the document on trial; return False where none is on trial."""
        if not self.on_trial:
            return False
        former = self._trial.former
        self._storage.save(CONFIGURATION_KEY, former or b"")
        self._trial.end()
        stored = _stored(self._storage)
        self._run(self._factory_document if stored is None else stored)
        self._assembly.forget()
        self._done = None
        return True

    def value(self, key: int, index: int | None, default: "Any" = None) -> "Any":
        """Return a setting; `default` where neither the document nor the factory names it."""
        return self._values.get((key, index), default)

    def indices(self, key: int) -> list[int]:
        """Return for which indices a key is set, in their order."""
        return sorted([index for known, index in self._values if known == key and index is not None])

    def receive(self, payload: bytes) -> str:
        """Take the payload of a CONFIGURATION frame and return what became of it.

        RUNNING: it leads to what runs already. PIECE_TAKEN: others are still missing. PIECE_REPEATED:
        likewise, but it looks as if it were of what was applied last. APPLIED: the document is complete, in
        storage, and runs. REFUSED: unreadable, complete and wrong, or a difference to another document than
        the one that runs; nothing changed.
        """
        begins = not self._assembly.held
        try:
            transfer = self._assembly.take(payload)
            if transfer is None:
                repeated = begins and codec.decode_piece(payload).transfer == self._done
                return PIECE_REPEATED if repeated else PIECE_TAKEN
            if not transfer.difference and transfer.check == self.hash:
                return RUNNING
            running = self._document() if transfer.difference else b""
            encoded = codec.result(transfer, running)
        except CodecError:
            return REFUSED
        self._done = codec.transfer_id(transfer)
        document = codec.decode_document(encoded)
        # On trial the former one stays the one that the network was last heard with.
        former = self._trial.former if self.on_trial else self._storage.load(CONFIGURATION_KEY)
        self._trial.begin(codec.document_hash(document), former or None)
        self._storage.save(CONFIGURATION_KEY, encoded)
        self._run(document)
        return APPLIED

    def _document(self) -> bytes:
        """Return the bytes of the document that runs: not held, because it is seldom asked for."""
        stored = _stored(self._storage)
        return codec.encode_document(self._factory_document if stored is None else stored)

    def _run(self, document: "tuple[codec.Setting, ...]") -> None:
        self.hash = codec.document_hash(document)
        self._values = self._factory.copy()
        self._values.update(_by_key(document))


def _by_key(document: "tuple[codec.Setting, ...]") -> "dict[tuple[int, int | None], int]":
    return {(setting.key, setting.index): setting.value for setting in document}


def _stored(storage: Storage) -> "tuple[codec.Setting, ...] | None":
    """Return the document in storage; None when there is none that this program can read."""
    saved = storage.load(CONFIGURATION_KEY)
    if not saved:
        return None
    try:
        return codec.decode_document(saved)
    except CodecError:
        return None
