"""A MAC of LoRaWAN 1.0.4, class A and C, without a radio and without a clock: bytes and times in, steps out.

What a call means is in link.py. One turn of the radio is a Cycle (cycle.py); this module decides what goes
into the next one: a join-request, a frame of the node, one more copy of it (NbTrans), or a frame of its own
that carries what is owed to the network (owed.py). Specification: TS001-1.0.4, RP002-1.0.4.
"""

from farwire_node import link
from farwire_node.aes import Crypto
from farwire_node.errors import ConfigurationError
from farwire_node.lorawan import adr as back_off
from farwire_node.lorawan import cycle, downlinks, frames, mac_answers, mac_commands, robust
from farwire_node.lorawan.air import Air
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.class_c import Standby
from farwire_node.lorawan.joining import Joining
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.owed import Owed
from farwire_node.lorawan.persistence import Persistence
from farwire_node.lorawan.regions.region import Region
from farwire_node.lorawan.session import Session, personalized
from farwire_node.lorawan.size_doubt import SizeDoubt
from farwire_node.lorawan.uplink import Uplink
from farwire_node.steps import Listen, Sleep, Transmit
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# A further copy that the airtime does not allow within this time is given up: the node's next frame says
# more than an old one, and its records carry their age as of the first copy.
_COPY_PATIENCE_MS = 30_000

_IDLE_MS = 3_600_000
_LAST_PORT = 223  # of an application (TS001 §4.3.2)


