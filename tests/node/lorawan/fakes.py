"""A network of one device in memory, and a driver that runs the MAC against it on an integer clock."""

import random
from dataclasses import dataclass, field
from typing import Any

from farwire_node.aes_host import HostAes
from farwire_node.errors import FrameError
from farwire_node.lorawan import frames, join, regions
from farwire_node.lorawan.airtime import airtime_ms, symbol_us
from farwire_node.lorawan.frames import DataFrame
from farwire_node.lorawan.mac import Mac
from farwire_node.lorawan.regions import EU868, Region
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import MemoryStorage, Storage

DEV_EUI = 0x70B3D57ED0000001
JOIN_EUI = 0x70B3D57ED0000000
APP_KEY = bytes(range(16))
CRYPTO = HostAes()

PREAMBLE_SYMBOLS_NEEDED = 5


@dataclass
class Down:
    """What the network wants to say after an uplink; `window` 1 or 2, `raw` overrides everything else."""

    payload: bytes = b""
    port: int | None = None
    confirmed: bool = False
    ack: bool = False
    f_pending: bool = False
    f_opts: bytes = b""
    window: int = 1
    dev_addr: int | None = None
    f_cnt: int | None = None
    raw: bytes | None = None


@dataclass
class OnAir:
    """A downlink on its way: when it starts, how it is modulated, what it is."""

    start_ms: int
    freq_hz: int
    sf: int
    bw_hz: int
    frame: bytes

    @property
    def end_ms(self) -> int:
        """When it is received whole."""
        return self.start_ms + airtime_ms(len(self.frame), self.sf, self.bw_hz, False)


@dataclass
class Network:
    """Knows one device, checks as a network server does, and answers when told to."""

    region: Region = EU868
    app_key: bytes = APP_KEY
    cf_list: bytes = b""
    rx1_delay_s: int = 1
    rx1_dr_offset: int = 0
    rx2_dr: int | None = None
    answers_joins: bool = True
    join_window: int = 1
    acks: bool = True  # confirmed uplinks are acknowledged
    queue: list[Down] = field(default_factory=list)  # one goes after each data uplink
    uplinks: list[DataFrame] = field(default_factory=list)  # the new ones, in clear
    copies: list[DataFrame] = field(default_factory=list)  # all of them
    requests: list[join.JoinRequest] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    sent: list[OnAir] = field(default_factory=list)
    keys: tuple[bytes, bytes] | None = None
    dev_addr: int = 0x26000000
    join_nonce: int = 0
    f_cnt_up: int = 0
    f_cnt_down: int = 0
    rx1_dr: int | None = None
    rx1_freq_hz: int | None = None
    rx2_freq_hz: int | None = None

    def hear(self, sent: Transmit, end_ms: int) -> OnAir | None:
        """Take an uplink; return the downlink that answers it."""
        down = self._answer(sent, end_ms)
        if down is not None:
            self.sent.append(down)
        return down

    def _answer(self, sent: Transmit, end_ms: int) -> OnAir | None:
        if frames.frame_type(sent.frame) == frames.JOIN_REQUEST:
            return self._on_join(sent, end_ms)
        try:
            head = frames.header(sent.frame)
            if self.keys is None or head.dev_addr != self.dev_addr:
                raise FrameError("unknown device")
            f_cnt = frames.whole_counter(head.f_cnt16, self.f_cnt_up)
            repeated = (self.f_cnt_up - 1) & 0xFFFF == head.f_cnt16 and self.f_cnt_up > 0
            frame = frames.decode_data(
                sent.frame, *self.keys, self.f_cnt_up - 1 if repeated else f_cnt, CRYPTO
            )
        except FrameError as error:
            self.refused.append(str(error))
            return None
        self.copies.append(frame)
        if not repeated:
            self.uplinks.append(frame)
            self.f_cnt_up = frame.f_cnt + 1
        down = self.queue.pop(0) if self.queue else None
        if down is None and frame.confirmed and self.acks:
            down = Down(ack=True)
        if down is None and frame.adr_ack_req:
            down = Down()
        return None if down is None else self._send(down, sent, end_ms)

    def _on_join(self, sent: Transmit, end_ms: int) -> OnAir | None:
        request = join.decode_join_request(sent.frame, self.app_key, CRYPTO)
        if request.dev_nonce in [earlier.dev_nonce for earlier in self.requests]:
            self.refused.append(f"DevNonce {request.dev_nonce} was used")
            return None
        self.requests.append(request)
        if not self.answers_joins:
            return None
        self.join_nonce += 1
        self.dev_addr += 1
        self.keys = join.session_keys(self.app_key, self.join_nonce, 0x13, request.dev_nonce, CRYPTO)
        self.f_cnt_up = self.f_cnt_down = 0
        rx2_dr = self.region.rx2_dr if self.rx2_dr is None else self.rx2_dr
        accept = join.JoinAccept(
            self.join_nonce,
            0x13,
            self.dev_addr,
            self.rx1_dr_offset,
            rx2_dr,
            self.rx1_delay_s,
            self.cf_list,
        )
        raw = join.encode_join_accept(accept, self.app_key, CRYPTO)
        return self._place(raw, sent, end_ms + 5_000, self.join_window, 0, self.region.rx2_dr)

    def seal(self, down: Down) -> bytes:
        """Return a downlink as it goes on air."""
        if down.raw is not None:
            return down.raw
        assert self.keys is not None
        if down.f_cnt is None:
            f_cnt = self.f_cnt_down
            self.f_cnt_down += 1
        else:
            f_cnt = down.f_cnt
        dev_addr = self.dev_addr if down.dev_addr is None else down.dev_addr
        frame = DataFrame(
            False,
            down.confirmed,
            dev_addr,
            True,
            False,
            down.ack,
            down.f_pending,
            f_cnt,
            down.f_opts,
            down.port,
            down.payload,
        )
        return frames.encode_data(frame, *self.keys, CRYPTO)

    def _send(self, down: Down, sent: Transmit, end_ms: int) -> OnAir:
        rx2_dr = self.region.rx2_dr if self.rx2_dr is None else self.rx2_dr
        start_ms = end_ms + 1000 * self.rx1_delay_s
        return self._place(self.seal(down), sent, start_ms, down.window, self.rx1_dr_offset, rx2_dr)

    def _place(self, raw: bytes, sent: Transmit, rx1_ms: int, which: int, offset: int, rx2_dr: int) -> OnAir:
        if which == 2:
            freq_hz = self.rx2_freq_hz or self.region.rx2_freq_hz
            return OnAir(rx1_ms + 1_000, freq_hz, *self.region.data_rates[rx2_dr], raw)
        dr = regions.data_rate_of(self.region, sent.sf, sent.bw_hz, True)
        assert dr is not None
        freq_hz, rx1_dr = regions.rx1(self.region, sent.freq_hz, dr, offset)
        return OnAir(rx1_ms, self.rx1_freq_hz or freq_hz, *self.region.data_rates[rx1_dr], raw)


