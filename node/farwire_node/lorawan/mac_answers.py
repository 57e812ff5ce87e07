"""What a device does with the network's MAC commands, and what it answers (TS001-1.0.4 §5).

An answer is (bytes, sticky): a sticky one rides every uplink until a downlink shows that it arrived.
"""

from farwire_node.link import LinkChecked, TimeReceived
from farwire_node.lorawan import mac_commands as mc
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.regions.region import MAX_EIRPS_DBM, Channel, Region
from farwire_node.lorawan.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_KEEP = 0x0F  # DataRate or TXPower of a LinkADRReq that leaves it as it is


class Device:
    """What the commands may read and change on one device."""

    def __init__(self, region: Region, plan: ChannelPlan, adr: bool) -> None:
        self.region = region
        self.plan = plan
        self.adr = adr
        self.battery = 255  # DevStatusAns: 0 external power, 1..254 level, 255 not known


def answers(device: Device, session: Session, commands: "list[Any]", snr_db: int) -> list[tuple[bytes, bool]]:
    """Carry out the commands of one downlink in their order; return the answers in that order."""
    out: list[tuple[bytes, bool]] = []
    at = 0
    while at < len(commands):
        command = commands[at]
        if isinstance(command, mc.LinkADRReq):
            end = at
            while end < len(commands) and isinstance(commands[end], mc.LinkADRReq):
                end += 1
            answer = mc.encode(_link_adr(device, session, commands[at:end]))
            out.extend([(answer, False)] * (end - at))
            at = end
            continue
        at += 1
        for kind, handle, sticky in _HANDLERS:
            if isinstance(command, kind):
                reply = handle(device, session, command, snr_db)
                if reply is not None:
                    out.append((mc.encode(reply), sticky))
                break
    return out


def told(commands: "list[Any]", time_at_ms: int | None) -> list[tuple[int, ...]]:
    """Return the events for the answers to requests of ours; no time where `time_at_ms` is None."""
    out: list[tuple[int, ...]] = []
    for command in commands:
        if isinstance(command, mc.LinkCheckAns):
            out.append(LinkChecked(command.margin, command.gw_cnt))
        elif isinstance(command, mc.DeviceTimeAns) and time_at_ms is not None:
            gps_ms = 1000 * command.gps_seconds + 1000 * command.frac_256 // 256
            out.append(TimeReceived(gps_ms, time_at_ms))
    return out


def _link_adr(device: Device, session: Session, block: list[mc.LinkADRReq]) -> mc.LinkADRAns:
    """Apply a block of LinkADRReq as a whole, or refuse it as a whole (§5.2).

    Masks act one after the other; data rate, power and copies are those of the last command.
    """
    plan = device.plan
    mask: int | None = plan.mask
    for request in block:
        if mask is not None:
            mask = plan.masked(mask, request.ch_mask, request.ch_mask_cntl)
    last = block[-1]
    dr = session.dr if last.dr == _KEEP else last.dr
    tx_power = session.tx_power if last.tx_power == _KEEP else last.tx_power
    # Without ADR the device chooses rate and power itself; mask and copies are still the network's.
    mask_ok = bool(mask)
    dr_ok = plan.supports(dr, mask or plan.mask) and (device.adr or dr == session.dr)
    power_ok = tx_power <= device.region.max_tx_power and (device.adr or tx_power == session.tx_power)
    if mask_ok and dr_ok and power_ok:
        plan.set_mask(mask or 0)
        session.dr = dr
        session.tx_power = tx_power
        session.nb_trans = last.nb_trans or 1
    return mc.LinkADRAns(int(mask_ok), int(dr_ok), int(power_ok))


def _duty_cycle(device: Device, session: Session, request: mc.DutyCycleReq, snr_db: int) -> mc.DutyCycleAns:
    session.max_duty_cycle = request.max_duty_cycle
    return mc.DutyCycleAns()


