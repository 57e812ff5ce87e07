"""For every frame: JSON and back is the same, and an explanation covers each byte once."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from farwire.codec.explain import explain
from farwire.codec.messages import FRAMES, Known, decode, encode
from farwire.codec.parts import Part
from farwire.codec.table import table
from farwire_codecs import (
    acknowledgement,
    alarm,
    batch,
    command,
    configuration,
    log_piece,
    lpp,
    lpp_actuators,
    lpp_history,
    lpp_periods,
    ports,
    state_report,
)
from farwire_codecs.configuration_keys import KEYS, SECRET
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_profiles import PROFILES
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES
from farwire_codecs.schema import Channel, plain
from tests.codecs import configuration_strategies, history_strategies
from tests.codecs import strategies as any_
from tests.farwire.codec_command import Frame, codec, decoded, encoded, known_frames

FRAMES_KNOWN = list(known_frames())
LONGEST = 2000  # bytes; some frames may be longer than LoRaWAN carries

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
each_frame = pytest.mark.parametrize(
    "frame", FRAMES_KNOWN, ids=[f"{frame.port}-{frame.name}" for frame in FRAMES_KNOWN]
)

open_documents = configuration_strategies.documents.filter(
    lambda document: all(KEYS[setting.key].kind != SECRET for setting in document)
)
positions = st.lists(
    st.builds(
        lpp.Item, channel=any_.byte, type_id=st.just(FULL_SCALE_GPS), raw=any_.raws(TYPES[FULL_SCALE_GPS])
    )
)

anything = st.one_of(
    st.tuples(st.just(1), st.lists(any_.items()).map(lpp.encode_dynamic)),
    st.tuples(
        st.just(2),
        st.lists(any_.items())
        .map(lambda items: [lpp.Item(at + 1, *item[1:]) for at, item in enumerate(items)])
        .map(lpp.encode_packed),
    ),
    st.tuples(st.just(3), positions.map(lpp.encode_gps)),
    any_.histories.map(
        lambda items: (lpp_history.port_of(items[0].channel), lpp_history.encode_history(items))
    ),
    st.tuples(st.just(10), any_.outputs.map(lpp_actuators.encode_actuators)),
    st.tuples(st.just(11), any_.device_periods.map(lpp_periods.encode_device_period)),
    st.tuples(st.just(13), any_.sensor_periods.map(lpp_periods.encode_sensor_periods)),
    st.tuples(st.just(14), any_.sensor_enables.map(lpp_periods.encode_sensor_enable)),
    st.tuples(st.just(211), any_.alarms().map(lambda alarms: alarm.encode(alarms, LONGEST)[0])),
    st.tuples(st.just(212), any_.state_reports().map(state_report.encode)),
    st.tuples(st.just(213), any_.answers.map(command.encode_answer)),
    st.tuples(st.just(214), any_.log_pieces().map(log_piece.encode)),
    st.tuples(st.just(220), any_.acknowledgements.map(lambda each: acknowledgement.encode(each, LONGEST))),
    st.tuples(st.just(221), any_.commands.map(command.encode)),
    st.tuples(st.just(222), open_documents.map(lambda each: configuration.pieces(each, 242)[0])),
    st.tuples(
        st.just(222),
        st.tuples(open_documents, st.integers(11, 60)).map(lambda each: configuration.pieces(*each)[-1]),
    ),
)

SCHEMA = plain(0, (Channel(1, 103), Channel(2, 113)), 60)
KEYS_GIVEN = "frame port items number channel type value raw records schema id channels alarms command reboot"
keys = st.sampled_from(
    [*FRAMES, *KEYS_GIVEN.split(), "configuration", "high", "3", "through", "stored", "on"]
)
values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | keys
messages = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=5),
    max_leaves=20,
) | st.fixed_dictionaries(
    {"port": st.sampled_from([*FRAMES.values(), 100])},
    optional=dict.fromkeys(("items", "alarms", "records", "schema", "command", "configuration"), values),
)


def through_text(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(message))
    return found


def covers(parts: list[Part], payload: bytes) -> bool:
    at = 0
    for part in parts:
        if part.offset != at:
            return False
        at += part.size
    return at == len(payload)


@patiently
@given(anything)
def test_what_decode_prints_encodes_to_a_frame_that_prints_the_same(case: tuple[int, bytes]) -> None:
    port, payload = case
    message = through_text(decode(port, payload, Known()))

    found, frames = encode(message, Known(), 242 if port == ports.CONFIGURATION else LONGEST)

    assert (found, len(frames)) == (port, 1)
    assert through_text(decode(port, frames[0], Known())) == message


@patiently
@given(history_strategies.recordings(), st.booleans(), st.booleans(), st.integers(-1, 0), any_.payload_limits)
def test_any_history_batch_comes_back(
    recording: history_strategies.Recording, inline: bool, wanted: bool, only: int, limit: int
) -> None:
    schema, records, tx_end_ms = recording
    payload, count = batch.encode(schema, records, tx_end_ms, limit, wanted, inline, None, only)
    if not count:
        return
    known = Known(schemas={schema.schema_id: schema})
    message = through_text(decode(ports.HISTORY, payload, known))

    port, frames = encode(message, Known(), LONGEST)

    assert port == ports.HISTORY
    assert through_text(decode(ports.HISTORY, frames[0], known)) == message


@patiently
@given(open_documents, open_documents, st.integers(11, 242))
def test_any_configuration_comes_back_whole_and_as_a_difference(
    old: tuple[configuration.Setting, ...], new: tuple[configuration.Setting, ...], limit: int
) -> None:
    try:
        (difference,) = configuration.difference_pieces(old, new, 242)
        (document,) = configuration.pieces(new, 242)
    except (CodecError, ValueError):  # longer than any document, or than a frame
        return
    whole = through_text(decode(ports.CONFIGURATION, document, Known()))
    change = through_text(decode(ports.CONFIGURATION, difference, Known()))

    assert encode(whole, Known(), limit) == (ports.CONFIGURATION, configuration.pieces(new, limit))
    assert encode(change, Known(), 242) == (ports.CONFIGURATION, [difference])


@patiently
@given(st.sampled_from(sorted(PROFILES)), st.data())
def test_items_of_any_profile_come_back(name: str, data: st.DataObject) -> None:
    known = Known(PROFILES[name])
    items = data.draw(st.lists(any_.items(PROFILES[name].types)))
    payload = lpp.encode_dynamic(items, PROFILES[name].types)

    message = through_text(decode(1, payload, known))

    assert encode(message, known, LONGEST) == (1, [payload])


@patiently
@given(anything)
def test_an_explanation_covers_each_byte_of_any_frame_once(case: tuple[int, bytes]) -> None:
    parts = explain(*case, Known())

    assert covers(parts, case[1])
    assert "not read" not in [part.name for part in parts]


@patiently
@given(history_strategies.recordings(), st.booleans(), st.integers(-1, 0), any_.payload_limits)
def test_an_explanation_covers_each_byte_of_any_history_batch_and_counts_its_bits(
    recording: history_strategies.Recording, inline: bool, only: int, limit: int
) -> None:
    schema, records, tx_end_ms = recording
    payload, count = batch.encode(schema, records, tx_end_ms, limit, False, inline, None, only)
    if not count:
        return

    parts = explain(ports.HISTORY, payload, Known(schemas={schema.schema_id: schema}))

    assert covers(parts, payload)
    coded = next(part for part in parts if part.name == "coded")
    told = sum(float(part.value.split()[0]) for part in parts if not part.size)
    assert abs(told - float(coded.meaning.split()[0])) <= 0.05 * len(parts) + 0.1
    assert 8 * coded.size - 17 <= told <= 8 * coded.size + 0.05 * len(parts) + 0.1
    assert [part.name for part in parts if part.name.startswith("record ")] == [
        f"record {record.number}" for record in records[:count]
    ]


@patiently
@given(st.sampled_from([*FRAMES.values(), 100]), st.binary(max_size=60), st.booleans())
def test_any_bytes_are_explained_to_the_last_one(port: int, payload: bytes, known: bool) -> None:
    schemas = {payload[1]: SCHEMA} if known and len(payload) > 1 else {}

    assert covers(explain(port, payload, Known(schemas=schemas)), payload)


@patiently
@given(messages)
def test_any_json_is_a_frame_or_a_codec_error(message: Any) -> None:
    with contextlib.suppress(CodecError):
        _, frames = encode(message, Known(), 242)
        assert all(0 <= len(frame) <= 242 for frame in frames)


@patiently
@given(st.sampled_from([*FRAMES.values(), 100]), st.binary(max_size=60), st.sampled_from(sorted(PROFILES)))
def test_any_bytes_are_shown_or_refused(port: int, payload: bytes, profile: str) -> None:
    with contextlib.suppress(CodecError):
        message = decode(port, payload, Known(PROFILES[profile], schemas=dict.fromkeys(range(256), SCHEMA)))
        assert table(message).startswith(f"port {port}  ")
        json.dumps(message, allow_nan=False)


@each_frame
def test_every_known_frame_is_explained_and_comes_back(frame: Frame) -> None:
    ran = codec("decode", "--port", str(frame.port), "--json", "--explain", frame.hex, *frame.options)

    message = ran.json
    parts = [Part(**each) for each in message["explain"]]
    assert covers(parts, bytes.fromhex(frame.hex))
    if ran.code == 0:
        assert "not read" not in [part.name for part in parts]
        shown = decoded(frame.port, frame.hex, *frame.options)
        assert decoded(frame.port, encoded(shown), *frame.options) == shown
    else:
        assert message["error"] in ran.err
