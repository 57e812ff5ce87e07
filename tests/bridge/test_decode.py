"""Events -> entries for the cloud."""

import itertools
import math
from typing import Any

import pytest

from farwire_bridge import decode, times
from farwire_bridge.happenings import Confirmed, Discarded, Heard, Rejoined, Transmitted
from farwire_codecs import alarm, batch, command, log_piece, ports, state_report
from farwire_codecs.base import seed
from farwire_codecs.batch import Record
from farwire_codecs.schema import Schema
from farwire_contract.v1 import telemetry_pb2 as contract
from tests.bridge import events_made, nodes
from tests.bridge.events_made import DEV_EUI, NOW_MS

LIMITS = times.Limits(late_ms=86_400_000, early_ms=5_000)


def uplink(f_port: int, payload: bytes, schema: Schema | None = None, **facts: Any) -> decode.Decoded:
    event = events_made.up(DEV_EUI, f_port, payload, **facts)
    return decode.decode_uplink(event, nodes.reading(schema), NOW_MS, LIMITS, 15)


def only(decoded: decode.Decoded) -> contract.Entry:
    (entry,) = decoded.entries
    return entry


def test_records_have_the_time_of_their_sampling() -> None:
    node = nodes.Node()
    node.sample(2)

    entry = only(uplink(ports.HISTORY, node.batch(wanted=True)))

    assert [(record.number, record.time_ms) for record in entry.records.records] == [
        (1, NOW_MS - 60_000),
        (2, NOW_MS),
    ]
    assert entry.records.acknowledgement_wanted
    assert entry.records.records[1].readings[0] == contract.Reading(channel=1, lpp_type=103, raw=[202])


def test_a_frame_of_very_many_records_makes_several_entries() -> None:
    records = [Record(number, 60 * number, ((200,), (100,))) for number in range(1, 601)]
    payload, count = batch.encode(nodes.SCHEMA, records, 36_000_000, 222, True, True)
    assert count == 600

    entries = uplink(ports.HISTORY, payload).entries

    numbers = [[record.number for record in entry.records.records] for entry in entries]
    assert list(itertools.chain(*numbers)) == list(range(1, 601))
    assert max(map(len, numbers)) == decode.MOST_RECORDS
    assert [entry.records.acknowledgement_wanted for entry in entries] == [False, False, True]
    assert len({entry.uplink.deduplication_id for entry in entries}) == 1


def test_a_value_that_is_missing_is_left_out() -> None:
    node = nodes.Node()
    node.sample(1)
    node.records[0] = node.records[0]._replace(values=(None, (100,)))

    entry = only(uplink(ports.HISTORY, node.batch()))

    assert [reading.channel for reading in entry.records.records[0].readings] == [2]


def test_a_batch_without_its_schema_is_read_with_the_known_one() -> None:
    node = nodes.Node()
    node.sample(1)

    entry = only(uplink(ports.HISTORY, node.batch(inline=False), schema=nodes.SCHEMA))

    assert entry.records.records[0].number == 1


def test_a_batch_of_an_unknown_schema_is_kept_as_it_came() -> None:
    node = nodes.Node()
    node.sample(1)
    payload = node.batch(inline=False)

    decoded = uplink(ports.HISTORY, payload)

    entry = only(decoded)
    assert entry.refused.reason == "UnknownSchemaError"
    assert entry.uplink.payload == payload
    assert decoded.happenings == (Heard(DEV_EUI, 36, schema_missing=True),)
    assert dict(decoded.counts)["unknown_schemas"] == 1


def test_a_batch_whose_base_is_missing_is_kept_as_it_came() -> None:
    node = nodes.Node()
    node.sample(2)
    base = seed(nodes.SCHEMA, 1, node.records[0].values)
    payload, _ = batch.encode(nodes.SCHEMA, node.records[1:], 120_000, 51, base=base)

    decoded = uplink(ports.HISTORY, payload, schema=nodes.SCHEMA)

    entry = only(decoded)
    assert entry.refused.reason == "UnknownBaseError"
    assert entry.uplink.payload == payload
    assert decoded.happenings == (Heard(DEV_EUI, 36, base_missing=True),)
    assert dict(decoded.counts)["unknown_bases"] == 1


