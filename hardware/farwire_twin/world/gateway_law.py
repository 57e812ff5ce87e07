"""What a gateway may send: frequencies, power, and airtime by sub-band. Times are virtual ms."""

from chirpstack_api import gw

from farwire_node.lorawan.regions import Region

EIRP_OVER_ERP_DB = 2.15  # an isotropic antenna against a half-wave dipole
HOUR_MS = 3_600_000


class GatewayLaw:
    """The region's rules, and this gateway's airtime in the last hour."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._spent: list[list[tuple[int, int]]] = [[] for _ in region.sub_bands]  # (end ms, airtime us)
        self._uplink_channels = {channel.freq_hz: index for index, channel in enumerate(region.channels)}

    def uplink_channel(self, freq_hz: int) -> int:
        """Number of an uplink channel: the region's own, then others as they turn up."""
        return self._uplink_channels.setdefault(freq_hz, len(self._uplink_channels))

    def refuses(self, freq_hz: int, power_dbm: int) -> int | None:
        """The gw.TxAckStatus for which this frequency or power (EIRP) is refused; None when it is not."""
        region = self._region
        if not region.low_hz <= freq_hz <= region.high_hz:
            return int(gw.TxAckStatus.TX_FREQ)
        if not region.sub_bands:
            return int(gw.TxAckStatus.TX_POWER) if power_dbm > region.max_eirp_dbm else None
        index = self._sub_band(freq_hz)
        if index is None:
            return int(gw.TxAckStatus.TX_FREQ)
        if power_dbm > region.sub_bands[index].max_erp_dbm + EIRP_OVER_ERP_DB:
            return int(gw.TxAckStatus.TX_POWER)
        return None

    def book(self, freq_hz: int, start_ms: int, airtime_us: int, now_ms: int) -> bool:
        """Count a transmission, unless it would break the sub-band's duty cycle in some hour."""
        index = self._sub_band(freq_hz)
        if index is None:
            return True
        allowed_ms = self._region.sub_bands[index].per_hour_ms
        spent = self._spent[index] = [entry for entry in self._spent[index] if entry[0] > now_ms - HOUR_MS]
        # Bookings are seconds ahead and not in order; everything of the last hour counts against everything.
        if allowed_ms and sum(us for _, us in spent) + airtime_us > allowed_ms * 1000:
            return False
        spent.append((start_ms + airtime_us // 1000, airtime_us))
        return True

    def _sub_band(self, freq_hz: int) -> int | None:
        for index, band in enumerate(self._region.sub_bands):
            if band.low_hz <= freq_hz <= band.high_hz:
                return index
        return None
