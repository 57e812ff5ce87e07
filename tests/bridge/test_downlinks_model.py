"""The downlinks' machine against a model of the network, with losses, joins and restarts in any order."""

import itertools

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from farwire_bridge import order_store
from farwire_bridge.back_off import BackOff
from farwire_bridge.device_downlinks import DeviceDownlinks
from farwire_bridge.downlinks import Downlinks
from farwire_bridge.order_content import accepted
from farwire_bridge.order_state import OrderState, Phase
from farwire_bridge.outcome import Outcome
from farwire_codecs import configuration, ports
from farwire_contract.v1.orders_pb2 import Order
from farwire_contract.v1.telemetry_pb2 import Fate
from tests.bridge.network_model import DEV_EUI, Network
from tests.bridge.orders_made import document_of

ANSWER_UPLINKS = 3
FOR_EVER_MS = 10**12
MOSTLY = st.sampled_from([True, True, True, False])


class DownlinksMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.network = Network(self.tell)
        self.saved: dict[str, str] = {}  # as on the disk
        self.fates: dict[str, list[int]] = {}
        self.newest_configuration: Order | None = None
        self.numbers = itertools.count(1)
        self.arrivals = itertools.count(1)
        self.tokens = itertools.count(1)
        self.downlinks = self.make([])

    def make(self, saved: list[OrderState]) -> Downlinks:
        def device(dev_eui: str, limit: int | None) -> DeviceDownlinks:
            back_off = BackOff(0.1, 1.0, lambda: 0.5)
            return DeviceDownlinks(dev_eui, limit, self.tokens, ANSWER_UPLINKS, back_off)

        return Downlinks(device, saved)

    def tell(self, event: object) -> None:
        self.apply(self.downlinks.handle(event, self.network.now_ms))  # type: ignore[arg-type]

    def apply(self, outcome: Outcome) -> None:
        for order in outcome.saves.values():
            self.saved[order.order_id] = order_store.to_text(order)
        for report in outcome.reports:
            self.fates[report.order.order_id].append(report.fate)
        self.network.calls.extend(outcome.calls)

    def states(self) -> list[OrderState]:
        return [order_store.from_text(text) for text in self.saved.values()]

    def order(self, order: Order) -> None:
        self.fates[order.order_id] = []
        self.apply(self.downlinks.accept(accepted(order, next(self.arrivals)), self.network.now_ms))

    @rule(confirmed=st.booleans(), attempts=st.integers(1, 3), lasts_ms=st.sampled_from([2_000, FOR_EVER_MS]))
    def command(self, confirmed: bool, attempts: int, lasts_ms: int) -> None:
        number = next(self.numbers)
        order = Order(order_id=f"command-{number}", dev_eui=DEV_EUI, confirmed=confirmed, attempts=attempts)
        order.created_ms = number
        order.expires_ms = self.network.now_ms + lasts_ms
        order.command.number = number
        order.command.set_output.channel = 1
        self.order(order)

    @rule(
        size=st.sampled_from([1, 2, 12]),
        value=st.integers(1, 2),
        confirmed=st.booleans(),
        attempts=st.integers(1, 3),
        base=st.sampled_from(["unknown", "running", "another"]),
    )
    def configuration(self, size: int, value: int, confirmed: bool, attempts: int, base: str) -> None:
        number = next(self.numbers)
        document = document_of(size, value)
        order = Order(order_id=f"configuration-{number}", dev_eui=DEV_EUI, confirmed=confirmed)
        order.created_ms = number
        order.attempts = attempts
        order.expires_ms = FOR_EVER_MS
        order.configuration.document = configuration.encode_document(document)
        order.configuration.hash = configuration.document_hash(document)
        if base == "running":
            order.configuration.base = self.network.node.running
        elif base == "another":
            order.configuration.base = configuration.encode_document(document_of(size, 3))
        self.newest_configuration = order
        self.order(order)

    @precondition(lambda self: self.network.calls)
    @rule(reply=st.sampled_from(["ok", "ok", "ok", "late", "late", "lost", "unreachable"]))
    def execute(self, reply: str) -> None:
        self.network.execute(reply)

    @precondition(lambda self: self.network.replies)
    @rule()
    def late_reply(self) -> None:
        self.network.reply()

    @rule(radio=MOSTLY, events=MOSTLY, in_window=MOSTLY, down=MOSTLY)
    def uplink(self, radio: bool, events: bool, in_window: bool, down: bool) -> None:
        self.network.uplink(radio, events, in_window, down)

    @rule(events=MOSTLY, down=MOSTLY)
    def class_c_opportunity(self, events: bool, down: bool) -> None:
        self.network.opportunity(events, down)

    @rule(code=st.sampled_from(["F_CNT_DOWN", "DOWNLINK_PAYLOAD_SIZE"]))
    def discard(self, code: str) -> None:
        self.network.discard(code)

    @rule(flush=MOSTLY, events=MOSTLY)
    def join(self, flush: bool, events: bool) -> None:
        self.network.join(flush, events)

    @rule(milliseconds=st.integers(1, 3_000))
    def time(self, milliseconds: int) -> None:
        self.network.now_ms += milliseconds
        for outcome in self.downlinks.tick(self.network.now_ms):
            self.apply(outcome)

    @precondition(lambda self: self.saved)
    @rule(executed=st.booleans())
    def restart(self, executed: bool) -> None:
        self.network.drop_calls(executed)
        open_orders = [state for state in self.states() if state.phase is not Phase.FINISHED]
        self.downlinks = self.make(sorted(open_orders, key=lambda state: state.arrival))
        for outcome in self.downlinks.start(self.network.now_ms):
            self.apply(outcome)

    @invariant()
    def at_most_one_order_is_in_the_queue(self) -> None:
        assert len([item for item in self.network.queue if item.f_port != ports.ACKNOWLEDGEMENT]) <= 1

    @invariant()
    def one_call_of_a_device_is_under_way(self) -> None:
        assert len(self.network.calls) + len(self.network.replies) <= 1

    @invariant()
    def commands_are_executed_in_their_order(self) -> None:
        assert self.network.node.executed == sorted(self.network.node.executed)

    @invariant()
    def an_order_ends_once_and_is_silent_then(self) -> None:
        for state in self.states():
            fates = self.fates[state.order_id]
            ends = [fate for fate in fates if fate in (Fate.FATE_FAILED, Fate.EXPIRED)]
            assert ends == ([state.fate] if state.phase is Phase.FINISHED and state.fate else [])
            assert fates[0] == Fate.ACCEPTED
            assert not ends or fates[-1] == ends[0]

    @invariant()
    def only_the_newest_configuration_is_open(self) -> None:
        assert len([order for order in self.downlinks.open_orders() if not order.is_command]) <= 1

    @invariant()
    def attempts_are_bounded(self) -> None:
        assert all(state.attempt <= state.attempts for state in self.states())

    def teardown(self) -> None:
        """Without further losses every order comes to its end, and the node's word is the truth."""
        for _ in range(400):
            if not self.downlinks.open_orders():
                break
            self.time(500)
            self.network.reply()
            self.network.uplink(radio=True, events=True, in_window=True, heard_down=True)
        assert not self.downlinks.open_orders()
        done = {state.order_id for state in self.states() if not state.fate}
        for order_id in done:
            if order_id.startswith("command"):
                assert int(order_id.partition("-")[2]) in self.network.node.executed
        newest = self.newest_configuration
        if newest and newest.order_id in done:
            assert self.network.node.running_hash == newest.configuration.hash


DownlinksMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=50, deadline=None)
TestDownlinks = DownlinksMachine.TestCase
