"""Orders of the cloud that can and cannot be carried out."""

from typing import Any

import pytest

from farwire_bridge.errors import OrderError
from farwire_bridge.order_content import accepted
from farwire_bridge.order_store import from_text, to_text
from farwire_codecs import command, configuration, ports
from farwire_codecs.configuration import Setting
from farwire_contract.v1.orders_pb2 import (
    Command,
    Configuration,
    Erase,
    Order,
    Reboot,
    ReportState,
    SendLog,
    SetOutput,
)
from tests.bridge.events_made import DEV_EUI

DOCUMENT = (Setting(configuration.SAMPLING_INTERVAL_S, None, 300),)
BASE = configuration.encode_document((Setting(configuration.STATE_INTERVAL_S, None, 300),))


def make(**changes: Any) -> Order:
    facts: dict[str, Any] = {
        "order_id": "an order",
        "dev_eui": DEV_EUI,
        "attempts": 3,
        "command": Command(number=7, report_state=ReportState()),
    }
    return Order(**{**facts, **changes})


@pytest.mark.parametrize(
    ("body", "frame"),
    [
        (
            Command(number=1, set_output=SetOutput(channel=4, value_x100=-150)),
            command.SetOutput(1, 4, -150),
        ),
        (Command(number=65_535, report_state=ReportState()), command.ReportState(65_535)),
        (Command(number=0, reboot=Reboot()), command.Reboot(0)),
        (Command(number=9, send_log=SendLog(kind=1, offset=300)), command.SendLog(9, 1, 300)),
        (Command(number=10, erase=Erase(what=7)), command.Erase(10, 7)),
    ],
)
def test_a_command_becomes_its_frame(body: Command, frame: object) -> None:
    state = accepted(make(command=body), 1)

    assert state.f_port == ports.COMMAND
    assert command.decode(state.content) == frame
    assert state.expected == body.number


def test_a_configuration_is_expected_back_as_its_hash() -> None:
    body = Configuration(
        document=configuration.encode_document(DOCUMENT), hash=configuration.document_hash(DOCUMENT)
    )

    state = accepted(make(command=None, configuration=body), 1)

    assert state.f_port == ports.CONFIGURATION
    assert state.expected == configuration.document_hash(DOCUMENT)


@pytest.mark.parametrize(
    ("base", "kept"),
    [(BASE, True), (configuration.encode_document(DOCUMENT), False), (b"\xff\xff", False), (b"", False)],
)
def test_a_base_is_kept_if_a_difference_can_be_taken_to_it(base: bytes, kept: bool) -> None:
    body = Configuration(
        document=configuration.encode_document(DOCUMENT),
        hash=configuration.document_hash(DOCUMENT),
        base=base,
    )

    state = accepted(make(command=None, configuration=body), 1)

    assert state.base == (base if kept else b"")
    assert from_text(to_text(state)) == state


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"order_id": ""}, "order_id"),
        ({"order_id": "x" * 65}, "order_id"),
        ({"dev_eui": "0102"}, "dev_eui"),
        ({"dev_eui": "01020304050607AB"}, "dev_eui"),
        ({"attempts": 0}, "attempts"),
        ({"attempts": 101}, "attempts"),
        ({"command": None}, "body"),
        ({"command": Command(number=1)}, "action"),
        ({"command": Command(number=65_536, reboot=Reboot())}, "number"),
        ({"command": Command(number=1, erase=Erase(what=0))}, "what"),
        ({"command": Command(number=1, erase=Erase(what=8))}, "what"),
        ({"command": Command(number=1, set_output=SetOutput(channel=256))}, "channel"),
        ({"command": Command(number=1, set_output=SetOutput(value_x100=40_000))}, "value_x100"),
        ({"command": None, "configuration": Configuration(document=b"", hash=1)}, "configuration"),
        ({"command": None, "configuration": Configuration(document=b"\xff\xff", hash=1)}, "version"),
        (
            {
                "command": None,
                "configuration": Configuration(document=configuration.encode_document(DOCUMENT), hash=1),
            },
            "hash",
        ),
    ],
)
def test_an_impossible_order_is_refused_with_its_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(OrderError, match=reason):
        accepted(make(**changes), 1)


def test_an_order_is_the_same_after_the_disk() -> None:
    state = accepted(make(), 3).cut(36)
    assert state is not None

    assert from_text(to_text(state)) == state
