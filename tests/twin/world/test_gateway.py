from chirpstack_api import gw

from farwire_node.lorawan import regions
from farwire_twin.world.gateway import LEAD_MS, QUEUE_LENGTH, Gateway
from farwire_twin.world.gateway_law import GatewayLaw
from farwire_twin.world.on_air import Copy, Signal
from farwire_twin.world.propagation import Place

ID = "0016c001f1500812"
MIDDLE = Place(0.0, 0.0)
UTC_MS = 1_700_000_000_250
EU868 = regions.by_name("EU868")
Status = gw.TxAckStatus


def a_gateway(region: str = "EU868") -> Gateway:
    return Gateway(ID, MIDDLE, GatewayLaw(regions.by_name(region)))


def heard(gateway: Gateway, now_ms: int, snr_db: float = 7.3, freq_hz: int = 868_300_000) -> gw.UplinkFrame:
    signal = Signal(b"\x40frame", freq_hz, 7, 125_000, 14, MIDDLE, now_ms - 50, 50_000)
    return gateway.on_uplink(Copy(signal, -80.4, snr_db), now_ms, UTC_MS)


def downlink(*items: gw.DownlinkFrameItem, downlink_id: int = 9) -> gw.DownlinkFrame:
    return gw.DownlinkFrame(downlink_id=downlink_id, gateway_id=ID, items=items)


def item(
    context: bytes = b"",
    delay_ms: int | None = None,
    freq_hz: int = 868_300_000,
    power_dbm: int = 14,
    size: int = 12,
    sf: int = 7,
) -> gw.DownlinkFrameItem:
    made = gw.DownlinkFrameItem(phy_payload=bytes(size))
    made.tx_info.frequency = freq_hz
    made.tx_info.power = power_dbm
    made.tx_info.modulation.lora.bandwidth = 125_000
    made.tx_info.modulation.lora.spreading_factor = sf
    made.tx_info.modulation.lora.polarization_inversion = True
    made.tx_info.context = context
    if delay_ms is None:
        made.tx_info.timing.immediately.SetInParent()
    else:
        made.tx_info.timing.delay.delay.FromMilliseconds(delay_ms)
    return made


def statuses(ack: gw.DownlinkTxAck) -> list[str]:
    return [Status.Name(entry.status) for entry in ack.items]


def test_an_uplink_says_what_was_heard_how_and_when() -> None:
    frame = heard(a_gateway(), now_ms=10_000)

    lora = frame.tx_info.modulation.lora
    assert (frame.phy_payload, frame.tx_info.frequency) == (b"\x40frame", 868_300_000)
    assert (lora.bandwidth, lora.spreading_factor, lora.code_rate) == (125_000, 7, gw.CodeRate.CR_4_5)
    assert (frame.rx_info.gateway_id, frame.rx_info.rssi, frame.rx_info.snr) == (ID, -80, 7.25)
    assert (frame.rx_info.channel, frame.rx_info.crc_status) == (1, gw.CRCStatus.CRC_OK)
    assert frame.rx_info.gw_time.ToMilliseconds() == UTC_MS
    assert len(frame.rx_info.context) == 4


def test_every_uplink_has_an_id_of_its_own() -> None:
    gateway = a_gateway()

    assert heard(gateway, 10_000).rx_info.uplink_id != heard(gateway, 20_000).rx_info.uplink_id


def test_a_class_a_downlink_is_sent_at_its_delay_after_the_uplink() -> None:
    gateway = a_gateway()
    context = heard(gateway, now_ms=10_000).rx_info.context

    ack, signal = gateway.on_downlink(downlink(item(context, 1_000)), now_ms=10_300)

    assert signal is not None
    assert (signal.start_ms, signal.freq_hz, signal.sf, signal.power_dbm) == (11_000, 868_300_000, 7, 14)
    assert (ack.gateway_id, ack.downlink_id, statuses(ack)) == (ID, 9, ["OK"])


def test_the_delay_counts_across_a_wrap_of_the_concentrators_counter() -> None:
    gateway = a_gateway()
    # Somewhere within these 72 minutes the 32 bits of microseconds overflow.
    for now_ms in range(10_000, 4_330_000, 60_000):
        context = heard(gateway, now_ms).rx_info.context

        _, signal = gateway.on_downlink(downlink(item(context, 5_000)), now_ms + 300)

        assert signal is not None
        assert signal.start_ms == now_ms + 5_000


def test_only_the_first_item_that_can_be_sent_is_sent() -> None:
    gateway = a_gateway()
    context = heard(gateway, 10_000).rx_info.context

    ack, signal = gateway.on_downlink(
        downlink(
            item(context, 1_000, freq_hz=868_650_000),  # between the sub-bands
            item(context, 2_000, freq_hz=869_525_000, power_dbm=27, sf=12),
            item(context, 3_000),
        ),
        now_ms=10_300,
    )

    assert statuses(ack) == ["TX_FREQ", "OK", "IGNORED"]
    assert signal is not None
    assert signal.start_ms == 12_000


def test_a_downlink_that_comes_after_its_time_is_too_late() -> None:
    gateway = a_gateway()
    context = heard(gateway, 10_000).rx_info.context

    late, none = gateway.on_downlink(downlink(item(context, 1_000)), now_ms=11_000 - LEAD_MS + 1)
    just, signal = gateway.on_downlink(downlink(item(context, 1_000)), now_ms=11_000 - LEAD_MS)

    assert (statuses(late), none) == (["TOO_LATE"], None)
    assert (statuses(just), signal is not None) == (["OK"], True)