class Mac(link.Link):
    """One device on one network.

    EUIs are integers, `app_key` 16 bytes. `initial_dr`: data rate after a join (None: the one that the join
    succeeded with). `reserve_percent`: share of each sub-band's hour that only urgent frames may use.
    `adr`: the network may choose data rate and power. `clock_error_ppm`: how much this clock and a gateway's
    may differ. `max_eirp_dbm`: what the board reaches, if less than the region allows. `join_spread_ms`: the
    first attempt to join comes at random within this time. `senses_channel`: the radio's driver listens
    before it sends, without which a region whose law asks for that (KR920) is a ConfigurationError.

    `counters` tells what was refused and why, for a device that seems deaf.
    """

    def __init__(
        self,
        region: Region,
        dev_eui: int,
        join_eui: int,
        app_key: bytes,
        crypto: Crypto,
        storage: Storage,
        random_below: "Callable[[int], int]",
        initial_dr: int | None = None,
        reserve_percent: int = 20,
        adr: bool = True,
        clock_error_ppm: int = 100,
        max_eirp_dbm: int | None = None,
        join_spread_ms: int = 5_000,
        senses_channel: bool = False,
    ) -> None:
        if initial_dr is not None and initial_dr not in region.up_drs:
            raise ConfigurationError(f"initial_dr is {initial_dr}, expected one of {region.up_drs}")
        if not 0 <= reserve_percent < 100:
            raise ConfigurationError(f"reserve_percent is {reserve_percent}, expected 0..99")
        if region.listen_before_talk and not senses_channel:
            raise ConfigurationError(f"{region.name} wants a radio that senses the channel before it sends")
        self._region = region
        self._crypto = crypto
        self._random_below = random_below
        self._initial_dr = initial_dr
        self._join_spread_ms = join_spread_ms
        self.counters = downlinks.none_refused()
        ledger = Ledger(region.sub_bands, reserve_percent)
        self._plan = ChannelPlan(region, ledger)
        self._device = mac_answers.Device(region, self._plan, adr)
        self._cycle = cycle.Cycle(clock_error_ppm)
        self._joining = Joining(region, dev_eui, join_eui, app_key, crypto, storage, random_below)
        self._persistence = Persistence(region, storage, self._plan, ledger)
        self._air = Air(region, self._plan, self._cycle, self._persistence, random_below, max_eirp_dbm)
        self._session = self._persistence.load_session()
        self._asking = False  # the cycle under way is a join-request's
        self._uplink: Uplink | None = None  # the frame whose copies are being sent
        self._free_ms = 0  # no new frame before (RETRANSMIT_TIMEOUT)
        self._owed = Owed(random_below)
        self._standby = Standby(region)
        self._doubt = SizeDoubt(region)
        self._events: list[tuple[object, ...]] = []
        self._sleep: Sleep | None = None  # holds until its time, unless something happens
        self._started = False
        self._joins = True

    # -- the node's side --

    def join(self, now_ms: int) -> None:
        """Start joining unless that is under way; a session that there was is given up."""
        if self._joining.wanted or self._joining.exhausted or not self._joins:
            return
        self._start(now_ms)
        if self._session is not None:
            self._give_up_session()
        self._joining.start(now_ms, self._join_spread_ms)
        self._sleep = None

    @property
    def joined(self) -> bool:
        """Whether there is a session."""
        return self._session is not None

    @property
    def busy(self) -> bool:
        """Whether the radio is in a cycle, or another copy of a frame is to come."""
        return self._cycle.phase != cycle.IDLE or self._uplink is not None

    @property
    def data_rate(self) -> int | None:
        """The present DR of uplinks, None while not joined."""
        return None if self._session is None else self._session.dr

    def personalize(self, dev_addr: int, nwk_s_key: bytes, app_s_key: bytes) -> None:
        """Be a device that never joins (ABP); a session that storage brought back keeps its counters."""
        self._joins = False
        keys = (dev_addr, nwk_s_key, app_s_key)
        if self._session is None or not self._session.has(*keys):
            self._plan.reset()
            self._session = personalized(self._region, self._plan, *keys, self._initial_dr)
            self._persistence.save_session(self._session, False)

    def set_class(self, device_class: str) -> None:
        """Be of class A or C from now on."""
        if device_class not in ("A", "C"):
            raise ConfigurationError(f"device_class is {device_class!r}, expected A or C")
        self._standby.wanted = device_class == "C"
        self._sleep = None

    def set_adr(self, on: bool) -> None:
        """Let the network choose rate and power; off: `initial_dr`, else the present rate, at full power."""
        if self._device.adr and not on and self._session is not None:
            back_off.choose(self._session, self._plan, self._region, self._initial_dr)
        self._device.adr = on
        self._sleep = None

    def set_battery(self, level: int) -> None:
        """Tell the level to report: 0 external power, 1 (empty) to 254 (full), 255 not known."""
        self._device.battery = level

    def request_link_check(self) -> None:
        """Ask with the next frame how well the network hears; LinkChecked answers."""
        self._owed.f_opts.request(mac_commands.encode(mac_commands.LinkCheckReq()))

    def request_time(self) -> bool:
        """Ask with the next frame for the network's time; TimeReceived answers."""
        self._owed.f_opts.request(mac_commands.encode(mac_commands.DeviceTimeReq()))
        return True

    def capacity(self, now_ms: int) -> int:
        """Return the largest payload at the present data rate beside what waits to be sent; 0: no session."""
        return 0 if self._session is None else self._limit() - len(self._waiting())

    def airtime_ms(self, size: int) -> int:
        """Return the airtime of `size` bytes together with what waits to be sent; 0: no session."""
        if self._session is None:
            return 0
        return self._air.length_ms(frames.OVERHEAD + len(self._waiting()) + size, self._session.dr)

    def urgent_airtime_ms(self, size: int, now_ms: int) -> int:
        """Return how long an urgent frame with `size` bytes is on air if it is sent now (robust.py)."""
        assert self._session is not None
        self._start(now_ms)
        size += len(self._waiting())
        dr = robust.choose(self._session, self._air, self._doubt, size, now_ms)[0]
        return self._air.length_ms(frames.OVERHEAD + size, dr)

    @property
    def windows_ms(self) -> int:
        """How long after a frame an answer may last: the usual time, longer by what RX1 opens after 1 s."""
        later_s = 0 if self._session is None else self._session.rx1_delay_s - 1
        return link.USUAL_WINDOWS_MS + 1000 * later_s

    def earliest_ms(self, size: int, now_ms: int, urgent: bool) -> int | None:
        """Return when `size` bytes may start, as far as known now."""
        self._start(now_ms)
        if self._session is None or size > self.capacity(now_ms):
            return None
        radio_ms = self._radio_free_ms(now_ms, urgent)
        channels = self._plan.channels_at(self._session.dr)
        return self._air.legal_ms(self._session, channels, self.airtime_ms(size), radio_ms, urgent)

    def send(
        self, port: int, payload: bytes, confirmed: bool, urgent: bool, now_ms: int
    ) -> link.Sending | link.Refusal:
        """Take a frame for `port` 1..223 and start it with the next poll, or refuse it and change nothing."""
        if not 1 <= port <= _LAST_PORT:
            raise ConfigurationError(f"port is {port}, expected 1..{_LAST_PORT}")
        if self._session is None:
            return link.Refusal(link.NOT_JOINED, None)
        if len(payload) > self.capacity(now_ms):
            return link.Refusal(link.TOO_LONG, None)
        free_ms = self._radio_free_ms(now_ms, urgent)
        if free_ms > now_ms:
            return link.Refusal(link.BUSY, free_ms)
        earliest_ms = self.earliest_ms(len(payload), now_ms, urgent)
        if earliest_ms is None or earliest_ms > now_ms:
            return link.Refusal(link.AIRTIME, earliest_ms)
        cut_short = self._uplink
        if cut_short is not None:
            self._deliver(cut_short, False)
        self._begin(self._session, self._waiting(), port, payload, confirmed, urgent, now_ms)
        if cut_short is not None:
            self._note_silence()
        return link.Sending(self._cycle.tx_end_ms)

    def events(self) -> list[tuple[object, ...]]:
        """Return what happened since the last call, oldest first, and forget it."""
        events, self._events = self._events, []
        return events

    def suspend(self, now_ms: int) -> None:
        """Save session and airtime exactly, so that a restart skips no counter and waits for no airtime."""
        self._start(now_ms)
        if self._session is not None:
            self._persistence.save_session(self._session, True)
        self._persistence.save_airtime(True)

    # -- the radio's side --

    def poll(self, now_ms: int) -> Transmit | Listen | Sleep:
        """Return the next step. Cheap while nothing happens: the same Sleep until its time has come."""
        if self._sleep is not None and now_ms < self._sleep.until_ms:
            return self._sleep
        self._start(now_ms)
        while True:
            step = self._cycle.poll(now_ms)
            if step is None and self._cycle.phase == cycle.OVER:
                self._cycle.finish()
                self._on_silence(now_ms)
            elif step is None:
                wait_ms = self._next_turn(now_ms)
                step = None if wait_ms is None else Sleep(wait_ms)
            if isinstance(step, Sleep):
                listen = self._standby.step(self._cycle, self._session, now_ms)
                self._sleep = step if listen is None else None
                return listen or step
            if step is not None:
                self._standby.ended()
                self._sleep = None
                return step

    def on_tx_done(self, now_ms: int) -> None:
        """Take the moment at which the last Transmit left the air."""
        self._cycle.on_tx_done(now_ms)
        self._sleep = None

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """Judge what came: the answer ends the cycle; it goes on after anything else."""
        self._sleep = None
        listening = self._cycle.phase == cycle.LISTENING
        if not listening and not self._standby.is_open:
            self.counters[downlinks.OUTSIDE_WINDOW] += 1
        elif listening and self._asking:
            self._on_join_accept(frame)
        elif self._session is not None:
            answers = listening and self._standby.is_answer(self._cycle, self._session, frame, now_ms)
            self._on_downlink(self._session, frame, answers, snr_db, now_ms)
        self._standby.ended()
        self._cycle.resume(now_ms)

    def on_listen_end(self, now_ms: int) -> None:
        """Learn that the last Listen ended without a frame."""
        self._standby.ended()
        self._cycle.next_window()
        self._sleep = None

    # -- the next turn: each returns when to look again, None where something was started or ended --

    def _next_turn(self, now_ms: int) -> int | None:
        session = self._session
        if self._joining.wanted:
            return self._next_attempt(now_ms)
        if session is None:
            return now_ms + _IDLE_MS
        if self._uplink is not None and self._owed.by_ms is None:
            return self._next_copy(session, self._uplink, now_ms)
        if self._joins and session.silent_uplinks >= back_off.REJOIN_AFTER:
            self.join(now_ms)
            return now_ms + _IDLE_MS if self._session is not None else None
        if self._owed.own_ms is not None:
            return self._own_frame(session, now_ms)
        return now_ms + _IDLE_MS

    def _next_copy(self, session: Session, uplink: Uplink, now_ms: int) -> int | None:
        """Send one more copy; one that must wait too long is given up."""
        if now_ms < uplink.next_copy_ms:
            return uplink.next_copy_ms
        legal_ms = self._air.legal_ms(session, uplink.channels, uplink.airtime_ms, now_ms, uplink.urgent)
        if legal_ms is None or legal_ms > uplink.give_up_ms:
            self._deliver(uplink, False)
            self._note_silence()
            return None
        if legal_ms > now_ms:
            uplink.next_copy_ms = legal_ms
            return legal_ms
        self._transmit_copy(session, uplink, now_ms)
        return None

    def _next_attempt(self, now_ms: int) -> int | None:
        """Send a join-request."""
        joining = self._joining
        earliest_ms = joining.earliest_ms(self._plan, now_ms)
        if earliest_ms is None or earliest_ms > now_ms:
            return now_ms + _IDLE_MS if earliest_ms is None else earliest_ms
        self._asking = True
        self._air.transmit(joining.request(now_ms), joining.reception, 0, False, now_ms)
        return None

    def _own_frame(self, session: Session, now_ms: int) -> int | None:
        """Send a frame of our own. A class C answer cuts copies short and may take the reserve."""
        owed = self._owed
        if self._uplink is not None:
            self._deliver(self._uplink, False)
            self._note_silence()
        assert owed.own_ms is not None
        f_opts, port, payload = owed.own_content(self._limit())
        size = frames.OVERHEAD - int(port is None) + len(f_opts) + len(payload)
        urgent = owed.by_ms is not None
        earliest_ms = max(now_ms, owed.own_ms, self._free_ms)
        length_ms = self._air.length_ms(size, session.dr)
        channels = self._plan.channels_at(session.dr)
        legal_ms = self._air.legal_ms(session, channels, length_ms, earliest_ms, urgent)
        if legal_ms is None or (owed.by_ms is not None and legal_ms > owed.by_ms):
            owed.drop_own()  # what is owed rides the node's next frame
        elif legal_ms > now_ms:
            return legal_ms
        else:
            self._begin(session, f_opts, port, payload, False, urgent, now_ms)
        return None

    def _begin(
        self,
        session: Session,
        f_opts: bytes,
        port: int | None,
        payload: bytes,
        confirmed: bool,
        urgent: bool,
        now_ms: int,
    ) -> None:
        """Build the next frame and start its first copy; the caller knows that it is legal."""
        if session.f_cnt_up >= session.f_cnt_up_reserved:
            self._persistence.save_session(session, False)
        dr, channels, tx_power = session.dr, self._plan.channels_at(session.dr), session.tx_power
        if urgent and port:
            size = len(f_opts) + len(payload)
            dr, channels, tx_power = robust.choose(session, self._air, self._doubt, size, now_ms)
        # The network must not judge its choice by a frame with other settings (TS001 §4.3.1.1).
        adr = self._device.adr and (dr, tx_power) == (session.dr, session.tx_power)
        wants_answer = adr and back_off.wants_answer(session.silent_uplinks)
        phy = session.sealed(
            self._crypto, confirmed, adr, wants_answer, self._owed.ack, f_opts, port, payload
        )
        commands = f_opts if port else f_opts + payload
        asks_time = mac_commands.DeviceTimeReq() in mac_commands.decode(commands, True)
        self._owed.sent(len(commands), now_ms)
        copies, length_ms = session.nb_trans, self._air.length_ms(len(phy), dr)
        self._uplink = Uplink(
            phy, dr, channels, tx_power, length_ms, confirmed, urgent, not port, copies, asks_time
        )
        self._transmit_copy(session, self._uplink, now_ms)

    def _transmit_copy(self, session: Session, uplink: Uplink, now_ms: int) -> None:
        self._asking = False
        uplink.copies_left -= 1
        self._air.transmit(uplink, session.reception, session.max_duty_cycle, self._standby.wanted, now_ms)
        self._sleep = None

    # -- what came of a turn --

    def _on_silence(self, now_ms: int) -> None:
        """Both windows went by."""
        uplink = self._uplink
        if self._asking:
            self._asking = False
            if self._joining.wanted:
                self._events.append(link.JoinFailed(self._joining.failed(self._plan, now_ms)))
            return
        if uplink is None:
            return
        pause_ms = uplink.pause_ms(self._random_below)
        if uplink.confirmed:
            self._free_ms = now_ms + pause_ms
        if uplink.copies_left:
            uplink.next_copy_ms = now_ms + pause_ms
            uplink.give_up_ms = now_ms + _COPY_PATIENCE_MS
            return
        self._deliver(uplink, False)
        self._note_silence()

    def _deliver(self, uplink: Uplink, acknowledged: bool) -> None:
        """Send no further copy."""
        self._uplink = None
        if self._session is not None:
            self._doubt.note(self._session, uplink, acknowledged)
        if not uplink.own:
            self._events.append(link.Delivered(acknowledged if uplink.confirmed else None))

    def _note_silence(self) -> None:
        """Count a frame that brought no downlink, and act on it for the frames to come."""
        if self._session is not None:
            self._session.silent_uplinks += 1
            if self._device.adr:
                back_off.relax(self._session, self._plan, self._region)

    def _on_join_accept(self, phy: bytes) -> None:
        session = self._joining.session_of(phy, self._plan, self._initial_dr, self.counters)
        if session is None:
            return
        self._cycle.finish()
        self._session = session
        self._persistence.save_session(session, False)
        self._events.append(link.Joined(session.dev_addr))

    def _on_downlink(self, session: Session, phy: bytes, answers: bool, snr_db: int, now_ms: int) -> None:
        """Take a frame for us. `answers`: it came in a window of class A and ends the cycle."""
        frame, why_not = downlinks.opened(session, phy, self._crypto)
        if frame is None:
            self.counters[why_not] += 1
            return
        session.f_cnt_down = frame.f_cnt + 1
        if answers:
            self._on_answer(session, frame, snr_db, now_ms)
        else:
            # No commands, no sign that uplinks arrive: TS001 §8.1 keeps both to class A.
            self.counters[downlinks.COMMANDS_IN_CLASS_C] += int(bool(frame.f_opts) or frame.port == 0)
            if frame.confirmed:
                self._owed.want_answer(now_ms)
        self._persistence.save_session(session, False)
        if frame.port:
            self._events.append(link.Received(frame.port, frame.payload))

    def _on_answer(self, session: Session, frame: frames.DataFrame, snr_db: int, now_ms: int) -> None:
        """Take a class A downlink."""
        self._cycle.finish()
        session.silent_uplinks = 0
        self._free_ms = 0
        owed = self._owed
        owed.ack = owed.ack or frame.confirmed  # one of class C may still be unanswered
        commands = mac_commands.decode(frame.f_opts if frame.port else frame.f_opts + frame.payload, False)
        owed.f_opts.set_answers(mac_answers.answers(self._device, session, commands, snr_db))
        uplink = self._uplink
        if uplink is not None:
            self._deliver(uplink, frame.ack)
        time_at_ms = self._cycle.tx_end_ms if uplink is not None and uplink.asks_time else None
        self._events.extend(mac_answers.told(commands, time_at_ms))
        if frame.confirmed or frame.f_pending or owed.crowds(self._limit()):
            owed.want_own(now_ms)

    # -- helpers --

    def _start(self, now_ms: int) -> None:
        """Take over the airtime of an earlier life, as soon as there is a clock to date it by."""
        if self._started:
            return
        self._started = True
        self._persistence.load_airtime(now_ms)
        if self._joining.has_history:
            self._plan.rest_all(now_ms)

    def _give_up_session(self) -> None:
        """Forget the session, in storage too: a network that hears the join-request forgets it as well."""
        if self._uplink is not None:
            self._deliver(self._uplink, False)
        self._session = None
        self._persistence.forget_session()
        self._plan.reset()
        self._owed.clear()
        self._free_ms = 0

    def _radio_free_ms(self, now_ms: int, urgent: bool) -> int:
        """Return when a new frame may start, were it for the radio alone."""
        if self._cycle.phase != cycle.IDLE:
            return self._cycle.ends_ms(now_ms)
        if self._uplink is not None and not urgent:
            return max(now_ms + 1, self._uplink.next_copy_ms + self._uplink.airtime_ms)
        return max(now_ms, self._free_ms)

    def _waiting(self) -> bytes:
        """Return the FOpts of the next frame."""
        return self._owed.f_opts.fitting(self._limit())

    def _limit(self) -> int:
        """Return the bytes that FOpts and payload may have together."""
        assert self._session is not None
        return self._doubt.limit(self._session, self._plan, self._session.dr)
