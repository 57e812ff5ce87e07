"""The range coder: what goes in comes out, in the fewest bytes and in one form."""

import itertools
import random
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from farwire_codecs.contexts import ADAPTED, ALL, Contexts
from farwire_codecs.errors import CodecError, MalformedError, TruncatedError
from farwire_codecs.measuring_coder import MeasuringCoder
from farwire_codecs.range_coder import RangeDecoder, RangeEncoder
from tests.codecs import second_history

Step = tuple[str, int, int]  # kind; context, chance or number of bits; value

steps = st.lists(
    st.tuples(st.just("context"), st.sampled_from([0, 1, 2, 300, ALL - 1]), st.integers(0, 1))
    | st.tuples(st.just("chance"), st.sampled_from([31, 1927, 16384, 32767]), st.integers(0, 1))
    | st.integers(1, 33).flatmap(
        lambda bits: st.tuples(st.just("even"), st.just(bits), st.integers(0, (1 << bits) - 1))
    ),
    max_size=60,
)


def put(coder: RangeEncoder, step: Step) -> None:
    kind, how, value = step
    if kind == "context":
        coder.put(how, value)
    elif kind == "chance":
        coder.put_chance(how, value)
    else:
        coder.put_even(value, how)


def taken(coder: RangeDecoder, step: Step) -> int:
    kind, how, _ = step
    if kind == "context":
        return coder.take(how)
    return coder.take_chance(how) if kind == "chance" else coder.take_even(how)


def coded(message: list[Step], limit: int = 400) -> bytes:
    coder = RangeEncoder(Contexts(), limit)
    for step in message:
        put(coder, step)
    return coder.close()


def read(message: list[Step], code: bytes) -> list[int]:
    coder = RangeDecoder(Contexts(), code, 0)
    values = [taken(coder, step) for step in message]
    coder.end()
    return values


def chances(message: list[Step]) -> list[tuple[int, int | None]]:
    """Return single bits with their chances, as the second coder takes them."""
    contexts = [[chance, count] for chance, count in zip(Contexts().chances, Contexts().counts, strict=True)]
    bits: list[tuple[int, int | None]] = []
    for kind, how, value in message:
        if kind == "context":
            bits.append((value, second_history.learn(contexts, how, value)))
        elif kind == "chance":
            bits.append((value, how))
        else:
            bits += [(value >> at & 1, None) for at in reversed(range(how))]
    return bits


@given(steps)
def test_bits_come_back(message: list[Step]) -> None:
    assert read(message, coded(message)) == [value for _, _, value in message]


@given(steps)
def test_code_is_that_of_a_coder_with_integers_of_any_size(message: list[Step]) -> None:
    assert coded(message) == second_history.coded(chances(message))


def test_carry_goes_through_bytes_of_255() -> None:
    source = random.Random(1)
    carried = 0
    for _ in range(3000):
        message: list[Step] = [("chance", 32767, int(source.random() < 0.5)) for _ in range(6)]
        message += [("even", 16, 0), ("chance", 31, 0), ("even", 12, 0), ("chance", 31, 1)]
        code = coded(message)
        carried += b"\xff\xff" in code or b"\x00\x00" in code
        assert code == second_history.coded(chances(message))

    assert carried > 100


@given(steps)
def test_size_is_known_beforehand_and_never_falls(message: list[Step]) -> None:
    coder = RangeEncoder(Contexts(), 400)
    size = coder.size()

    for step in message:
        put(coder, step)
        assert coder.size() >= size
        size = coder.size()

    assert len(coder.close()) == size


@given(steps, steps, steps)
def test_rewound_coder_has_forgotten(before: list[Step], tried: list[Step], after: list[Step]) -> None:
    contexts = Contexts()
    coder = RangeEncoder(contexts, 400)
    for step in before:
        put(coder, step)
    saved = Contexts()
    saved.copy(contexts)
    coder.mark(1)

    for step in tried:
        put(coder, step)
    coder.rewind(1)
    contexts.copy(saved)
    for step in after:
        put(coder, step)

    assert coder.close() == coded(before + after)


@given(steps.filter(bool))
def test_every_strict_prefix_is_cut(message: list[Step]) -> None:
    code = coded(message)

    for length in range(len(code)):
        with pytest.raises(TruncatedError):
            read(message, code[:length])


@given(steps, st.binary(min_size=1, max_size=3))
def test_whatever_is_appended_is_refused_and_changes_no_bit(message: list[Step], more: bytes) -> None:
    code = coded(message) + more
    coder = RangeDecoder(Contexts(), code, 0)

    assert [taken(coder, step) for step in message] == [value for _, _, value in message]
    with pytest.raises(MalformedError):
        coder.end()


@settings(max_examples=20)
@given(steps)
def test_of_all_last_bytes_one_is_accepted(message: list[Step]) -> None:
    code = coded(message)
    values = [value for _, _, value in message]
    accepted = []

    for last in range(256):
        for length in (len(code) - 1, len(code), len(code) + 1):
            other = (code + b"\x80")[: length - 1] + bytes([last])
            try:
                if read(message, other) == values:
                    accepted.append(other)
            except CodecError:
                pass

    assert accepted == [code]


def test_every_code_of_two_bytes_is_refused_or_is_what_is_written() -> None:
    message: list[Step] = [("context", 0, 0), ("chance", 31, 0), ("even", 3, 0)]
    accepted = 0

    for code in itertools.chain(
        (bytes([a]) for a in range(256)), (bytes([a, b]) for a in range(0, 256, 5) for b in range(256))
    ):
        try:
            values = read(message, code)
        except CodecError:
            continue
        accepted += 1
        assert (
            coded([(kind, how, value) for (kind, how, _), value in zip(message, values, strict=True)]) == code
        )

    assert 8 <= accepted <= 32


def test_code_of_255s_is_refused() -> None:
    with pytest.raises(MalformedError, match="255"):
        RangeDecoder(Contexts(), b"\xff\xff\xff\x00", 0)


def test_bits_beyond_the_limit_are_counted_and_written_nowhere() -> None:
    coder = RangeEncoder(Contexts(), 3)

    coder.put_even(0, 400)

    assert coder.size() >= 50


@pytest.mark.parametrize("bit", [0, 1])
def test_surest_context_still_codes_the_other_bit(bit: int) -> None:
    message: list[Step] = [("context", 5, bit)] * 3000 + [("context", 5, 1 - bit)] * 3

    assert read(message, coded(message)) == [value for _, _, value in message]
    assert len(coded(message[:3000])) < 5


@given(st.lists(st.tuples(st.integers(0, ALL - 1), st.integers(0, 1)), max_size=300))
def test_measuring_coder_learns_the_same_and_counts_what_is_written(bits: list[tuple[int, int]]) -> None:
    measured, written = Contexts(), Contexts()
    measuring, coder = MeasuringCoder(measured), RangeEncoder(written, 400)

    for context, bit in bits:
        measuring.put(context, bit)
        coder.put(context, bit)

    assert (measured.chances, measured.counts) == (written.chances, written.counts)
    assert max(measured.counts) <= ADAPTED
    assert abs(measuring.cost / 128 - coder.size()) <= 2 + len(bits) / 40


def test_context_starts_as_trained_or_unsure() -> None:
    contexts = Contexts()
    trained = array("H", contexts.chances)

    contexts.start(True)

    assert set(contexts.chances) == {32768}
    assert set(contexts.counts) == {1}
    contexts.start()
    assert contexts.chances == trained
