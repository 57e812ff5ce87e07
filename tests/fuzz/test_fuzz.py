"""The fuzzer itself, and a small run of it; `make fuzz` is the large one."""

from pathlib import Path
from random import Random

import pytest

from farwire_codecs import ports
from farwire_codecs.errors import CodecError, MalformedError
from tests.fuzz import run
from tests.fuzz.mutate import MUTATIONS, Mutation, mutated
from tests.fuzz.targets import Target, all_targets
from tests.fuzz.worker import Failure, work

FOREVER = float("inf")


@pytest.fixture(scope="module")
def targets() -> list[Target]:
    return all_targets()


def test_twenty_thousand_mutated_frames_give_messages_or_codec_errors(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failed = run.main(["--frames", "20000", "--seed", "11"])

    printed = capsys.readouterr().out
    with capsys.disabled():
        print("\n" + printed[printed.index("20,000 mutated") :].rstrip())
    assert not failed, printed
    assert "20,000 mutated frames" in printed


def test_every_decoder_takes_most_of_its_frames_while_they_are_whole(targets: list[Target]) -> None:
    for target in targets:
        whole = 0
        for frame in target.seeds:
            try:
                target.decode(frame)
                whole += 1
            except CodecError:
                pass
        assert whole > len(target.seeds) / 2, target.name


def test_every_port_has_a_decoder_that_is_fed(targets: list[Target]) -> None:
    named = {name: value for name, value in vars(ports).items() if name.isupper()}
    fed = {f_port for target in targets for f_port in target.f_ports}

    assert {name for name, f_port in named.items() if f_port not in fed} == set()


def test_the_same_seed_gives_the_same_frames() -> None:
    frames = [b"\x01\x02\x03", bytes(20)]
    first, again = ([mutated(source, frames) for _ in range(200)] for source in (Random(4), Random(4)))

    assert first == again
    assert len(set(first)) > 100


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
def test_a_mutation_takes_frames_of_any_length(mutation: Mutation) -> None:
    source = Random(3)
    for frame in (b"", b"\x01", bytes(range(50))):
        for _ in range(50):
            mutation(source, bytearray(frame), [b"", b"\xff\xfe"])


def test_what_is_no_codec_error_is_kept_with_its_frame_once_for_each_place() -> None:
    def decode(frame: bytes) -> int:
        if len(frame) < 3:
            raise MalformedError("short")
        return 1 // frame[0]

    tally = work([Target("divides", 1, decode, [b"\x00\x01\x02"])], 500, 1, FOREVER, lambda _: None)

    assert [failure.target for failure in tally.failures] == ["divides"]
    assert "ZeroDivisionError" in tally.failures[0].error
    assert tally.failures[0].frame[0] == 0
    assert tally.decoded["divides"]
    assert tally.refused["divides"]


def test_a_failure_is_written_down_and_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = run.save(Failure("downlink 221, command", b"\x02\x00\x07", "Traceback"), tmp_path / "fuzz")
    assert f"--repeat {path}" in capsys.readouterr().out

    assert run.main(["--repeat", str(path)]) == 0

    assert "ReportState(number=7)" in capsys.readouterr().out
