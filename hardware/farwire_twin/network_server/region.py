"""The network's side of a region: its channels, what a frame may weigh, how strong a gateway sends.

Built on the node's own region tables; what only a server needs follows ChirpStack [lrwn/src/region/*.rs].
"""

from dataclasses import dataclass
from typing import Any

from chirpstack_api import common, gw

from farwire_node.errors import ConfigurationError
from farwire_node.lorawan import cf_list, regions
from farwire_node.lorawan.regions.region import EIRP_OVER_ERP_DB, MAX_EIRPS_DBM
from farwire_twin.network_server.errors import RefusedError
from farwire_twin.network_server.settings import RegionSettings

# DR0 to DR5: the channels that a CFList of type 0 can describe (RP002-1.0.4 §2.4.4).
EXTRA_CHANNEL_DRS = (0, 5)
CF_LIST_CHANNELS = 5
MASK_BITS = 16
JOIN_ACCEPT_DELAY_S = (5, 6)  # RP002-1.0.4 §2.1: JOIN_ACCEPT_DELAY1 and 2
# ChirpStack sends a channel mask in the CFList from LoRaWAN 1.0.3 on.
NO_MASK_IN_CF_LIST = (common.LORAWAN_1_0_0, common.LORAWAN_1_0_1, common.LORAWAN_1_0_2)
# In AU915 TxParamSetupReq came with LoRaWAN 1.0.3 [au915.rs: implements_tx_param_setup].
NO_TX_PARAM_SETUP_IN_AU915 = (common.LORAWAN_1_0_1, common.LORAWAN_1_0_2)
# ChirpStack lets an EU868 downlink at DR4 carry 222 bytes, not 242, from RP002-1.0.2 on [eu868.rs].
EU868_DR4_REVISIONS = (common.RP002_1_0_2, common.RP002_1_0_3, common.RP002_1_0_4, common.RP002_1_0_5)
EU868_DR4_BYTES = 222


@dataclass(frozen=True, slots=True)
class Channel:
    """An uplink channel; `extra` when the network added it to the region's own."""

    frequency_hz: int
    min_dr: int
    max_dr: int
    enabled: bool
    extra: bool

    def carries(self, dr: int) -> bool:
        """Whether an uplink at this data rate may use the channel."""
        return self.min_dr <= dr <= self.max_dr