def test_plain_lpp_gives_live_values() -> None:
    entry = only(uplink(ports.LPP_DYNAMIC, bytes.fromhex("036701100568ff")))

    assert [(r.channel, r.lpp_type, list(r.raw)) for r in entry.live.readings] == [
        (3, 103, [272]),
        (5, 104, [255]),
    ]
    assert entry.time_ms == NOW_MS


@pytest.mark.parametrize(("f_port", "payload"), [(0, b""), (0, b"\x03\x07"), (1, b""), (210, b"")])
def test_an_uplink_without_content_still_shows_that_the_device_lives(f_port: int, payload: bytes) -> None:
    entry = only(uplink(f_port, payload))

    assert entry.WhichOneof("body") == "live"
    assert not entry.live.readings
    assert entry.uplink.dev_addr == "00189440"


def test_alarms_have_their_own_time_and_value() -> None:
    started = alarm.Alarm(7, 2, 103, alarm.HIGH, True, 1_500, (815,))
    failed = alarm.Alarm(8, 3, 103, alarm.SENSOR_FAILED, True, 0, None)
    payload, count = alarm.encode([started, failed], 51)
    assert count == 2

    first, second = only(uplink(ports.ALARM, payload)).alarms.alarms

    assert (first.number, first.condition, first.active) == (7, contract.HIGH, True)
    assert first.time_ms == NOW_MS - 1_500
    assert first.value == contract.Reading(channel=2, lpp_type=103, raw=[815])
    assert second.value == contract.Reading(channel=3, lpp_type=103)


def test_a_state_report_ends_a_configuration() -> None:
    report = state_report.StateReport(0xC0FFEE, 1, 3_600, 3_605, 4, 90, 2, 60, 0)

    decoded = uplink(ports.STATE, state_report.encode(report))

    assert only(decoded).state == contract.StateReport(**report._asdict())
    assert decoded.happenings == (Heard(DEV_EUI, 36, configuration_hash=0xC0FFEE),)


def test_an_answer_ends_a_command() -> None:
    decoded = uplink(ports.COMMAND_ANSWER, command.encode_answer(command.CommandAnswer(9, command.DONE)))

    assert only(decoded).answer == contract.CommandAnswer(command_number=9, result=contract.DONE)
    assert decoded.happenings == (Heard(DEV_EUI, 36, answered=9),)


@pytest.mark.parametrize(
    ("f_port", "payload", "reason"),
    [
        (1, b"\x01", "TruncatedError"),
        (1, b"\x01\xfe\x00", "UnknownTypeError"),
        (85, b"\x01\x02", "UnknownTypeError"),
        (210, b"\xe0\x00\x00", "UnknownVersionError"),
        (211, b"\x00", "MalformedError"),
        (212, b"\x00", "TruncatedError"),
        (213, b"\x1f\x00\x01", "MalformedError"),
    ],
)
def test_bytes_that_no_codec_reads_are_refused_and_kept(f_port: int, payload: bytes, reason: str) -> None:
    decoded = uplink(f_port, payload)

    entry = only(decoded)
    assert entry.refused.reason == reason
    assert entry.refused.detail
    assert entry.uplink.payload == payload
    assert dict(decoded.counts)["refused"] == 1


@pytest.mark.parametrize(
    ("f_port", "payload"),
    [(101, "67003c0110"), (11, "020000012c"), (13, "010000003c"), (14, "05")],
)
def test_a_frame_that_the_contract_has_no_entry_for_is_refused_and_kept(f_port: int, payload: str) -> None:
    decoded = uplink(f_port, bytes.fromhex(payload))

    entry = only(decoded)
    assert entry.refused.reason == "UnknownTypeError"
    assert entry.refused.detail == f"FPort {f_port} carries nothing that the cloud takes"
    assert entry.uplink.payload == bytes.fromhex(payload)


def test_a_piece_of_a_log_keeps_its_place_in_the_report() -> None:
    piece = log_piece.LogPiece(log_piece.CRASH_REPORT, 513, 40, True, b"at node.py:12\n")

    decoded = uplink(ports.LOG, log_piece.encode(piece))

    found = only(decoded).log_piece
    assert (found.kind, found.number, found.offset, found.last, found.data) == tuple(piece)
    assert dict(decoded.counts)["log_pieces"] == 1


