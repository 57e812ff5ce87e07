"""What was applied stays when the network is heard with it, and goes when not, whatever the power does."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from farwire_codecs import configuration as codec
from farwire_codecs import configuration_keys as keys
from farwire_codecs import ports
from farwire_codecs.configuration import Setting
from farwire_node import node_events
from farwire_node.control.configuration import APPLIED, BUILT_IN, REFUSED, RUNNING, Configuration
from farwire_node.storage import MemoryStorage
from tests.node.program.fakes import Bench
from tests.node.program.power_cut import CutStorage, PowerCutError

FACTORY = (Setting(codec.SAMPLING_INTERVAL_S, None, 7),)
DOCUMENTS = [
    codec.canonical([Setting(codec.SAMPLING_INTERVAL_S, None, at), Setting(keys.ROLLBACK_TIME_S, None, 400)])
    for at in range(20, 24)
]
HASHES = {codec.document_hash(document) for document in DOCUMENTS} | {codec.document_hash(FACTORY)}


def apply(running: Configuration, document: tuple[Setting, ...]) -> str:
    (frame,) = codec.pieces(document, 51)
    return running.receive(frame)


def live(running: Configuration, from_ms: int, to_ms: int) -> bool:
    """Let time go by as a node does; return whether something was rolled back."""
    rolled_back = running.roll_back_if_due(from_ms)
    while running.trial_due_ms is not None and running.trial_due_ms <= to_ms:
        rolled_back = running.roll_back_if_due(running.trial_due_ms) or rolled_back
    return rolled_back


def test_the_former_configuration_runs_again_when_nothing_is_heard_for_the_set_time() -> None:
    storage = MemoryStorage()
    running = Configuration(FACTORY, storage)
    apply(running, DOCUMENTS[0])
    running.heard()
    apply(running, DOCUMENTS[1])

    assert not live(running, 0, 399_999)
    assert running.hash == codec.document_hash(DOCUMENTS[1])
    assert live(running, 399_999, 400_000)
    assert running.hash == codec.document_hash(DOCUMENTS[0])
    assert running.sampling_interval_s == 20
    again = Configuration(FACTORY, storage)
    assert (again.hash, again.on_trial) == (codec.document_hash(DOCUMENTS[0]), False)


def test_where_no_document_was_stored_the_factory_runs_again() -> None:
    storage = MemoryStorage()
    running = Configuration(FACTORY, storage)
    apply(running, DOCUMENTS[0])

    assert live(running, 0, 400_000)
    assert running.hash == codec.document_hash(FACTORY)
    assert Configuration(FACTORY, storage).sampling_interval_s == 7


def test_what_the_network_was_heard_with_stays() -> None:
    running = Configuration(FACTORY, MemoryStorage())
    apply(running, DOCUMENTS[0])
    live(running, 0, 399_000)

    running.heard()

    assert not live(running, 399_000, 10**9)
    assert running.trial_due_ms is None


def test_the_time_set_is_that_of_the_configuration_on_trial_or_a_day() -> None:
    running = Configuration((), MemoryStorage())
    apply(running, FACTORY)

    assert not live(running, 0, 1000 * BUILT_IN[keys.ROLLBACK_TIME_S] - 1)
    assert live(running, 0, 1000 * BUILT_IN[keys.ROLLBACK_TIME_S])


def test_a_node_that_restarts_on_trial_loses_at_most_a_quarter_of_the_time() -> None:
    storage = MemoryStorage()
    apply(Configuration(FACTORY, storage), DOCUMENTS[0])

    running = Configuration(FACTORY, storage)
    lives = 1
    while not live(running, 0, 150_000) and lives < 9:
        running = Configuration(FACTORY, storage)
        lives += 1

    assert lives == 4
    assert running.hash == codec.document_hash(FACTORY)


def test_the_state_is_reported_more_often_on_trial() -> None:
    running = Configuration(FACTORY, MemoryStorage())
    apply(running, DOCUMENTS[0])

    assert running.state_interval_s == 60
    running.heard()
    assert running.state_interval_s == BUILT_IN[codec.STATE_INTERVAL_S]


@pytest.mark.parametrize("heard", [False, True])
def test_a_power_cut_at_any_write_leaves_the_former_configuration_or_the_new_one(heard: bool) -> None:
    for cut_at in range(20):
        storage = CutStorage()
        running = Configuration(FACTORY, storage)
        apply(running, DOCUMENTS[0])
        running.heard()
        former, wanted = codec.document_hash(DOCUMENTS[0]), codec.document_hash(DOCUMENTS[1])
        storage.cut_at = storage.writes + cut_at
        try:
            apply(running, DOCUMENTS[1])
            if heard:
                running.heard()
            live(running, 0, 400_000)
        except PowerCutError:
            storage.power_on()
            again = Configuration(FACTORY, storage)
            assert again.hash in (former, wanted)
            assert again.on_trial == (again.hash == wanted)  # what is not confirmed never stays by accident
            live(again, 0, 400_000)
            assert again.hash == former
        else:
            assert running.hash == (wanted if heard else former)
            assert cut_at >= 3
            return
    raise AssertionError("it never stops writing")


class Trials(RuleBasedStateMachine):
    """Configurations come, the network is heard or not, and the power goes at any write."""

    def __init__(self) -> None:
        super().__init__()
        self.storage = CutStorage()
        self.running = Configuration(FACTORY, self.storage)
        self.trusted = codec.document_hash(FACTORY)  # the network was heard with it last
        self.wanted: int | None = None  # on trial
        self.now_ms = 0
        self.silent_ms = 0

    def _do(self, what: str, cut_in: int | None, document: tuple[Setting, ...] = ()) -> str | bool | None:
        """Do something with the power going off at the `cut_in`-th write from now; None: it did."""
        self.storage.cut_at = None if cut_in is None else self.storage.writes + cut_in
        try:
            if what == "apply":
                return apply(self.running, document)
            if what == "heard":
                self.running.heard()
                return True
            return self.running.roll_back_if_due(self.now_ms)
        except PowerCutError:
            return None
        finally:
            self.storage.power_on()

    def _restart(self) -> None:
        self.running = Configuration(FACTORY, self.storage)
        self.now_ms = 0

    @rule(document=st.sampled_from(DOCUMENTS), cut_in=st.none() | st.integers(0, 3))
    def a_configuration_comes(self, document: tuple[Setting, ...], cut_in: int | None) -> None:
        self.the_network_is_heard(None)
        outcome = self._do("apply", cut_in, document)
        assert outcome in (APPLIED, RUNNING, None)
        if outcome == APPLIED:
            self.wanted = codec.document_hash(document)
        elif outcome is None:
            self._restart()
            assert self.running.hash in (self.trusted, codec.document_hash(document))
            self.wanted = self.running.hash if self.running.on_trial else None
        self.silent_ms = 0

    @rule(cut_in=st.none() | st.integers(0, 1))
    def the_network_is_heard(self, cut_in: int | None) -> None:
        outcome = self._do("heard", cut_in)
        if outcome is None:
            self._restart()
        elif self.wanted is not None:
            self.trusted, self.wanted = self.wanted, None
        self.silent_ms = 0 if outcome else self.silent_ms

    @rule(for_s=st.integers(1, 150), cut_in=st.none() | st.integers(0, 2))
    def time_goes_by(self, for_s: int, cut_in: int | None) -> None:
        self._do("wait", None)  # the node polls before it sleeps
        if self.wanted is not None and not self.running.on_trial:
            self.wanted = None
        self.now_ms += 1000 * for_s
        self.silent_ms += 1000 * for_s
        if self._do("wait", cut_in) is None:
            self._restart()
        if self.wanted is not None and self.running.hash != self.wanted:
            assert self.silent_ms >= 400_000  # not before its time
            self.wanted = None

    @rule()
    def the_power_goes_off_between_writes(self) -> None:
        self._restart()

    @rule()
    def a_difference_to_something_else_comes(self) -> None:
        self.the_network_is_heard(None)
        other = codec.canonical([Setting(codec.HIGH, 3, 1)])
        (frame,) = codec.difference_pieces(other, DOCUMENTS[0], 51)
        assert self.running.receive(frame) == REFUSED

    @precondition(lambda self: self.wanted is not None)
    @rule()
    def it_stays_silent_for_good(self) -> None:
        self._do("wait", None)
        live(self.running, self.now_ms, self.now_ms + 400_000)
        self.now_ms += 400_000
        self.wanted = None

    @invariant()
    def the_trusted_one_runs_or_the_one_on_trial(self) -> None:
        assert self.running.hash in HASHES
        assert self.running.hash == (self.trusted if self.wanted is None else self.wanted)
        assert self.running.on_trial == (self.wanted is not None)
        stored = Configuration(FACTORY, self.storage)
        assert (stored.hash, stored.on_trial) == (self.running.hash, self.running.on_trial)


TestTrials = Trials.TestCase
TestTrials.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)


# -- in a node --


def node_on_trial(link_hears: bool) -> Bench:
    bench = Bench(settings=(Setting(codec.STATE_INTERVAL_S, None, 3600),))
    bench.run(120)
    wanted = codec.canonical([Setting(keys.ROLLBACK_TIME_S, None, 1200), Setting(codec.HIGH, 1, 300)])
    bench.cloud.queue += [(ports.CONFIGURATION, frame) for frame in codec.pieces(wanted, 51)]
    bench.link.answers_confirmed = link_hears
    bench.cloud.silent = True
    while not bench.events(node_events.ConfigurationApplied):
        bench.run(5)
    return bench


def test_a_node_that_hears_nothing_with_a_configuration_goes_back_and_reports_it() -> None:
    bench = node_on_trial(False)
    (applied,) = bench.events(node_events.ConfigurationApplied)

    bench.run(1300)

    (told,) = bench.events(node_events.ConfigurationRolledBack)
    bench.run(120)
    hashes = [report.configuration_hash for report in bench.cloud.states]
    assert hashes[-1] == hashes[0] == told.hash  # type: ignore[attr-defined]
    assert applied.hash in hashes  # type: ignore[attr-defined]
    assert any(bench.link.confirmed)  # it asked the network for an answer


def test_a_state_report_that_the_network_acknowledges_ends_the_trial() -> None:
    bench = node_on_trial(True)

    bench.run(4000)

    assert not bench.events(node_events.ConfigurationRolledBack)
    assert sum(bench.link.confirmed) == 1
