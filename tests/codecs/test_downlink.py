"""A queue item by its port."""

from typing import Any

import pytest

from farwire_codecs import ports
from farwire_codecs.downlink import decode_downlink
from farwire_codecs.errors import UnknownTypeError
from tests.codecs.frames import CASES, decoded

PORTS = {
    "acknowledgement": ports.ACKNOWLEDGEMENT,
    "command": ports.COMMAND,
    "configuration_piece": ports.CONFIGURATION,
}
DOWN = [case for case in CASES if case["frame"] in PORTS]


@pytest.mark.parametrize("case", DOWN, ids=[case["name"] for case in DOWN])
def test_downlink_is_decoded_by_its_port(case: dict[str, Any]) -> None:
    payload = bytes.fromhex(case["hex"])

    message = decode_downlink(PORTS[case["frame"]], payload)

    assert message == decoded(case, payload)
    assert type(message) is type(decoded(case, payload))


def test_port_without_a_downlink_is_named() -> None:
    for f_port in (0, 1, 12, ports.LPP_HISTORY_FIRST, ports.HISTORY, ports.LOG, 224):
        with pytest.raises(UnknownTypeError, match=f"FPort {f_port} "):
            decode_downlink(f_port, b"")