def test_the_uplink_tells_the_best_gateway_and_their_number() -> None:
    entry = only(uplink(1, b"\x01\x66\x01", gateways=3, f_cnt=70_000, dr=2))

    assert entry.uplink.gateways == 3
    assert (entry.uplink.rssi_dbm, entry.uplink.snr_db) == (-60, 9.5)
    assert (entry.uplink.f_cnt, entry.uplink.data_rate) == (70_000, 2)
    assert entry.uplink.frequency_hz == 868_100_000


def test_an_entry_names_its_device() -> None:
    device = only(uplink(1, b"\x01\x66\x01")).device

    assert device.dev_eui == DEV_EUI
    assert device.name == "node 0708"
    assert device.application_id == events_made.APPLICATION
    assert device.profile_name == "pump profile"
    assert dict(device.tags) == {"line": "3"}


def test_a_signal_to_noise_ratio_that_is_no_number_does_not_spoil_the_values() -> None:
    event = events_made.up(DEV_EUI, 1, b"\x01\x66\x01")
    event.rx_info[0].snr = math.nan

    assert only(decode.decode_uplink(event, nodes.reading(), NOW_MS, LIMITS, 15)).uplink.snr_db == 0.0


def test_an_implausible_time_is_counted() -> None:
    decoded = uplink(1, b"\x01\x66\x01", time_ms=1_000, ns_time_ms=NOW_MS)

    assert only(decoded).time_ms == NOW_MS
    assert dict(decoded.counts)["times_corrected"] == 1


def test_a_join_is_told_to_both_sides() -> None:
    decoded = decode.decode_other("join", events_made.join(DEV_EUI), 0)

    assert only(decoded).joined.dev_addr == "00189441"
    assert decoded.happenings == (Rejoined(DEV_EUI),)


def test_a_status_without_a_battery_level_claims_none() -> None:
    known = only(decode.decode_other("status", events_made.status(DEV_EUI, margin=-3, battery_level=50), 0))
    unknown = only(
        decode.decode_other("status", events_made.status(DEV_EUI, battery_level_unavailable=True), 0)
    )
    impossible = only(decode.decode_other("status", events_made.status(DEV_EUI, battery_level=255), 0))
    mains = only(decode.decode_other("status", events_made.status(DEV_EUI, external_power_source=True), 0))

    assert (known.status.battery_percent, known.status.margin_db) == (50, -3)
    assert not unknown.status.HasField("battery_percent")
    assert not impossible.status.HasField("battery_percent")
    assert mains.status.external_power
    assert not mains.status.HasField("battery_percent")


def test_txack_and_ack_concern_the_downlinks_alone() -> None:
    txack = decode.decode_other("txack", events_made.txack(DEV_EUI, "an item"), 0)
    ack = decode.decode_other("ack", events_made.ack(DEV_EUI, "an item", False), 0)

    assert txack == decode.Decoded(happenings=(Transmitted(DEV_EUI, "an item"),))
    assert ack == decode.Decoded(happenings=(Confirmed(DEV_EUI, "an item", False),))


def test_a_log_event_goes_to_the_cloud_with_its_context() -> None:
    event = events_made.log(DEV_EUI, "UPLINK_MIC", "Invalid MIC", {"deduplication_id": "x"})

    log = only(decode.decode_other("log", event, 0)).log

    assert (log.level, log.code, log.description) == ("ERROR", "UPLINK_MIC", "Invalid MIC")
    assert dict(log.context) == {"deduplication_id": "x"}


@pytest.mark.parametrize("code", ["DOWNLINK_PAYLOAD_SIZE", "EXPIRED", "F_CNT_DOWN"])
def test_a_log_event_that_names_a_queue_item_tells_of_its_loss(code: str) -> None:
    event = events_made.log(DEV_EUI, code, "", {"queue_item_id": "an item", "max_payload_size": "11"})

    assert decode.decode_other("log", event, 0).happenings == (Discarded(DEV_EUI, "an item", code, 11),)


def test_a_refusal_of_the_gateway_leaves_the_item_queued() -> None:
    event = events_made.log(DEV_EUI, "DOWNLINK_GATEWAY", "TOO_LATE", {})

    assert decode.decode_other("log", event, 0).happenings == ()
