import json
from pathlib import Path

from farwire_codecs.batch import Record
from farwire_codecs.schema import Channel
from farwire_node import node_events
from farwire_node.alarms.alarm_store import StoredAlarm
from farwire_node.lorawan import regions
from farwire_twin.world.accounting import Accounting
from farwire_twin.world.keeping import Keeping, NodeStorage
from farwire_twin.world.truth import TruthFile

EUI = "0200000000000001"
EPOCH_MS = 1_700_000_000_000
CHANNELS = (Channel(1, 103), Channel(2, 104), Channel(3, 113))


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_is_written_with_utc_and_without_its_missing_channels(tmp_path: Path) -> None:
    truth = TruthFile(tmp_path / "truth.jsonl")
    accounting = Accounting(regions.EU868, EPOCH_MS, truth)

    accounting.on_event(EUI, node_events.Sampled(Record(7, 60, ((215,), None, (1, -2, 3))), CHANNELS))

    assert lines(tmp_path / "truth.jsonl") == [
        {
            "kind": "record",
            "dev_eui": EUI,
            "number": 7,
            "time_ms": EPOCH_MS + 60_000,
            "readings": [[1, 103, [215]], [3, 113, [1, -2, 3]]],
        }
    ]
    truth.close()


def test_an_alarms_latency_is_that_of_its_first_transmission(tmp_path: Path) -> None:
    truth = TruthFile(tmp_path / "truth.jsonl")
    accounting = Accounting(regions.EU868, EPOCH_MS, truth)
    alarm = StoredAlarm(3, 1, 103, 1, True, 60, (900,))

    accounting.on_event(EUI, node_events.AlarmRaised(alarm, 60_000))
    accounting.on_event(EUI, node_events.AlarmSent(3, 60_000, 60_250))
    accounting.on_event(EUI, node_events.AlarmSent(3, 60_000, 90_000))

    assert accounting.alarm_latencies_ms == [250]
    assert accounting.snapshot()["alarm_latency_ms"] == {"median": 250, "p95": 250, "worst": 250}
    raised, sent = lines(tmp_path / "truth.jsonl")
    assert (raised["kind"], raised["time_ms"], raised["raw"]) == ("alarm", EPOCH_MS + 60_000, [900])
    assert (sent["kind"], sent["time_ms"], sent["latency_ms"]) == ("alarm_sent", EPOCH_MS + 60_250, 250)
    truth.close()


def test_a_second_run_adds_to_the_truth_of_the_first(tmp_path: Path) -> None:
    for number in (1, 2):
        truth = TruthFile(tmp_path / "truth.jsonl")
        truth.write("dropped", EUI, number)
        truth.close()

    assert [line["number"] for line in lines(tmp_path / "truth.jsonl")] == [1, 2]


def test_a_folder_keeps_each_nodes_memory_apart_over_runs(tmp_path: Path) -> None:
    keeping = Keeping(tmp_path / "data")
    NodeStorage(keeping, "a").save("key", b"\x01")
    NodeStorage(keeping, "b").save("key", b"\x02")
    NodeStorage(keeping, "b").save("key", b"\x03")
    keeping.close()

    again = Keeping(tmp_path / "data")

    assert NodeStorage(again, "a").load("key") == b"\x01"
    assert NodeStorage(again, "b").load("key") == b"\x03"
    assert NodeStorage(again, "b").load("other") is None
    again.close()
