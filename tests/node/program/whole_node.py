"""A whole node with the real MAC against a tiny network, in the MicroPython subset.

Runs on CPython and on MicroPython alike. `Board.advance` lets time go by; the network answers joins, keeps
what arrives and acknowledges what is asked for.
"""

from farwire_codecs import acknowledgement, alarm, batch, configuration, ports
from farwire_codecs.configuration import Setting
from farwire_codecs.schema import Channel
from farwire_node.aes import PureAes
from farwire_node.lorawan import frames, join, regions
from farwire_node.lorawan.mac import Mac
from farwire_node.node import Node
from farwire_node.node_events import AlarmSent, FrameSent, Sampled
from farwire_node.sensors.sensor import Sensor
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import MemoryStorage

KEY = bytes(range(16))
DEV_ADDR = 0x26011234
SETTINGS = (
    Setting(configuration.SAMPLING_INTERVAL_S, None, 60),
    Setting(configuration.REPORTING_INTERVAL_S, None, 600),
    Setting(configuration.HIGH, 1, 202),
    Setting(configuration.HYSTERESIS, 1, 3),
)
# LPP types and start values of as many sensors as a board may have.
KINDS = (
    (103, 200), (104, 90), (115, 10132), (116, 370), (117, 1200), (120, 50), (128, 900), (130, 1500),
)  # fmt: skip


