"""The whole node with its real MAC, from join to acknowledged history, on CPython and on MicroPython."""

from pathlib import Path

import pytest

from farwire_codecs import configuration
from farwire_codecs.configuration import Setting
from farwire_node.node_events import AlarmSent, FrameSent
from tests import micropython
from tests.bench import board_heap
from tests.node.program import whole_node
from tests.node.program.whole_node import Board

HOUR_MS = 3_600_000
CLASS_A_MS = 3_000  # both receive windows belong to the frame on air (TS001-1.0.4 §3.3)
PROGRAM = sorted(micropython.NODE.glob("*.py"))
SCRIPT = Path(whole_node.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("region", "dr"), [("EU868", 0), ("EU868", 3), ("EU868", 5), ("US915", 1), ("US915", 3)]
)
@pytest.mark.parametrize("loss", [0, 30])
def test_what_a_node_samples_is_in_the_cloud_whatever_the_region_and_the_loss(
    region: str, dr: int, loss: int
) -> None:
    board = Board(region, dr, loss, 512, 11)
    board.advance(4 * HOUR_MS)

    board.node.stop_sampling()
    for _ in range(180):
        board.advance(60_000)

    whole_node.check(board)
    assert board.sampled >= 239
    assert board.network.alarms


@pytest.mark.parametrize("dr", [0, 2, 3, 5])
def test_an_alarm_starts_at_the_latest_when_the_cycle_of_the_frame_on_air_is_over(dr: int) -> None:
    busy = (
        Setting(configuration.SAMPLING_INTERVAL_S, None, 60),
        Setting(configuration.REPORTING_INTERVAL_S, None, 1),
        Setting(configuration.HIGH, 1, 250),
        Setting(configuration.HYSTERESIS, 1, 20),
    )
    board = Board("EU868", dr, 0, 512, 7, busy)

    board.advance(120_000)  # joined, and the first values are through
    for _ in range(8):
        board.sensors[0].value = 300
        board.advance(37 * 60_000 + 1234)

    alarms = [event for event in board.sent if isinstance(event, AlarmSent)]
    sent = [event for event in board.sent if isinstance(event, FrameSent)]
    assert len(alarms) >= 10
    longest_ms = max(event.airtime_ms for event in sent)
    assert max(event.start_ms - event.sampled_ms for event in alarms) <= longest_ms + CLASS_A_MS
    for end in sent:  # the law, by other means than the MAC's ledger: 1 % of any hour in this sub-band
        hour = [e.airtime_ms for e in sent if end.start_ms - HOUR_MS < e.start_ms <= end.start_ms]
        assert sum(hour) <= 36_000


@pytest.mark.parametrize("path", PROGRAM, ids=lambda path: path.stem)
def test_a_module_of_the_program_compiles_for_boards(path: Path) -> None:
    if not path.stem.endswith("_host"):
        assert micropython.compile_module(path)[:1] == b"M"


def test_the_same_happens_on_a_real_micropython() -> None:
    here = Board("EU868", 3, 30, 512, 7)
    here.advance(2 * HOUR_MS)
    here.node.stop_sampling()
    here.advance(HOUR_MS)
    expected = (here.sampled, sorted(here.network.records), here.network.frames, here.network.downlinks)

    printed = micropython.run(
        SCRIPT
        + f"""
board = Board("EU868", 3, 30, 512, 7)
board.advance({2 * HOUR_MS})
board.node.stop_sampling()
board.advance({HOUR_MS})
check(board)
print(repr((board.sampled, sorted(board.network.records), board.network.frames, board.network.downlinks)))
""",
        [micropython.CODECS, micropython.NODE],
    )

    assert printed.strip() == repr(expected)


def test_a_node_with_eight_sensors_and_500_records_fits_a_board(capsys: pytest.CaptureFixture[str]) -> None:
    records, objects = board_heap.objects()

    with capsys.disabled():
        print(
            f"\nMicroPython heap, 32-bit words, node with 8 sensors and {records} records: objects {objects}"
            f" bytes of {board_heap.GATE_BYTES}"
        )
    assert records >= 500
    assert objects < board_heap.GATE_BYTES
