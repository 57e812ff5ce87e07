"""codecs/chirpstack/farwire.js as a file: what the generator makes, within ChirpStack's limits, and quiet."""

import re
import time

import pytest
from _quickjs import Context

from farwire_codecs import configuration, ports
from farwire_codecs.javascript.generator import PARTS, generate, part
from tests.codecs.javascript_engine import FILE, Engine, call_as_chirpstack

_NOT_HERE = (
    r"toLocale|\bIntl\b|Date\.now|new Date\(\)|\brandom|\brequire\(|\b(import|eval|var)\b|console|BigInt"
)

LIMIT_S = 0.1  # ChirpStack's max_execution_time, of which the start of its engine takes a part

# As many items as 242 bytes hold, each as short as it can be.
LONGEST = {
    ports.LPP_DYNAMIC: bytes((1, 0, 1)) * 80,
    ports.LPP_PACKED: bytes((0, 1)) * 121,
    ports.LPP_HISTORY_FIRST: bytes((0, 0, 1, 1)) * 60,
    ports.ALARM: bytes((31,)) + bytes((0, 1, 0, 1, 0, 1)) * 31,
    ports.LOG: bytes((1, 0, 1, 0, 237)) + bytes(237),
    ports.ACKNOWLEDGEMENT: bytes((2, 1, 1, 238)) + b"\xff" * 238,
    ports.CONFIGURATION: configuration.pieces(
        configuration.canonical(
            [configuration.Setting(configuration.HIGH, index, 2**31 - 3 * index) for index in range(120)]
        ),
        242,
    )[0],
}


def test_file_is_what_the_generator_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == generate(), "make codec"


def test_every_part_is_in_the_file() -> None:
    written = {path.stem for path in (FILE.parents[1] / "farwire_codecs/javascript/parts").glob("*.js")}

    assert set(PARTS) == written


def test_chirpstack_gets_an_uplink_within_its_limit_of_time(capsys: pytest.CaptureFixture[str]) -> None:
    frame = list(bytes.fromhex("02ab02046802d00f3d010574c500"))
    call = f'{{bytes: {frame}, fPort: 211, recvTime: new Date("2026-03-01T12:00:00Z"), variables: {{}}}}'

    start = time.perf_counter()
    result = call_as_chirpstack("decodeUplink", call, LIMIT_S)
    whole_ms = 1000 * (time.perf_counter() - start)

    assert result["data"]["alarms"][0]["time"] == "2026-03-01T11:55:50.000Z"
    engine = Engine()
    start = time.perf_counter()
    results = list(engine.decode_uplinks([(211, bytes(frame), {})] * 1000))
    each_us = 1000 * (time.perf_counter() - start)
    assert len(results) == 1000
    with capsys.disabled():
        print(
            f"\nfarwire.js, {FILE.stat().st_size} bytes: new engine, file and one alarm frame "
            f"{whole_ms:.1f} ms, each further one {each_us:.0f} µs (limit {1000 * LIMIT_S:.0f} ms)"
        )


@pytest.mark.parametrize("f_port", LONGEST)
def test_longest_frame_is_decoded_within_the_limit_of_time(
    f_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = list(LONGEST[f_port])
    function = "decodeDownlink" if f_port >= ports.ACKNOWLEDGEMENT else "decodeUplink"

    start = time.perf_counter()
    result = call_as_chirpstack(function, f"{{bytes: {frame}, fPort: {f_port}}}", LIMIT_S)
    whole_ms = 1000 * (time.perf_counter() - start)

    assert "data" in result
    with capsys.disabled():
        print(
            f"\nfarwire.js: new engine, file and {len(frame)} bytes on FPort {f_port} {whole_ms:.1f} ms",
            end="",
        )


def test_chirpstack_gets_a_downlink_with_its_port() -> None:
    call = "{data: {command: {set_output: {number: 7, channel: 2, value: 1.5}}}, variables: {}}"

    assert call_as_chirpstack("encodeDownlink", call) == {"bytes": [1, 0, 7, 2, 0, 150], "fPort": 221}


def test_time_limit_of_the_test_is_a_real_one() -> None:
    with pytest.raises(TimeoutError):
        call_as_chirpstack("(function () { for (;;) {} })", "null", 0.05)


def test_uplink_without_a_port_is_refused() -> None:
    result = call_as_chirpstack("decodeUplink", "{bytes: [103, 0, 0, 1, 16]}")

    assert result == {"errors": ["FPort undefined carries nothing that is decoded here"]}


def test_input_that_chirpstack_never_gives_is_a_fault_and_no_refusal() -> None:
    with pytest.raises(RuntimeError, match="TypeError"):
        call_as_chirpstack("decodeUplink", "undefined")


def test_file_is_strict_and_leaves_only_its_functions_behind() -> None:
    context = Context()
    names = "JSON.stringify(Object.getOwnPropertyNames(globalThis))"
    before = set(re.findall(r'"(.*?)"', context.eval(names)))

    context.eval(FILE.read_text(encoding="utf-8"))

    after = set(re.findall(r'"(.*?)"', context.eval(names)))
    assert after - before == {"decodeUplink", "encodeDownlink", "decodeDownlink"}
    assert context.eval("decodeUplink({bytes: [], fPort: 0}).errors.length") == 1
    code = [line for line in FILE.read_text(encoding="utf-8").splitlines() if not line.startswith("//")]
    assert code[0] == '"use strict";'


@pytest.mark.parametrize("name", PARTS)
def test_part_knows_no_locale_clock_chance_or_module(name: str) -> None:
    text = part(name)

    assert not re.search(_NOT_HERE, text)
    assert "\t" not in text
    assert [line for line in text.splitlines() if len(line) > 110] == []