class ServerRegion:
    """One region as configured."""

    def __init__(self, settings: RegionSettings) -> None:
        self.settings = settings
        self.table: Any = regions.by_name(settings.common_name)
        self.channels = self._channels()

    def _channels(self) -> tuple[Channel, ...]:
        own = [
            Channel(
                channel.freq_hz,
                channel.min_dr,
                channel.max_dr,
                enabled=not self.settings.enabled_channels or index in self.settings.enabled_channels,
                extra=False,
            )
            for index, channel in enumerate(self.table.channels)
        ]
        extra = [
            Channel(frequency_hz, *EXTRA_CHANNEL_DRS, enabled=True, extra=True)
            for frequency_hz in self.settings.extra_channels_hz
        ]
        return (*own, *extra)

    @property
    def default_channels(self) -> list[int]:
        """Indexes of the region's own channels: what a device has after its reset."""
        return [index for index, channel in enumerate(self.channels) if not channel.extra]

    @property
    def enabled_channels(self) -> list[int]:
        """Indexes of the channels that devices should use."""
        return [index for index, channel in enumerate(self.channels) if channel.enabled]

    def uplink_dr(self, tx_info: gw.UplinkTxInfo) -> int:
        """Data rate of an uplink; RefusedError when the region has none like it."""
        lora = tx_info.modulation.lora
        dr = regions.data_rate_of(self.table, lora.spreading_factor, lora.bandwidth, True)
        if dr is None or lora.code_rate != gw.CR_4_5:
            raise RefusedError(
                "unknown data rate", spreading_factor=lora.spreading_factor, bandwidth_hz=lora.bandwidth
            )
        return dr

    def uplink_channel(self, frequency_hz: int, dr: int) -> int:
        """Index of the channel of an uplink; RefusedError when there is none."""
        found = [
            index
            for index, channel in enumerate(self.channels)
            if channel.frequency_hz == frequency_hz and channel.carries(dr)
        ]
        if not found:
            raise RefusedError("unknown channel", frequency_hz=frequency_hz, dr=dr)
        return found[-1]

    def tx_params(self, mac_version: int) -> tuple[bool, bool, int] | None:
        """Dwell times of uplink and downlink, and index of the EIRP, that such a device should keep; None
        where it knows no TxParamSetupReq [lrwn/src/lib.rs: get_tx_param_setup_eirp_index]."""
        wanted = self.settings
        old = wanted.common_name == "AU915" and mac_version in NO_TX_PARAM_SETUP_IN_AU915
        if old or not self.table.tx_param_setup:
            return None
        within = [index for index, dbm in enumerate(MAX_EIRPS_DBM) if dbm <= wanted.uplink_max_eirp_dbm]
        return (
            wanted.uplink_dwell_time_400ms,
            wanted.downlink_dwell_time_400ms,
            max(within, default=0),
        )

    def rx1(self, uplink_hz: int, uplink_dr: int, offset: int, dwell: bool = False) -> tuple[int, int]:
        """Frequency and data rate of RX1 after such an uplink; RefusedError for an offset that is none.

        `dwell`: the device was told that downlinks keep the dwell time.
        """
        try:
            frequency_hz, dr = regions.rx1(self.table, uplink_hz, uplink_dr, offset, dwell)
        except ConfigurationError as error:
            raise RefusedError("no such receive window", error=str(error)) from error
        return int(frequency_hz), int(dr)

    def modulation(self, dr: int) -> gw.Modulation:
        """How a downlink at this data rate is sent; RefusedError when the region has none like it."""
        if dr not in self.table.down_drs:
            raise RefusedError("no such receive window", dr=dr)
        spreading_factor, bandwidth_hz = self.table.data_rates[dr]
        return gw.Modulation(
            lora=gw.LoraModulationInfo(
                spreading_factor=spreading_factor,
                bandwidth=bandwidth_hz,
                code_rate=gw.CR_4_5,
                polarization_inversion=True,
            )
        )

    def downlink_power_dbm(self, frequency_hz: int) -> int:
        """EIRP of a downlink [eu868.rs, us915.rs: get_downlink_tx_power_eirp]; else that of an uplink."""
        if self.settings.downlink_power_dbm is not None:
            return self.settings.downlink_power_dbm
        if self.table.bank_masks:
            return 21
        if self.table.name == "EU868":
            return 29 if 869_400_000 <= frequency_hz < 869_650_000 else 16
        band = regions.sub_band_of(self.table, frequency_hz)
        limits_dbm = [self.table.max_eirp_dbm]
        if band is not None:
            limits_dbm.append(self.table.sub_bands[band].max_erp_dbm + EIRP_OVER_ERP_DB)
        return int(min(limits_dbm))

    def max_downlink(self, profile: Any, dr: int) -> int:
        """Largest FRMPayload with FOpts of a downlink to a device of this (API) device-profile."""
        if (
            self.settings.common_name == "EU868"
            and dr == 4
            and profile.mac_version == common.LORAWAN_1_0_4
            and profile.reg_params_revision in EU868_DR4_REVISIONS
        ):
            return EU868_DR4_BYTES
        return int(self.table.max_payload_down[dr]) if dr in self.table.down_drs else 0

    def cf_list(self, mac_version: int) -> bytes:
        """The join-accept's CFList for such a device, 16 bytes or none (RP002-1.0.4 §2.4.4, §2.5.4)."""
        if self.table.fixed_channels:
            return b"" if mac_version in NO_MASK_IN_CF_LIST else cf_list.encode_masks(self._masks())
        extra = [channel.frequency_hz for channel in self.channels if channel.extra][:CF_LIST_CHANNELS]
        return bytes(cf_list.encode_frequencies(tuple(extra))) if extra else b""

    def channels_of_cf_list(self, mac_version: int) -> tuple[list[int], dict[int, int]]:
        """What a device that took the CFList uses: channel indexes, and the Hz of the extra ones."""
        if not self.cf_list(mac_version):
            return self.default_channels, {}
        if self.table.fixed_channels:
            return self.enabled_channels, {}
        extra = [index for index, channel in enumerate(self.channels) if channel.extra][:CF_LIST_CHANNELS]
        return self.default_channels + extra, {index: self.channels[index].frequency_hz for index in extra}

    def _masks(self) -> tuple[int, ...]:
        enabled = set(self.enabled_channels)
        return tuple(
            sum(1 << bit for bit in range(MASK_BITS) if block * MASK_BITS + bit in enabled)
            for block in range(-(-len(self.channels) // MASK_BITS))
        )
