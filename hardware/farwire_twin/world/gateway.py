"""A gateway without radio, network and clock: copies of frames in, ChirpStack's `gw` messages out, and back.

Behaves as Semtech's packet forwarder does below ChirpStack: a free-running microsecond counter of 32 bits is
the uplink's context, a downlink is booked in a just-in-time queue or refused with the reason (sx1302_hal,
packet_forwarder/src/jitqueue.c). At most one item of a DownlinkFrame is sent. Times are virtual ms.
"""

import random
from collections import Counter
from collections.abc import Sequence

from chirpstack_api import gw

from farwire_node.lorawan.airtime import airtime_us
from farwire_twin.errors import TwinError
from farwire_twin.world.gateway_law import GatewayLaw
from farwire_twin.world.on_air import Copy, Signal
from farwire_twin.world.propagation import Place

# jitqueue.c: TX_START_DELAY 1500 us + TX_MARGIN_DELAY 1000 us + TX_JIT_DELAY 40000 us, and the queue's length
# and reach (JIT_QUEUE_MAX, TX_MAX_ADVANCE_DELAY).
LEAD_MS = 43
MARGIN_MS = 1
QUEUE_LENGTH = 32
REACH_MS = 512_000

COUNTER_BITS = 32
OK = gw.TxAckStatus.OK


class RefusedItemError(TwinError):
    """An item of a downlink that cannot be sent; `status` is the gw.TxAckStatus that says why."""

    def __init__(self, status: int) -> None:
        super().__init__(gw.TxAckStatus.Name(status))
        self.status = status