def test_a_downlink_far_ahead_is_too_early() -> None:
    gateway = a_gateway()
    context = heard(gateway, 10_000).rx_info.context

    ack, _ = gateway.on_downlink(downlink(item(context, 600_000)), now_ms=10_300)

    assert statuses(ack) == ["TOO_EARLY"]


def test_two_downlinks_at_one_time_collide() -> None:
    gateway = a_gateway()
    context = heard(gateway, 10_000).rx_info.context
    other = heard(gateway, 10_020).rx_info.context

    gateway.on_downlink(downlink(item(context, 1_000)), now_ms=10_300)
    ack, signal = gateway.on_downlink(downlink(item(other, 1_000)), now_ms=10_320)

    assert (statuses(ack), signal) == (["COLLISION_PACKET"], None)


def test_an_immediate_downlink_goes_into_the_first_gap() -> None:
    gateway = a_gateway()

    _, first = gateway.on_downlink(downlink(item()), now_ms=1_000)
    _, second = gateway.on_downlink(downlink(item()), now_ms=1_000)

    assert first is not None
    assert second is not None
    assert first.start_ms == 1_000 + LEAD_MS
    assert second.start_ms == first.end_ms + 1


def test_more_power_than_the_sub_band_allows_is_refused() -> None:
    gateway = a_gateway()

    in_m, _ = gateway.on_downlink(downlink(item(power_dbm=17)), now_ms=0)
    in_p, _ = gateway.on_downlink(downlink(item(power_dbm=27, freq_hz=869_525_000)), now_ms=0)

    assert (statuses(in_m), statuses(in_p)) == (["TX_POWER"], ["OK"])


def test_the_gateways_own_duty_cycle_is_kept() -> None:
    gateway, sent_us, refused = a_gateway(), 0, []
    for number in range(30):
        ack, signal = gateway.on_downlink(downlink(item(size=51, sf=12)), now_ms=10_000 * number)
        if signal is None:
            refused.append(statuses(ack))
        else:
            sent_us += signal.airtime_us

    assert refused
    assert refused == [["DUTY_CYCLE_OVERFLOW"]] * len(refused)
    assert 36_000_000 - 2_700_000 < sent_us <= 36_000_000


def test_airtime_comes_back_after_an_hour() -> None:
    gateway = a_gateway()
    for number in range(20):
        gateway.on_downlink(downlink(item(size=51, sf=12)), now_ms=10_000 * number)

    ack, _ = gateway.on_downlink(downlink(item(size=51, sf=12)), now_ms=3_600_000 + 210_000)

    assert statuses(ack) == ["OK"]


def test_us915_has_no_duty_cycle_and_its_own_frequencies() -> None:
    gateway = a_gateway("US915")
    ok, wrong = item(freq_hz=923_300_000, power_dbm=26), item(freq_hz=868_100_000)

    for number in range(30):
        ack, _ = gateway.on_downlink(downlink(ok), now_ms=10_000 * number)
        assert statuses(ack) == ["OK"]
    ack, _ = gateway.on_downlink(downlink(wrong), now_ms=400_000)

    assert statuses(ack) == ["TX_FREQ"]


def test_a_gateway_without_gps_refuses_gps_timing() -> None:
    made = item()
    made.tx_info.timing.gps_epoch.time_since_gps_epoch.FromSeconds(1)

    ack, _ = a_gateway().on_downlink(downlink(made), now_ms=0)

    assert statuses(ack) == ["GPS_UNLOCKED"]


def test_a_downlink_without_a_context_or_a_lora_modulation_is_an_error() -> None:
    without_context = item(delay_ms=1_000)
    fsk = item()
    fsk.tx_info.modulation.fsk.datarate = 50_000

    ack, _ = a_gateway().on_downlink(downlink(without_context, fsk), now_ms=0)

    assert statuses(ack) == ["INTERNAL_ERROR", "INTERNAL_ERROR"]


def test_the_queue_has_an_end() -> None:
    gateway = a_gateway("US915")
    made = item(freq_hz=923_300_000)

    answers = [gateway.on_downlink(downlink(made), now_ms=0)[0] for _ in range(QUEUE_LENGTH + 1)]

    assert [statuses(ack) for ack in answers[-2:]] == [["OK"], ["QUEUE_FULL"]]


def test_statistics_count_since_the_last_ones() -> None:
    gateway = a_gateway()
    context = heard(gateway, 10_000).rx_info.context
    gateway.on_downlink(downlink(item(context, 1_000), item(context, 2_000)), now_ms=10_300)

    stats = gateway.stats(UTC_MS)
    after = gateway.stats(UTC_MS)

    assert (stats.gateway_id, stats.time.ToMilliseconds()) == (ID, UTC_MS)
    assert (stats.rx_packets_received_ok, stats.tx_packets_received, stats.tx_packets_emitted) == (1, 1, 1)
    assert dict(stats.tx_packets_per_status) == {"OK": 1, "IGNORED": 1}
    assert dict(stats.rx_packets_per_frequency) == {868_300_000: 1}
    assert (after.rx_packets_received, after.tx_packets_emitted) == (0, 0)
