"""The device queue under any order of events: each item has one fate, in order, and counters only grow."""

from chirpstack_api import api, gw, integration
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from farwire_twin.network_server import device_queue
from farwire_twin.network_server.timestamps import to_timestamp
from tests.twin.network_server.rig import joined


class QueueMachine(RuleBasedStateMachine):
    """`order`: ids as enqueued; `fate`: what became of each; the rest must be in the queue."""

    @initialize(class_c=st.booleans())
    def join(self, class_c: bool) -> None:
        self.network, self.device = joined(supports_class_c=class_c, class_c_timeout=20)
        self.network.uplink(self.device.uplink(b"\x00", 2))
        self.network.run(6_000)
        self.order: list[str] = []
        self.confirmed: dict[str, bool] = {}
        self.fate: dict[str, str] = {}
        self.sent: list[str] = []
        self.taken: list[int] = []
        self.seen = 0
        self.unanswered: list[gw.DownlinkFrame] = []

    @rule(
        confirmed=st.booleans(),
        size=st.sampled_from([1, 51, 60, 115, 222, 243]),
        lives_ms=st.none() | st.sampled_from([1, 5_000, 60_000]),
    )
    def enqueue(self, confirmed: bool, size: int, lives_ms: int | None) -> None:
        expires_at = None if lives_ms is None else to_timestamp(self.network.now_ms + lives_ms)
        item_id = self.network.enqueue(self.device, bytes(size), confirmed=confirmed, expires_at=expires_at)
        self.order.append(item_id)
        self.confirmed[item_id] = confirmed
        self.follow()

    @rule(ack=st.booleans(), spreading_factor=st.sampled_from([7, 9, 12]), confirmed=st.booleans())
    def uplink(self, ack: bool, spreading_factor: int, confirmed: bool) -> None:
        phy = self.device.uplink(b"\x01", 2, ack=ack, confirmed=confirmed)
        self.network.uplink(phy, spreading_factor=spreading_factor, snr_db=5.0)
        self.follow()

    @precondition(lambda self: self.unanswered)
    @rule(
        statuses=st.lists(st.sampled_from([gw.OK, gw.TOO_LATE, gw.COLLISION_PACKET]), min_size=1, max_size=2)
    )
    def answer(self, statuses: list[int]) -> None:
        frame = self.unanswered.pop(0)
        statuses = statuses[: len(frame.items)]
        # ChirpStack does not count a frame whose item left the queue before the gateway's word came: the
        # counter goes on from where it was, and the device drops the next frame as a repeat.
        queued = {item.id for item in self.network.queue(self.device)}
        sent = self.network.core.state.sent.get(frame.downlink_id)
        known = sent is not None and (sent.queue_item_id is None or sent.queue_item_id in queued)
        self.network.acknowledge(*statuses, frame=frame)
        if known and gw.OK in statuses:
            index = max(at for at, status in enumerate(statuses) if status == gw.OK)
            self.taken.append(self.device.read(frame.items[index].phy_payload).f_cnt)
        # A gateway answers before the next frame of this device is decided.
        self.unanswered.clear()
        self.follow()

    @rule(seconds=st.sampled_from([1, 5, 31, 90]))
    def wait(self, seconds: int) -> None:
        self.network.run(seconds * 1_000)
        self.follow()

    @rule(keep_pending=st.booleans())
    def flush(self, keep_pending: bool) -> None:
        before = {item.id: item.is_pending for item in self.network.queue(self.device)}
        device_queue.flush(self.network.core.state, self.device.eui, keep_pending=keep_pending)
        for item_id, is_pending in before.items():
            if not (keep_pending and is_pending):
                self.settle(item_id, "flushed")
        self.unanswered.clear()
        self.network.core.state.sent.clear()

    def follow(self) -> None:
        """Take in the events that came since."""
        new = self.network.events[self.seen :]
        self.seen = len(self.network.events)
        for event in new:
            message = event.message
            if event.event == "txack":
                self.sent.append(message.queue_item_id)
                if not self.confirmed[message.queue_item_id]:
                    self.settle(message.queue_item_id, "sent")
            elif event.event == "ack":
                self.settle(message.queue_item_id, "acknowledged" if message.acknowledged else "given up")
            elif event.event == "log" and message.code in (
                integration.EXPIRED,
                integration.DOWNLINK_PAYLOAD_SIZE,
            ):
                self.settle(message.context["queue_item_id"], "discarded")
        if self.network.downlinks:
            # A frame that was not answered is not answered any more once the next one is out.
            self.unanswered = self.network.downlinks[-1:]
            self.network.downlinks.clear()

    def settle(self, item_id: str, fate: str) -> None:
        assert item_id not in self.fate, f"{item_id}: {self.fate[item_id]}, then {fate}"
        self.fate[item_id] = fate

    @invariant()
    def every_item_is_queued_or_has_a_fate(self) -> None:
        if hasattr(self, "order"):
            queued = [item.id for item in self.network.queue(self.device)]
            assert queued == [item_id for item_id in self.order if item_id not in self.fate]

    @invariant()
    def only_the_head_is_pending(self) -> None:
        if hasattr(self, "order"):
            pending = [item.is_pending for item in self.network.queue(self.device)]
            assert not any(pending[1:])

    @invariant()
    def items_are_sent_once_and_in_order(self) -> None:
        if hasattr(self, "order"):
            assert len(set(self.sent)) == len(self.sent)
            assert self.sent == [item_id for item_id in self.order if item_id in set(self.sent)]

    @invariant()
    def counters_of_frames_that_went_out_only_grow(self) -> None:
        if hasattr(self, "taken"):
            assert self.taken == sorted(set(self.taken))

    @invariant()
    def an_acknowledged_item_was_confirmed(self) -> None:
        if hasattr(self, "fate"):
            decided = {item_id for item_id, fate in self.fate.items() if fate in ("acknowledged", "given up")}
            assert all(self.confirmed[item_id] and item_id in self.sent for item_id in decided)

    @invariant()
    def the_api_shows_the_same_queue(self) -> None:
        if hasattr(self, "order"):
            from farwire_twin.network_server.api import queue

            request = api.GetDeviceQueueItemsRequest(dev_eui=self.device.eui)
            answer = queue.get_queue(self.network.core, request, self.network.now_ms)
            assert answer.total_count == len(self.order) - len(self.fate)


TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