class Gateway:
    """State of one gateway: its queue of downlinks, its books of airtime, its statistics."""

    def __init__(self, gateway_id: str, place: Place, law: GatewayLaw, seed: int = 0) -> None:
        self.gateway_id = gateway_id
        self.place = place
        self._law = law
        self._random = random.Random(f"gateway {gateway_id} {seed}")
        # A concentrator's counter starts somewhere when it is powered.
        self._counter_offset_us = self._random.getrandbits(COUNTER_BITS)
        self._queue: list[Signal] = []
        self._received = self._commanded = self._emitted = 0
        self._tx_statuses: Counter[str] = Counter()
        self._tx_frequencies: Counter[int] = Counter()
        self._rx_frequencies: Counter[int] = Counter()

    def on_uplink(self, copy: Copy, now_ms: int, utc_ms: int) -> gw.UplinkFrame:
        """Return the message for a frame that ended now, at `utc_ms`."""
        signal = copy.signal
        self._received += 1
        self._rx_frequencies[signal.freq_hz] += 1
        frame = gw.UplinkFrame(phy_payload=signal.frame)
        frame.tx_info.frequency = signal.freq_hz
        lora = frame.tx_info.modulation.lora
        lora.bandwidth = signal.bw_hz
        lora.spreading_factor = signal.sf
        lora.code_rate = gw.CodeRate.CR_4_5
        rx_info = frame.rx_info
        rx_info.gateway_id = self.gateway_id
        rx_info.uplink_id = self._random.getrandbits(32)
        rx_info.gw_time.FromMilliseconds(utc_ms)
        rx_info.rssi = round(copy.rssi_dbm)
        rx_info.snr = round(copy.snr_db * 4) / 4  # the chip's register counts quarters of a dB
        rx_info.channel = self._law.uplink_channel(signal.freq_hz)
        rx_info.context = self._counter_us(now_ms).to_bytes(4, "big")
        rx_info.crc_status = gw.CRCStatus.CRC_OK
        return frame

    def on_downlink(self, frame: gw.DownlinkFrame, now_ms: int) -> tuple[gw.DownlinkTxAck, Signal | None]:
        """Book the first item that can be sent; returns the acknowledgement and what is to be sent when."""
        self._commanded += 1
        self._queue = [booked for booked in self._queue if booked.end_ms > now_ms]
        ack = gw.DownlinkTxAck(gateway_id=self.gateway_id, downlink_id=frame.downlink_id)
        emission = None
        for item in frame.items:
            status = gw.TxAckStatus.IGNORED
            if emission is None:
                try:
                    emission = self._book(item, now_ms)
                    status = OK
                except RefusedItemError as refusal:
                    status = refusal.status
            ack.items.add(status=status)
            self._tx_statuses[gw.TxAckStatus.Name(status)] += 1
        if emission is not None:
            self._emitted += 1
            self._tx_frequencies[emission.freq_hz] += 1
        return ack, emission

    def stats(self, utc_ms: int) -> gw.GatewayStats:
        """Return the statistics since the last call."""
        stats = gw.GatewayStats(
            gateway_id=self.gateway_id,
            rx_packets_received=self._received,
            rx_packets_received_ok=self._received,
            tx_packets_received=self._commanded,
            tx_packets_emitted=self._emitted,
            tx_packets_per_frequency=self._tx_frequencies,
            rx_packets_per_frequency=self._rx_frequencies,
            tx_packets_per_status=self._tx_statuses,
        )
        stats.time.FromMilliseconds(utc_ms)
        self._received = self._commanded = self._emitted = 0
        for counter in (self._tx_statuses, self._tx_frequencies, self._rx_frequencies):
            counter.clear()
        return stats

    def _book(self, item: gw.DownlinkFrameItem, now_ms: int) -> Signal:
        tx_info = item.tx_info
        if tx_info.modulation.WhichOneof("parameters") != "lora":
            raise RefusedItemError(gw.TxAckStatus.INTERNAL_ERROR)
        lora = tx_info.modulation.lora
        refusal = self._law.refuses(tx_info.frequency, tx_info.power)
        if refusal is not None:
            raise RefusedItemError(refusal)
        length_us = airtime_us(len(item.phy_payload), lora.spreading_factor, lora.bandwidth, crc=False)
        start_ms = self._start_ms(tx_info, now_ms, -(-length_us // 1000))
        if len(self._queue) >= QUEUE_LENGTH:
            raise RefusedItemError(gw.TxAckStatus.QUEUE_FULL)
        if not self._law.book(tx_info.frequency, start_ms, length_us, now_ms):
            raise RefusedItemError(gw.TxAckStatus.DUTY_CYCLE_OVERFLOW)
        emission = Signal(
            item.phy_payload,
            tx_info.frequency,
            lora.spreading_factor,
            lora.bandwidth,
            tx_info.power,
            self.place,
            start_ms,
            length_us,
        )
        self._queue.append(emission)
        return emission

    def _start_ms(self, tx_info: gw.DownlinkTxInfo, now_ms: int, length_ms: int) -> int:
        timing = tx_info.timing.WhichOneof("parameters")
        if timing == "gps_epoch":
            raise RefusedItemError(gw.TxAckStatus.GPS_UNLOCKED)
        if timing == "immediately":
            return self._first_gap_ms(now_ms + LEAD_MS, length_ms)
        if timing != "delay" or len(tx_info.context) != 4:
            raise RefusedItemError(gw.TxAckStatus.INTERNAL_ERROR)
        # A context is younger than the counter's period (71 minutes): the difference is the uplink's age.
        age_us = (self._counter_us(now_ms) - int.from_bytes(tx_info.context, "big")) % (1 << COUNTER_BITS)
        delay_ms: int = tx_info.timing.delay.delay.ToMilliseconds()
        start_ms = now_ms - round(age_us / 1000) + delay_ms
        if start_ms - now_ms < LEAD_MS:
            raise RefusedItemError(gw.TxAckStatus.TOO_LATE)
        if start_ms - now_ms > REACH_MS:
            raise RefusedItemError(gw.TxAckStatus.TOO_EARLY)
        if self._clash(start_ms, length_ms) is not None:
            raise RefusedItemError(gw.TxAckStatus.COLLISION_PACKET)
        return start_ms

    def _first_gap_ms(self, start_ms: int, length_ms: int) -> int:
        while (other := self._clash(start_ms, length_ms)) is not None:
            start_ms = other.end_ms + MARGIN_MS
        return start_ms

    def _clash(self, start_ms: int, length_ms: int) -> Signal | None:
        booked: Sequence[Signal] = self._queue
        for other in booked:
            if start_ms < other.end_ms + MARGIN_MS and other.start_ms < start_ms + length_ms + MARGIN_MS:
                return other
        return None

    def _counter_us(self, now_ms: int) -> int:
        return int((now_ms * 1000 + self._counter_offset_us) % (1 << COUNTER_BITS))