class World:
    """Runs one MAC against one network. Lost frames are drawn from `seed`; time is an integer that we set."""

    def __init__(
        self,
        network: Network | None = None,
        storage: Storage | None = None,
        seed: int = 1,
        loss_up: float = 0.0,
        loss_down: float = 0.0,
        **options: Any,
    ) -> None:
        self.network = network or Network()
        self.storage = storage or MemoryStorage()
        self.now_ms = 1_000_000
        self.sent: list[tuple[int, Transmit]] = []  # start, what
        self.said: list[bytes] = []  # for a test to remember what the network sent
        self.listened: list[tuple[int, Listen]] = []
        self.events: list[tuple[Any, ...]] = []
        self.loss_up = loss_up
        self.loss_down = loss_down
        self._dice = random.Random(seed)
        self._options = {"senses_channel": True, **options}
        self._open: tuple[Listen, int] | None = None  # a Listen without an end, and its start
        self._coming: list[OnAir] = []
        self.mac = self.power_on()

    def power_on(self) -> Mac:
        """Start the program anew from what is in storage, as after a power cut."""
        self._coming = []
        self._open = None
        self.mac = Mac(
            self.network.region,
            DEV_EUI,
            JOIN_EUI,
            APP_KEY,
            CRYPTO,
            self.storage,
            self._dice.randrange,
            **self._options,
        )
        return self.mac

    def joined(self, within_ms: int = 3_600_000) -> "World":
        """Join; the world is returned so that a test can say it in one line."""
        self.mac.join(self.now_ms)
        end_ms = self.now_ms + within_ms
        while not self.mac.joined:
            assert self.now_ms < end_ms, "not joined in time"
            self.step()
        self.run_while_busy()
        self.take_events()
        return self

    def step(self, until_ms: int | None = None) -> None:
        """Do the next step, however long it takes; a Sleep ends at `until_ms` at the latest."""
        self._do(self.mac.poll(self.now_ms), until_ms)

    def _do(self, step: Transmit | Listen | Sleep, until_ms: int | None = None) -> None:
        if isinstance(step, Transmit):
            self._transmit(step)
        elif isinstance(step, Listen):
            self._listen(step)
        else:
            assert isinstance(step, Sleep)
            target_ms = max(step.until_ms, self.now_ms + 1)
            self._sleep(target_ms if until_ms is None else min(target_ms, max(until_ms, self.now_ms)))
        self.events += self.mac.events()

    def run(self, for_ms: int) -> None:
        """Let time go by, at least this long."""
        end_ms = self.now_ms + for_ms
        while self.now_ms < end_ms:
            self.step(end_ms)

    def run_while_busy(self) -> None:
        """Let the cycle under way end; what the radio is told to do then, it does."""
        step = self.mac.poll(self.now_ms)
        while self.mac.busy or not isinstance(step, Sleep):
            self._do(step)
            step = self.mac.poll(self.now_ms)
        self.events += self.mac.events()

    def send(
        self, payload: bytes = b"reading", port: int = 1, confirmed: bool = False, urgent: bool = False
    ) -> Any:
        """Send a frame and run its cycle to the end; return the answer of `send`."""
        answer = self.mac.send(port, payload, confirmed, urgent, self.now_ms)
        self.run_while_busy()
        return answer

    def say(self, down: Down, after_ms: int = 0) -> OnAir:
        """Have the network send a class C downlink, on what is RX2 now."""
        network = self.network
        rx2_dr = network.region.rx2_dr if network.rx2_dr is None else network.rx2_dr
        freq_hz = network.rx2_freq_hz or network.region.rx2_freq_hz
        modulation = network.region.data_rates[rx2_dr]
        on_air = OnAir(self.now_ms + after_ms, freq_hz, *modulation, network.seal(down))
        self._coming.append(on_air)
        return on_air

    @property
    def is_listening(self) -> bool:
        """Whether the radio has a Listen without an end open."""
        return self._open is not None

    def take_events(self) -> list[tuple[Any, ...]]:
        """Return the events so far and forget them."""
        events, self.events = self.events, []
        return events

    def _sleep(self, until_ms: int) -> None:
        """Let time go by, or as much of it as passes before a frame has come in on the open Listen."""
        heard = [down for down in self._coming if self._hears(down, until_ms)]
        if not heard:
            self.now_ms = until_ms
            return
        first = min(heard, key=lambda down: down.start_ms)
        self._coming.remove(first)
        self._open = None
        self.now_ms = first.end_ms
        self.mac.on_frame(first.frame, -90, 7, self.now_ms)

    def _hears(self, down: OnAir, until_ms: int) -> bool:
        if self._open is None or down.end_ms > until_ms:
            return False
        return (down.freq_hz, down.sf, down.bw_hz) == self._open[0][:3] and down.start_ms >= self._open[1]

    def _transmit(self, step: Transmit) -> None:
        self._open = None
        self.sent.append((self.now_ms, step))
        self.now_ms += step.airtime_ms
        if self._dice.random() >= self.loss_up:
            down = self.network.hear(step, self.now_ms)
            if down is not None and self._dice.random() >= self.loss_down:
                self._coming.append(down)
        self.mac.on_tx_done(self.now_ms)

    def _listen(self, step: Listen) -> None:
        self.listened.append((self.now_ms, step))
        self._open = None
        if step.until_ms is None:
            self._open = (step, self.now_ms)
            return
        for down in self._coming:
            if (down.freq_hz, down.sf, down.bw_hz) == step[:3] and self._locks(down, step):
                self._coming.remove(down)
                self.now_ms = down.end_ms
                self.mac.on_frame(down.frame, -90, 7, self.now_ms)
                return
        self.now_ms = step.until_ms
        self.mac.on_listen_end(self.now_ms)

    def _locks(self, down: OnAir, step: Listen) -> bool:
        """Tell whether enough of the preamble falls into the window."""
        preamble_end_ms = down.start_ms + 8 * symbol_us(down.sf, down.bw_hz) / 1000
        heard_ms = min(preamble_end_ms, step.until_ms) - max(down.start_ms, self.now_ms)
        return heard_ms >= PREAMBLE_SYMBOLS_NEEDED * symbol_us(down.sf, down.bw_hz) / 1000