class Dice:
    """Numbers without a pattern that matters."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, n: int) -> int:
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return (self.state >> 8) % n


class Wandering(Sensor):
    """One channel that wanders around its start."""

    def __init__(self, number: int, type_id: int, start: int, dice: Dice) -> None:
        self.channels = (Channel(number, type_id),)
        self.start = self.value = start
        self.dice = dice

    def read(self, now_ms: int) -> tuple[tuple[int, ...] | None, ...]:
        self.value += self.dice.below(5) - 2 + (self.start - self.value) // 8
        return ((self.value,),)


class Network:
    """The network server and the cloud of one device; `loss` in percent, both ways."""

    def __init__(self, dice: Dice, loss: int, rx2_dr: int) -> None:
        self.dice = dice
        self.loss = loss
        self.rx2_dr = rx2_dr
        self.crypto = PureAes()
        self.keys = (b"", b"")
        self.f_cnt_down = 0
        self.joins = 0
        self.records: dict[int, tuple[object, ...]] = {}
        self.alarms: dict[int, int] = {}
        self.schemas: dict[int, object] = {}  # by their ids
        self.frames = 0
        self.downlinks = 0
        self.base_for = None  # as batch.decode wants it

    def answer(self, phy: bytes, heard_ms: int) -> bytes | None:
        """Take an uplink; return the downlink for its first window."""
        if self.dice.below(100) < self.loss:
            return None
        if frames.frame_type(phy) == frames.JOIN_REQUEST:
            return self._accept(phy)
        frame = frames.decode_data(phy, self.keys[0], self.keys[1], frames.header(phy).f_cnt16, self.crypto)
        self.frames += 1
        if not self._take(frame.port, frame.payload, heard_ms):
            return None
        down = frames.DataFrame(
            False, False, DEV_ADDR, True, False, False, False, self.f_cnt_down, b"", ports.ACKNOWLEDGEMENT,
            acknowledgement.encode(self._stored(), 51),
        )  # fmt: skip
        self.f_cnt_down += 1
        self.downlinks += 1
        if self.dice.below(100) < self.loss:
            return None
        return frames.encode_data(down, self.keys[0], self.keys[1], self.crypto)

    def _accept(self, phy: bytes) -> bytes:
        request = join.decode_join_request(phy, KEY, self.crypto)
        self.joins += 1
        self.f_cnt_down = 0
        self.keys = join.session_keys(KEY, self.joins, 0x13, request.dev_nonce, self.crypto)
        accept = join.JoinAccept(self.joins, 0x13, DEV_ADDR, 0, self.rx2_dr, 1, b"")
        return join.encode_join_accept(accept, KEY, self.crypto)

    def _take(self, port: int, payload: bytes, heard_ms: int) -> bool:
        """Keep what a frame carries; return whether to acknowledge."""
        if port == ports.ALARM:
            for item in alarm.decode(payload):
                self.alarms[item.number] = heard_ms - item.age_ms
            return True
        if port != ports.HISTORY:
            return False
        message = batch.decode(payload, self.schemas.get, self.base_for)
        self.schemas[message.schema.schema_id] = message.schema
        for record in message.records:
            self.records[record.number] = (heard_ms - record.age_ms, record.values)
        return bool(message.acknowledgement_wanted or self._stored().stored_above)

    def _stored(self) -> acknowledgement.Acknowledgement:
        through = 0
        while through + 1 in self.records:
            through += 1
        bitmap = bytearray(len(self.records) // 8 + 8)
        for number in self.records:
            at = number - through - 2
            if 0 <= at < 8 * len(bitmap):
                bitmap[at // 8] |= 1 << at % 8
        while bitmap and not bitmap[-1]:
            bitmap = bitmap[:-1]
        alarms = 0
        while alarms + 1 in self.alarms:
            alarms += 1
        return acknowledgement.Acknowledgement(through, bytes(bitmap), alarms, False, False)


class Board:
    """The driver: a clock that jumps to the next thing that happens."""

    def __init__(
        self,
        region: "str | regions.Region",
        dr: int,
        loss: int,
        capacity: int,
        seed: int,
        settings: "tuple[Setting, ...]" = SETTINGS,
        sensors: int = 4,
    ) -> None:
        dice = Dice(seed)
        kinds = enumerate(KINDS[:sensors], 1)
        self.sensors = tuple([Wandering(number, kind[0], kind[1], dice) for number, kind in kinds])
        self.storage = MemoryStorage()
        self.region = regions.by_name(region) if isinstance(region, str) else region
        self.mac = Mac(self.region, 1, 2, KEY, PureAes(), self.storage, dice.below, dr)
        self.node = Node(1, self.sensors, (), self.mac, self.storage, dice.below, settings, capacity)
        self.network = Network(Dice(seed + 1), loss, self.region.rx2_dr)
        self.now_ms = 0
        self.sampled = 0
        self.truth: dict[int, tuple[object, ...]] = {}
        self.keep_truth = True
        self.sent: list[AlarmSent | FrameSent] = []
        self.radio: tuple[int, object] | None = None  # when the radio is done, and with what
        self.uplink: bytes | None = None
        self.downlink: bytes | None = None

    def advance(self, for_ms: int) -> None:
        """Let time go by."""
        end_ms = self.now_ms + for_ms
        while self.now_ms < end_ms:
            self.turn(end_ms)
            self.turn_of_the_network()

    def turn(self, end_ms: int) -> None:
        """Poll once, and go to what happens next, at most to `end_ms`."""
        step = self.node.poll(self.now_ms)
        self._note_events()
        if not isinstance(step, Sleep):
            self._do(step)
            return
        until_ms = min(end_ms, max(step.until_ms, self.now_ms + 1))
        if self.radio is None or until_ms < self.radio[0]:
            self.now_ms = until_ms
        else:
            self._radio_done()

    def turn_of_the_network(self) -> None:
        """Have the network answer the frame that just left the air, if one did."""
        if self.uplink is not None:
            self.downlink = self.network.answer(self.uplink, self.now_ms)
            self.uplink = None

    def _note_events(self) -> None:
        for event in self.node.events():
            if isinstance(event, (AlarmSent, FrameSent)) and self.keep_truth:
                self.sent.append(event)
            if isinstance(event, Sampled):
                self.sampled += 1
                if self.keep_truth:
                    self.truth[event.record.number] = (1000 * event.record.time_s, event.record.values)

    def _do(self, step: Transmit | Listen) -> None:
        assert self.radio is None, "the radio is at work"
        if isinstance(step, Transmit):
            self.radio = (self.now_ms + step.airtime_ms, step.frame)
        else:
            self.radio = (step.until_ms, None)

    def _radio_done(self) -> None:
        assert self.radio is not None
        self.now_ms, frame = self.radio
        self.radio = None
        if isinstance(frame, bytes):
            self.uplink = frame
            self.node.on_tx_done(self.now_ms)
        elif self.downlink is not None:
            frame, self.downlink = self.downlink, None
            self.node.on_frame(frame, -90, 7, self.now_ms)
        else:
            self.node.on_listen_end(self.now_ms)


def check(board: Board) -> None:
    """Everything sampled is in the cloud, exactly."""
    assert board.node.pending() == 0, board.node.pending()
    assert len(board.truth) == len(board.network.records) == board.sampled
    for number, (time_ms, values) in board.truth.items():
        stored_ms, stored_values = board.network.records[number]
        assert stored_values == values, number
        # Where no record can be left out, two lengths may lead to each other: five symbols of SF12 apart.
        assert abs(stored_ms - time_ms) <= 63 + 164, (number, stored_ms, time_ms)
