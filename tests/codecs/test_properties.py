"""What holds for every message and for every payload: both ways the same, and nothing but CodecErrors."""

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_codecs import (
    acknowledgement,
    alarm,
    command,
    configuration,
    lpp,
    state_report,
    uplink,
)
from farwire_codecs.errors import CodecError
from farwire_codecs.lpp_profiles import PROFILES
from farwire_codecs.lpp_types import FULL_SCALE_GPS, TYPES
from farwire_codecs.schema import Channel, plain
from tests.codecs import strategies as any_

SCHEMA = plain(7, (Channel(1, 103), Channel(2, 104), Channel(3, 113)))


def refuse_every_prefix(decode: Callable[[bytes], Any], frame: bytes) -> None:
    for length in range(len(frame)):
        with pytest.raises(CodecError):
            decode(frame[:length])


@given(any_.acknowledgements)
def test_acknowledgement_comes_back(message: acknowledgement.Acknowledgement) -> None:
    frame = acknowledgement.encode(message, 242)

    assert acknowledgement.decode(frame) == message
    refuse_every_prefix(acknowledgement.decode, frame)


@given(any_.acknowledgements, any_.payload_limits)
def test_acknowledgement_in_a_short_frame_tells_of_fewer_records_and_of_no_wrong_one(
    message: acknowledgement.Acknowledgement, limit: int
) -> None:
    frame = acknowledgement.encode(message, limit)

    short = acknowledgement.decode(frame)
    assert len(frame) <= limit
    assert message.stored_above.startswith(short.stored_above)
    assert short[:1] + short[2:] == message[:1] + message[2:]


@given(any_.alarms(), any_.payload_limits)
def test_alarms_come_back_as_many_as_fit(alarms: list[alarm.Alarm], limit: int) -> None:
    frame, count = alarm.encode(alarms, limit)

    assert len(frame) <= limit
    if not count:
        assert frame == b""
        return
    assert alarm.decode(frame) == alarms[:count]
    refuse_every_prefix(alarm.decode, frame)
    if count < len(alarms) and count < alarm.MAXIMUM_ALARMS:
        assert len(alarm.encode(alarms[: count + 1], 2000)[0]) > limit


@given(any_.state_reports())
def test_state_report_comes_back(report: state_report.StateReport) -> None:
    frame = state_report.encode(report)

    assert len(frame) <= state_report.MAXIMUM_SIZE
    assert state_report.decode(frame) == report
    refuse_every_prefix(state_report.decode, frame)


@given(any_.commands)
def test_command_comes_back(order: Any) -> None:
    frame = command.encode(order)

    assert command.decode(frame) == order
    assert type(command.decode(frame)) is type(order)
    refuse_every_prefix(command.decode, frame)


@given(any_.answers)
def test_command_answer_comes_back(answer: command.CommandAnswer) -> None:
    frame = command.encode_answer(answer)

    assert command.decode_answer(frame) == answer
    refuse_every_prefix(command.decode_answer, frame)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES.keys())
def test_items_of_every_profile_come_back(profile: Any) -> None:
    @given(st.lists(any_.items(profile.types)))
    def check(items: list[lpp.Item]) -> None:
        assert lpp.decode_dynamic(lpp.encode_dynamic(items, profile.types), profile.types) == items

    check()


@given(st.lists(any_.items()))
def test_packed_items_come_back(items: list[lpp.Item]) -> None:
    numbered = [lpp.Item(index + 1, item.type_id, item.raw) for index, item in enumerate(items)]

    assert lpp.decode_packed(lpp.encode_packed(numbered)) == numbered


@given(st.lists(st.tuples(any_.byte, any_.raws(TYPES[FULL_SCALE_GPS]))))
def test_positions_come_back(positions: list[tuple[int, tuple[int, ...]]]) -> None:
    items = [lpp.Item(channel, FULL_SCALE_GPS, raw) for channel, raw in positions]

    assert lpp.decode_gps(lpp.encode_gps(items)) == items


@given(st.lists(any_.items(), min_size=1))
def test_cut_lpp_frame_gives_whole_items_or_an_error_that_carries_them(items: list[lpp.Item]) -> None:
    frame = lpp.encode_dynamic(items)

    for length in range(len(frame)):
        offset, read = length, items
        try:
            read = lpp.decode_dynamic(frame[:length])
        except CodecError as error:
            offset, read = error.offset, list(error.items)  # type: ignore[arg-type]
        assert read == items[: len(read)]
        assert len(lpp.encode_dynamic(read)) == offset


@given(st.binary(max_size=260), st.sampled_from([*range(1, 4), *range(210, 223), 99]), st.booleans())
def test_any_bytes_on_any_port_give_a_message_or_a_codec_error(
    payload: bytes, f_port: int, known: bool
) -> None:
    with contextlib.suppress(CodecError):
        uplink.decode_uplink(f_port, payload, lambda schema_id: SCHEMA if known else None)


@given(st.binary(max_size=60))
def test_any_bytes_downlink_give_a_message_or_a_codec_error(payload: bytes) -> None:
    for decode in (
        acknowledgement.decode,
        command.decode,
        configuration.decode_piece,
        configuration.decode_document,
    ):
        with contextlib.suppress(CodecError):
            decode(payload)
