"""Which channels and data rates a device may use, and on which channel the next frame goes.

Starts from the region's own channels and limits; the network adds, masks and shifts channels (RP002-1.0.4
§2.x.4-7), and sets dwell times and power where the region lets it. A channel is known by its index.
Frequencies in Hz, times in ms.
"""

import struct

from farwire_node.errors import StorageError
from farwire_node.lorawan import cf_list, channel_masks, regions
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.regions.region import EIRP_OVER_ERP_DB, Channel, Region

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# mask, count of added channels, count of RX1 frequencies, dwell times (1 uplink, 2 downlink), EIRP
_STORED_HEAD = "<12sBBBB"
_STORED_CHANNEL = "<BIBB"
_STORED_RX1 = "<BI"


class ChannelPlan:
    """Channels of one device with their mask, and the order in which they take turns."""

    def __init__(self, region: Region, ledger: Ledger) -> None:
        self._region = region
        self._ledger = ledger
        self.mask = 0
        self.uplink_dwell = self.downlink_dwell = False
        self.eirp_dbm = 0  # MaxEIRP: what TXPower 0 is
        self._channels: list[Channel | None] = []
        self._bands: list[int | None] = []  # sub-band of each channel
        self._rx1_freqs_hz: dict[int, int] = {}
        self._taken = 0  # mask of the channels that had their turn
        self._urgent: int | None = None  # the channel of the last urgent frame
        self._rests_until_ms: dict[int, int] = {}
        self._all_rest_until_ms = 0
        self._at_dr: dict[int, tuple[int, ...]] = {}  # what channels_at found; emptied by every change
        self.reset()

    def reset(self) -> None:
        """Go back to the region's own channels, all on, and to its own limits."""
        region = self._region
        self.uplink_dwell = region.dwell_at_boot
        self.downlink_dwell = False
        self.eirp_dbm = region.max_eirp_dbm
        self._channels = list(region.channels) + [None] * (region.max_channels - len(region.channels))
        self._bands = [None if channel is None else self._band_of(channel) for channel in self._channels]
        self._rx1_freqs_hz = {}
        self.mask = (1 << len(region.channels)) - 1
        self._changed()

    def enable_defaults(self) -> None:
        """Turn the region's own channels on beside what is on already."""
        self.mask |= (1 << len(self._region.channels)) - 1
        self._changed()

    # -- what the network asks for --

    def apply_cf_list(self, raw: bytes) -> None:
        """Take the channels of a join-accept; a CFList of a type that is not the region's changes nothing."""
        if not raw or raw[-1] != self._region.cf_list_kind:
            return
        kind, values = cf_list.decode(raw)
        if kind == cf_list.MASKS:
            mask = 0
            for index, part in enumerate(values):
                mask |= part << 16 * index
            self.set_mask(mask & (1 << self._region.max_channels) - 1 or self.mask)
            return
        first = len(self._region.channels)
        for index, freq_hz in enumerate(values):
            channel = Channel(freq_hz, 0, 5)  # DR0 to DR5, RP002-1.0.4 §2.4.4
            if freq_hz and self.fits(channel):
                self.define(first + index, channel)

    def masked(self, mask: int, ch_mask: int, ch_mask_cntl: int) -> int | None:
        """Return `mask` as a LinkADRReq changes it, None if it may not."""
        return channel_masks.masked(self._region, self.defined(), mask, ch_mask, ch_mask_cntl)

    def set_tx_params(self, uplink_dwell: bool, downlink_dwell: bool, eirp_dbm: int) -> None:
        """Keep the dwell time or not, and send at most this (TxParamSetupReq).

        What a country allows beyond the region's own EIRP is in no table: more than that is not sent.
        """
        self.uplink_dwell = uplink_dwell
        self.downlink_dwell = downlink_dwell
        self.eirp_dbm = min(eirp_dbm, self._region.max_eirp_dbm)
        self._changed()

    def set_mask(self, mask: int) -> None:
        """Leave exactly the channels of `mask` on."""
        self.mask = mask
        self._changed()

    def supports(self, dr: int, mask: int) -> bool:
        """Tell whether some channel of `mask` can carry uplinks at `dr`."""
        return self.is_rate(dr) and any(
            mask >> index & 1 and self._carries(index, dr) for index in range(len(self._channels))
        )

    def is_rate(self, dr: int) -> bool:
        """Tell whether uplinks may go at `dr`, as far as the dwell time is concerned."""
        return dr in self._region.up_drs and self.max_payload(dr) > 0

    def max_payload(self, dr: int) -> int:
        """Return the largest application payload at an uplink data rate, 0 if the dwell time forbids it."""
        return regions.max_payload(self._region, dr, self.uplink_dwell)

    def fits(self, channel: Channel) -> bool:
        """Tell whether an uplink channel lies in a part of the band that is open to it as a whole."""
        if not self._region.low_hz <= channel.freq_hz <= self._region.high_hz:
            return False
        if not self._region.sub_bands:
            return True
        return self._band_of(channel) is not None

    def is_rate_range(self, min_dr: int, max_dr: int) -> bool:
        """Tell whether every data rate from `min_dr` to `max_dr` is one that this radio sends."""
        return min_dr <= max_dr and all(dr in self._region.up_drs for dr in range(min_dr, max_dr + 1))

    def define(self, index: int, channel: Channel | None) -> None:
        """Put a channel at `index` and turn it on, or take the one there away."""
        self._channels[index] = channel
        self._bands[index] = None if channel is None else self._band_of(channel)
        self._rx1_freqs_hz.pop(index, 0)
        if channel is None:
            self.mask &= ~(1 << index)
        else:
            self.mask |= 1 << index
        self._changed()

    def defined(self) -> int:
        """Return the mask of all channels that have a frequency."""
        mask = 0
        for index, channel in enumerate(self._channels):
            if channel is not None:
                mask |= 1 << index
        return mask

    def exists(self, index: int) -> bool:
        """Tell whether there is a channel at `index`."""
        return index < len(self._channels) and self._channels[index] is not None

    def set_rx1_freq(self, index: int, freq_hz: int) -> None:
        """Listen on `freq_hz` in the first window after an uplink on this channel."""
        self._rx1_freqs_hz[index] = freq_hz

    # -- what the next frame uses --

    def freq_hz(self, index: int) -> int:
        """Return the uplink frequency of a channel that exists."""
        channel = self._channels[index]
        assert channel is not None
        return int(channel.freq_hz)

    def rx1(self, index: int, dr: int, offset: int) -> tuple[int, int]:
        """Return (frequency, DR) of the first window after an uplink on this channel."""
        freq_hz, rx1_dr = regions.rx1(self._region, self.freq_hz(index), dr, offset, self.downlink_dwell)
        return self._rx1_freqs_hz.get(index, freq_hz), rx1_dr

    def channels_at(self, dr: int) -> tuple[int, ...]:
        """Return the indexes of the channels that are on and carry `dr`."""
        found = self._at_dr.get(dr)
        if found is None:
            usable = range(len(self._channels)) if self.is_rate(dr) else ()
            found = tuple([i for i in usable if self.mask >> i & 1 and self._carries(i, dr)])
            self._at_dr[dr] = found
        return found

    def earliest_ms(self, indexes: tuple[int, ...], airtime_ms: int, now_ms: int, urgent: bool) -> int | None:
        """Return when a frame may start on one of these channels, None if never."""
        best_ms = None
        for index in indexes:
            free_ms = self._free_ms(index, airtime_ms, now_ms, urgent)
            if free_ms is None:
                continue
            if free_ms <= now_ms:
                return now_ms
            if best_ms is None or free_ms < best_ms:
                best_ms = free_ms
        return best_ms

    def legal(self, indexes: tuple[int, ...], airtime_ms: int, now_ms: int, urgent: bool) -> list[int]:
        """Return those of these channels on which a frame may start now."""
        legal = []
        for index in indexes:
            free_ms = self._free_ms(index, airtime_ms, now_ms, urgent)
            if free_ms is not None and free_ms <= now_ms:
                legal.append(index)
        return legal

    def sparing(self, dr: int, airtime_ms: int, copies: int, now_ms: int) -> tuple[int, ...]:
        """Return the channels on which an urgent frame may start now and spares the reserve."""
        sparing = []
        for index in self.legal(self.channels_at(dr), airtime_ms, now_ms, True):
            band = self._bands[index]
            if band is None or self._ledger.spares(band, copies * airtime_ms, now_ms):
                sparing.append(index)
        return tuple(sparing)

    def choose(
        self,
        indexes: tuple[int, ...],
        airtime_ms: int,
        now_ms: int,
        urgent: bool,
        random_below: "Callable[[int], int]",
    ) -> int | None:
        """Return one of these channels that is legal now, None if there is none.

        At random among those that have not had their turn; when all legal ones have, a new round begins
        (RP002-1.0.4 p. 28). An urgent frame leaves out the last one's channel: it may be a repetition.
        """
        legal = self.legal(indexes, airtime_ms, now_ms, urgent)
        if not legal:
            return None
        if urgent and len(legal) > 1 and self._urgent in legal:
            legal.remove(self._urgent)
        waiting = [index for index in legal if not self._taken >> index & 1]
        if not waiting:
            for index in legal:
                self._taken &= ~(1 << index)
            waiting = legal
        index = waiting[random_below(len(waiting))]
        if urgent:
            self._urgent = index
        return index

    def charge(self, index: int, airtime_ms: int, start_ms: int) -> None:
        """Book a frame that starts now on this channel."""
        self._taken |= 1 << index
        band = self._bands[index]
        if band is not None:
            self._ledger.charge(band, airtime_ms, start_ms)
        if self._must_rest(index):
            self._rests_until_ms[index] = start_ms + airtime_ms + self._region.channel_rest_ms

    def rest_all(self, now_ms: int) -> None:
        """Use no channel that must rest: what was sent before a restart is not known."""
        self._all_rest_until_ms = now_ms + self._region.channel_rest_ms

    def max_eirp_dbm(self, index: int) -> int:
        """Return the most that network and law allow on this channel."""
        band = self._bands[index]
        if band is None:
            return self.eirp_dbm
        return min(self.eirp_dbm, int(self._region.sub_bands[band].max_erp_dbm) + EIRP_OVER_ERP_DB)

    # -- over a restart --

    def saved(self) -> bytes:
        """Return what the network changed, for storage."""
        added = [
            (index, channel)
            for index, channel in enumerate(self._channels)
            if channel is not None and index >= len(self._region.channels)
        ]
        out = struct.pack(
            _STORED_HEAD,
            self.mask.to_bytes(12, "little"),
            len(added),
            len(self._rx1_freqs_hz),
            int(self.uplink_dwell) | int(self.downlink_dwell) << 1,
            self.eirp_dbm,
        )
        for index, channel in added:
            out += struct.pack(_STORED_CHANNEL, index, channel.freq_hz, channel.min_dr, channel.max_dr)
        for index, freq_hz in self._rx1_freqs_hz.items():
            out += struct.pack(_STORED_RX1, index, freq_hz)
        return out

    def restore(self, stored: bytes) -> None:
        """Take over what `saved` gave; StorageError if these are no such bytes for this region."""
        self.reset()
        head = struct.calcsize(_STORED_HEAD)
        if len(stored) < head:
            raise StorageError(f"stored channels have {len(stored)} bytes, expected at least {head}")
        mask, added, shifted, dwell, eirp_dbm = struct.unpack(_STORED_HEAD, stored[:head])
        one, other = struct.calcsize(_STORED_CHANNEL), struct.calcsize(_STORED_RX1)
        if len(stored) != head + added * one + shifted * other:
            raise StorageError(f"stored channels have {len(stored)} bytes for {added} channels")
        at = head
        for _ in range(added):
            index, freq_hz, min_dr, max_dr = struct.unpack(_STORED_CHANNEL, stored[at : at + one])
            channel = Channel(freq_hz, min_dr, max_dr)
            if index >= len(self._channels) or not (
                self.is_rate_range(min_dr, max_dr) and self.fits(channel)
            ):
                raise StorageError(f"stored channel {index} on {freq_hz} Hz is none of {self._region.name}")
            self.define(index, channel)
            at += one
        for _ in range(shifted):
            index, freq_hz = struct.unpack(_STORED_RX1, stored[at : at + other])
            self.set_rx1_freq(index, freq_hz)
            at += other
        if self._region.tx_param_setup:
            self.set_tx_params(bool(dwell & 1), bool(dwell & 2), eirp_dbm)
        self.set_mask(int.from_bytes(mask, "little") & self.defined())

    def _changed(self) -> None:
        self._at_dr = {}

    def _carries(self, index: int, dr: int) -> bool:
        channel = self._channels[index]
        return channel is not None and channel.min_dr <= dr <= channel.max_dr

    def _must_rest(self, index: int) -> bool:
        """Tell whether the channel is one of 125 kHz in a region with a dwell time."""
        channel = self._channels[index]
        return bool(
            self._region.channel_rest_ms
            and channel is not None
            and self._region.data_rates[channel.max_dr][1] == 125_000
        )

    def _band_of(self, channel: Channel) -> int | None:
        """Return the sub-band that holds the channel at its widest."""
        if not self._region.sub_bands:
            return None
        widest_hz = max([self._region.data_rates[dr][1] for dr in range(channel.min_dr, channel.max_dr + 1)])
        return regions.sub_band_of(self._region, channel.freq_hz, widest_hz)

    def _free_ms(self, index: int, airtime_ms: int, now_ms: int, urgent: bool) -> int | None:
        if self.uplink_dwell and airtime_ms > self._region.dwell_ms:
            return None
        band = self._bands[index]
        if band is not None:
            return self._ledger.earliest_ms(band, airtime_ms, now_ms, urgent)
        if self._must_rest(index):
            return max(now_ms, self._rests_until_ms.get(index, 0), self._all_rest_until_ms)
        return now_ms
