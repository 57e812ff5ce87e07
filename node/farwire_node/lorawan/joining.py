"""Joining a network over the air: nonces that are never used twice, and attempts that spare the air.

DevNonce counts up from 0 and is in storage before it is on air; JoinNonce must grow (TS001-1.0.4 §6.2).
"""

import struct

from farwire_node.aes import Crypto
from farwire_node.errors import FrameError, MicError
from farwire_node.lorawan.airtime import airtime_ms
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.downlinks import MALFORMED, WRONG_MIC
from farwire_node.lorawan.join import (
    REQUEST_SIZE,
    JoinAccept,
    JoinRequest,
    decode_join_accept,
    encode_join_request,
    session_keys,
)
from farwire_node.lorawan.join_backoff import JoinBackoff
from farwire_node.lorawan.join_plan import JoinPlan
from farwire_node.lorawan.regions.region import JOIN_ACCEPT_DELAY1_MS, Region
from farwire_node.lorawan.session import Session
from farwire_node.lorawan.uplink import Uplink
from farwire_node.lorawan.windows import Reception
from farwire_node.storage import Storage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NONCES_KEY = "lorawan_nonces"
_STORED = "<II"  # next DevNonce, lowest JoinNonce still accepted
_DEV_NONCES = 1 << 16

# Where storage lost the count, go on well above what a device in the field has used, not at 0.
_LOST_COUNT_FROM = 1_024


class Joining:
    """The device's identity, and the attempt that is next."""

    def __init__(
        self,
        region: Region,
        dev_eui: int,
        join_eui: int,
        app_key: bytes,
        crypto: Crypto,
        storage: Storage,
        random_below: "Callable[[int], int]",
    ) -> None:
        self._region = region
        self._dev_eui = dev_eui
        self._join_eui = join_eui
        self._app_key = app_key
        self._crypto = crypto
        self._storage = storage
        self._random_below = random_below
        self._plan = JoinPlan(region, random_below)
        self._backoff: JoinBackoff | None = None
        self._next_ms = 0
        self.dr = 0  # of the next attempt, or of the one under way
        self.channels: tuple[int, ...] = ()
        self.has_history = False  # storage knows of an earlier life of this device
        self._next_dev_nonce = self._next_join_nonce = 0
        self._load()

    @property
    def wanted(self) -> bool:
        """Whether joining is under way."""
        return self._backoff is not None

    @property
    def airtime_ms(self) -> int:
        """How long the attempt is on air."""
        sf, bw_hz = self._region.data_rates[self.dr]
        return airtime_ms(REQUEST_SIZE, sf, bw_hz)

    @property
    def reception(self) -> Reception:
        """Where the join-accept comes."""
        return Reception(JOIN_ACCEPT_DELAY1_MS, 0, self._region.rx2_freq_hz, self._region.rx2_dr)

    @property
    def exhausted(self) -> bool:
        """Whether every DevNonce was used; such a device needs new keys."""
        return self._next_dev_nonce >= _DEV_NONCES

    def start(self, now_ms: int, spread_ms: int) -> None:
        """Want to join from now on; the first attempt comes at random within `spread_ms`."""
        self._next_ms = now_ms + self._random_below(spread_ms + 1)
        self._backoff = JoinBackoff(self._next_ms)
        self._draw()

    def earliest_ms(self, plan: ChannelPlan, now_ms: int) -> int | None:
        """Return when the attempt may start, `now_ms` if at once, None if never."""
        if self.exhausted:
            return None
        assert self._backoff is not None
        next_ms = self._backoff.earliest_ms(self.airtime_ms, max(now_ms, self._next_ms))
        return plan.earliest_ms(self.channels, self.airtime_ms, next_ms, False)

    def request(self, now_ms: int) -> Uplink:
        """Return the join-request that starts now; its nonce is used up for good."""
        assert self._backoff is not None
        dev_nonce = self._next_dev_nonce
        self._next_dev_nonce += 1
        self._save()
        self._backoff.charge(self.airtime_ms, now_ms)
        request = JoinRequest(self._join_eui, self._dev_eui, dev_nonce)
        phy = encode_join_request(request, self._app_key, self._crypto)
        return Uplink(phy, self.dr, self.channels, 0, self.airtime_ms, False, False, True, 1, False)

    def accept(self, phy: bytes) -> tuple[JoinAccept, bytes, bytes]:
        """Return (accept, NwkSKey, AppSKey) and stop wanting; FrameError for what is no answer to us."""
        accept = decode_join_accept(phy, self._app_key, self._crypto)
        if accept.join_nonce < self._next_join_nonce:
            raise FrameError(
                f"JoinNonce is {accept.join_nonce}, expected {self._next_join_nonce} or more: a replay"
            )
        self._next_join_nonce = accept.join_nonce + 1
        self._save()
        keys = session_keys(
            self._app_key, accept.join_nonce, accept.net_id, self._next_dev_nonce - 1, self._crypto
        )
        self._backoff = None
        return accept, keys[0], keys[1]

    def session_of(
        self, phy: bytes, plan: ChannelPlan, initial_dr: int | None, counters: dict[str, int]
    ) -> Session | None:
        """Return the session that a join-accept makes and set the plan to it; None if it is none of ours."""
        try:
            accept, nwk_s_key, app_s_key = self.accept(phy)
        except MicError:
            counters[WRONG_MIC] += 1
            return None
        except FrameError:
            counters[MALFORMED] += 1
            return None
        plan.reset()
        plan.apply_cf_list(accept.cf_list)
        session = Session(self._region, accept, nwk_s_key, app_s_key, self.dr)
        session.choose_rate(self._region, plan, (initial_dr, session.dr))
        return session

    def failed(self, plan: ChannelPlan, now_ms: int) -> int | None:
        """Plan the next attempt after one that nobody answered; return when it will be, None if never."""
        assert self._backoff is not None
        self._draw()
        self._next_ms = self._backoff.earliest_ms(self.airtime_ms, now_ms)
        self._next_ms += self._random_below(self._backoff.spread_ms(now_ms))
        return self.earliest_ms(plan, now_ms)

    def _draw(self) -> None:
        self.dr, self.channels = self._plan.next_attempt()

    def _load(self) -> None:
        stored = self._storage.load(NONCES_KEY)
        if stored is None:
            return
        self.has_history = True
        if len(stored) == struct.calcsize(_STORED):
            self._next_dev_nonce, self._next_join_nonce = struct.unpack(_STORED, stored)
        else:
            self._next_dev_nonce = _LOST_COUNT_FROM + self._random_below(_LOST_COUNT_FROM)

    def _save(self) -> None:
        self._storage.save(NONCES_KEY, struct.pack(_STORED, self._next_dev_nonce, self._next_join_nonce))