def _rx_param_setup(
    device: Device, session: Session, request: mc.RXParamSetupReq, snr_db: int
) -> mc.RXParamSetupAns:
    region = device.region
    freq_ok = region.low_hz <= request.freq_hz <= region.high_hz
    rx2_dr_ok = request.rx2_dr in region.down_drs
    offset_ok = request.rx1_dr_offset < len(region.rx1_drs[region.up_drs[0]])
    if freq_ok and rx2_dr_ok and offset_ok:
        session.rx1_dr_offset = request.rx1_dr_offset
        session.rx2_dr = request.rx2_dr
        session.rx2_freq_hz = request.freq_hz
    return mc.RXParamSetupAns(int(freq_ok), int(rx2_dr_ok), int(offset_ok))


def _dev_status(device: Device, session: Session, request: mc.DevStatusReq, snr_db: int) -> mc.DevStatusAns:
    return mc.DevStatusAns(device.battery, max(-32, min(31, snr_db)))


def _new_channel(
    device: Device, session: Session, request: mc.NewChannelReq, snr_db: int
) -> mc.NewChannelAns | None:
    region, plan = device.region, device.plan
    if region.fixed_channels:
        return None  # §5.6: such regions do not know the command
    if not len(region.channels) <= request.ch_index < region.max_channels:
        return mc.NewChannelAns(0, 0)  # the region's own channels are not the network's to move
    # Moving the last channel that is on at the present rate must leave that rate a channel.
    needed = not plan.supports(session.dr, plan.mask & ~(1 << request.ch_index))
    if request.freq_hz == 0:
        if needed:
            return mc.NewChannelAns(0, 0)
        plan.define(request.ch_index, None)
        return mc.NewChannelAns(1, 1)
    dr_ok = plan.is_rate_range(request.min_dr, request.max_dr)
    if needed and not request.min_dr <= session.dr <= request.max_dr:
        dr_ok = False
    channel = Channel(request.freq_hz, request.min_dr, request.max_dr)
    freq_ok = plan.fits(channel if dr_ok else Channel(request.freq_hz, 0, 0))
    if dr_ok and freq_ok:
        plan.define(request.ch_index, channel)
    return mc.NewChannelAns(int(freq_ok), int(dr_ok))


def _rx_timing_setup(
    device: Device, session: Session, request: mc.RXTimingSetupReq, snr_db: int
) -> mc.RXTimingSetupAns:
    session.rx1_delay_s = request.delay or 1
    return mc.RXTimingSetupAns()


def _tx_param_setup(
    device: Device, session: Session, request: mc.TXParamSetupReq, snr_db: int
) -> mc.TXParamSetupAns | None:
    region, plan = device.region, device.plan
    if not region.tx_param_setup:
        return None  # §5.8: such regions do not know the command
    eirp_dbm = MAX_EIRPS_DBM[request.max_eirp_index]
    plan.set_tx_params(bool(request.uplink_dwell), bool(request.downlink_dwell), eirp_dbm)
    session.choose_rate(region, plan, (session.dr,))  # the dwell time may forbid the present one
    return mc.TXParamSetupAns()


def _dl_channel(
    device: Device, session: Session, request: mc.DlChannelReq, snr_db: int
) -> mc.DlChannelAns | None:
    region, plan = device.region, device.plan
    if region.fixed_channels:
        return None  # §5.7: RX1 of such regions has its own fixed channels
    freq_ok = region.low_hz <= request.freq_hz <= region.high_hz
    exists = plan.exists(request.ch_index)
    if freq_ok and exists:
        plan.set_rx1_freq(request.ch_index, request.freq_hz)
    return mc.DlChannelAns(int(freq_ok), int(exists))


# (command, what to do, whether the answer is sticky); LinkADRReq comes in blocks and is apart. A command that
# is not here goes unanswered: class B's.
_HANDLERS: "tuple[tuple[type, Callable[..., Any], bool], ...]" = (
    (mc.DutyCycleReq, _duty_cycle, False),
    (mc.RXParamSetupReq, _rx_param_setup, True),
    (mc.DevStatusReq, _dev_status, False),
    (mc.NewChannelReq, _new_channel, False),
    (mc.RXTimingSetupReq, _rx_timing_setup, True),
    (mc.TXParamSetupReq, _tx_param_setup, False),
    (mc.DlChannelReq, _dl_channel, True),
)
