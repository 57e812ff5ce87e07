"""A codec file that runs wild is stopped, and harms neither the next call nor its neighbours."""

from collections.abc import Iterator

import pytest

from farwire_codecs import ts013
from farwire_codecs.ts013 import Engine, InThisThread
from farwire_codecs.ts013_engine import Limits
from farwire_codecs.ts013_errors import ScriptError, ScriptFileError, ScriptLimitError
from farwire_codecs.ts013_process import ScriptProcess

QUICK = Limits(cpu_s=0.05, wall_s=0.3)
GOOD = "function decodeUplink(i) { return {data: {sum: i.bytes[0] + i.bytes[1]}}; }"

LOOPS = [
    "for (;;);",
    "for (;;) { try { for (;;); } catch (e) {} finally { continue; } }",
    "/(a+)+$/.test('a'.repeat(50) + 'b')",
    "throw {toString() { for (;;); }}",
    "return {data: {toJSON() { for (;;); }}}",
    "return {get data() { for (;;); }}",
    "return {data: new Proxy({}, {ownKeys() { for (;;); }})}",
    "[].indexOf.call({length: 2 ** 53 - 1}, 1)",
]
HUNGRY = [
    "const a = []; for (;;) a.push('x'.repeat(1000) + a.length)",
    "'x'.repeat(2 ** 29)",
    "new ArrayBuffer(2 ** 30)",
    "let s = 'x'; for (let k = 0; k < 29; k++) s += s; return {data: {s}}",
    "Array.from({length: 4e9})",
]
DEEP = ["return decodeUplink(i)", "JSON.parse('['.repeat(1e5))", "let f = () => f(); f()"]
# Single built-ins that the engine does not interrupt.
ENDLESS = ["new Array(4294967295).join('')", "const a = []; a.length = 4294967295; a.reverse()"]


@pytest.fixture(scope="module")
def process() -> Iterator[ScriptProcess]:
    process = ScriptProcess()
    yield process
    process.close()


def stopped(body: str, engine: Engine) -> str:
    """Return what is said of a decoder that does not return."""
    codec = ts013.load("wild", f"function decodeUplink(i) {{ {body} }}", QUICK, engine)
    with pytest.raises(ScriptLimitError, match=r"^codec wild: decodeUplink ") as caught:
        codec.decode_uplink(b"\x01\x02", 1, 0)
    return str(caught.value)


@pytest.mark.parametrize("body", LOOPS)
def test_a_loop_is_stopped_by_its_time(body: str) -> None:
    assert "ran for more than 50 ms of CPU time" in stopped(body, InThisThread())


@pytest.mark.parametrize("body", HUNGRY)
def test_a_glutton_is_stopped_by_its_memory(body: str) -> None:
    assert "needed more than 8388608 bytes of memory" in stopped(body, InThisThread())


@pytest.mark.parametrize("body", DEEP)
def test_a_recursion_is_stopped_by_its_stack(body: str) -> None:
    assert "needed more than 262144 bytes of stack" in stopped(body, InThisThread())


@pytest.mark.parametrize("body", ENDLESS)
def test_a_built_in_that_does_not_return_costs_its_process_and_nothing_else(
    body: str, process: ScriptProcess
) -> None:
    good = ts013.load("good", GOOD, QUICK, process)

    said = stopped(body, process)

    assert "ran for more than 0.3 s" in said
    assert good.decode_uplink(b"\x01\x02", 1, 0).data == {"sum": 3}


@pytest.mark.parametrize("body", [*LOOPS, *HUNGRY, *DEEP])
def test_a_process_goes_on_after_a_codec_was_stopped(body: str, process: ScriptProcess) -> None:
    good = ts013.load("good", GOOD, QUICK, process)

    stopped(body, process)

    assert good.decode_uplink(b"\x01\x02", 1, 0).data == {"sum": 3}


@pytest.mark.parametrize(
    "body",
    [
        "JSON.stringify = () => 'x'; JSON.parse = null; return {data: {sum: 0}}",
        "Array.prototype.map = Object.keys = Array.from = () => { throw 1; }; return {data: {sum: 0}}",
        "Object.freeze(globalThis); return {data: {sum: 0}}",
        "delete globalThis.JSON; delete globalThis.Date; return {data: {sum: 0}}",
        "Object.defineProperty(Object.prototype, 'output', {value: 7}); return {data: {sum: 0}}",
        "throw null",
        "throw undefined",
        "Error.prototype.toString = () => { throw 1; }; throw new Error('x')",
    ],
)
def test_a_codec_that_changes_built_ins_changes_them_for_itself_alone(body: str) -> None:
    wild = ts013.load("wild", f"function decodeUplink(i) {{ {body} }}", QUICK)
    good = ts013.load("good", GOOD, QUICK)

    try:
        changed = wild.decode_uplink(b"", 1, 0).data
    except ScriptError:
        changed = {"sum": 0}

    assert changed == {"sum": 0}
    assert good.decode_uplink(b"\x01\x02", 1, 0).data == {"sum": 3}


def test_a_file_that_does_not_end_is_refused_when_it_is_loaded(process: ScriptProcess) -> None:
    with pytest.raises(ScriptFileError, match="codec wild line 1: ran for more than 50 ms of CPU time"):
        ts013.load("wild", "for (;;);", QUICK, process)


def test_a_process_that_was_killed_is_replaced(process: ScriptProcess) -> None:
    good = ts013.load("good", GOOD, QUICK, process)
    before = process.started

    process.close()

    assert good.decode_uplink(b"\x01\x02", 1, 0).data == {"sum": 3}
    assert process.started == before + 1


def test_a_codec_cannot_reach_files_or_modules() -> None:
    source = """function decodeUplink() {
        const names = ["std", "os", "require", "process", "scriptArgs", "fetch", "setTimeout", "print"];
        return {data: {names: names.filter((name) => globalThis[name] !== undefined)}};
    }"""

    assert ts013.load("curious", source).decode_uplink(b"", 1, 0).data == {"names": []}
