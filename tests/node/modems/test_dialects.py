"""What each modem's lines mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from farwire_node.link import AIRTIME, BUSY, NOT_JOINED, TOO_LONG, Refusal
from farwire_node.modems import dialect as meanings
from farwire_node.modems.dialect import BAD, Dialect, Meaning, ask, put
from farwire_node.modems.lora_e5 import LoraE5
from farwire_node.modems.rak3172 import Rak3172
from farwire_node.modems.rn2483 import Rn2483

DIALECTS = (Rak3172, LoraE5, Rn2483)


def kinds(dialect: Dialect, *lines: str) -> list[int]:
    return [meaning.kind for line in lines for meaning in dialect.read(line)]


def refusal(dialect: Dialect, line: str) -> Refusal:
    (meaning,) = dialect.read(line)
    assert meaning.kind == meanings.FAILED
    return meaning.value


def sending(dialect: Dialect, confirmed: bool = False) -> Dialect:
    dialect.begin(dialect.send(2, b"\x01\x02", confirmed)[-1])
    return dialect


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        (Rak3172(), "+EVT:RX_1:-46:7:UNICAST:4:abcd"),
        (Rak3172(), "+EVT:RX_C:-46:7:MULTICAST:4:abcd"),
        (LoraE5(), '+MSGHEX: PORT: 4; RX: "ABCD"'),
        (LoraE5(), '+MSG: PORT: 4; RX: "ABCD"'),
        (LoraE5(), '+CMSGHEX: PORT: 4; RX: "ABCD"'),
    ],
)
def test_a_downlink_has_a_port_and_a_payload(dialect: Dialect, line: str) -> None:
    assert dialect.read(line) == (Meaning(meanings.RECEIVED, (4, b"\xab\xcd")),)


def test_a_downlink_of_an_rn2483_ends_the_cycle_in_class_a_and_may_not_in_class_c() -> None:
    class_a, class_c = Rn2483(), Rn2483()
    class_c.class_c = True

    assert kinds(class_a, "mac_rx 4 ABCD") == [meanings.RECEIVED, meanings.SENT]
    assert kinds(class_c, "mac_rx 4 ABCD") == [meanings.RECEIVED, meanings.SENT_SOON]


@pytest.mark.parametrize(
    ("dialect", "line"),
    [
        (Rak3172(), "+EVT:RX_1:-46:7:UNICAST:0:abcd"),
        (Rak3172(), "+EVT:RX_1:-46:7:UNICAST:224:abcd"),
        (Rak3172(), "+EVT:RX_1:-46:7:UNICAST:4:abc"),
        (Rak3172(), "+EVT:RX_1:-46:7:UNICAST:4"),
        (Rak3172(), "+EVT:RX_1:-46:7:UNICAST:4:"),
        (LoraE5(), '+MSG: PORT: 4; RX: "ABCD'),
        (LoraE5(), '+MSG: PORT: x; RX: "ABCD"'),
        (LoraE5(), "+MSG: PORT: 4"),
    ],
)
def test_a_downlink_that_cannot_be_true_means_nothing(dialect: Dialect, line: str) -> None:
    assert dialect.read(line) == ()


@pytest.mark.parametrize(
    ("dialect", "line", "expected"),
    [
        (Rak3172, "AT_NO_NETWORK_JOINED", Refusal(NOT_JOINED, None)),
        (Rak3172, "AT_BUSY_ERROR", Refusal(BUSY, None)),
        (Rak3172, "AT_PARAM_ERROR", Refusal(TOO_LONG, None)),
        (Rak3172, "AT_COMMAND_NOT_FOUND", Refusal(TOO_LONG, None)),
        (LoraE5, "+MSGHEX: Please join network first", Refusal(NOT_JOINED, None)),
        (LoraE5, "+MSGHEX: LoRaWAN modem is busy", Refusal(BUSY, None)),
        (LoraE5, "+MSGHEX: No free channel", Refusal(AIRTIME, None)),
        (LoraE5, "+MSGHEX: No band in 1234ms", Refusal(AIRTIME, 1234)),
        (LoraE5, "+MSGHEX: Length error 11", Refusal(TOO_LONG, None)),
        (LoraE5, "+MSGHEX: DR error", Refusal(TOO_LONG, None)),
        (LoraE5, "+MSGHEX: ERROR(-1)", Refusal(BAD, None)),
        (Rn2483, "not_joined", Refusal(NOT_JOINED, None)),
        (Rn2483, "keys_not_init", Refusal(NOT_JOINED, None)),
        (Rn2483, "fram_counter_err_rejoin_needed", Refusal(NOT_JOINED, None)),
        (Rn2483, "busy", Refusal(BUSY, None)),
        (Rn2483, "mac_paused", Refusal(BUSY, None)),
        (Rn2483, "no_free_ch", Refusal(AIRTIME, None)),
        (Rn2483, "invalid_data_len", Refusal(TOO_LONG, None)),
        (Rn2483, "invalid_param", Refusal(BAD, None)),
    ],
)
def test_a_refusal_tells_why(dialect: type[Dialect], line: str, expected: Refusal) -> None:
    assert refusal(sending(dialect()), line) == expected


def test_the_wait_of_a_rak3172_belongs_to_the_busy_that_follows_it() -> None:
    rak = sending(Rak3172())

    assert rak.read("Restricted_Wait_3343902_ms") == ()
    assert refusal(rak, "AT_BUSY_ERROR") == Refusal(AIRTIME, 3_343_902)


def test_an_answer_to_a_question_needs_its_value_and_no_other() -> None:
    rak = Rak3172()
    rak.begin(ask("AT+DR=?", "dr"))

    assert rak.read("OK") == ()
    assert rak.read("AT+ADR=1") == ()
    assert rak.read("AT+DR=5") == ()
    assert rak.read("OK") == (Meaning(meanings.VALUE, "5"),)


def test_an_rn2483_that_says_ok_has_answered_no_question() -> None:
    rn = Rn2483()
    rn.begin(ask("mac get dr", "dr"))

    assert rn.read("ok") == ()
    assert rn.read("5") == (Meaning(meanings.VALUE, "5"),)


def test_the_first_line_of_an_e5s_data_rate_is_the_answer() -> None:
    e5 = LoraE5()
    e5.begin(ask("AT+DR", "dr"))

    assert e5.read("+DR: EU868 DR5  SF7 BW125K ") == ()
    assert e5.read("+DR: DR5") == (Meaning(meanings.VALUE, "5"),)


def test_an_e5_tells_the_outcome_of_a_join_with_the_last_line() -> None:
    e5 = LoraE5()
    e5.begin(put("AT+JOIN"))
    lines = ("+JOIN: Start", "+JOIN: NORMAL", "+JOIN: Network joined")

    assert kinds(e5, *lines, "+JOIN: NetID 000013 DevAddr 26:0B:12:34") == [meanings.OK]
    assert e5.read("+JOIN: Done") == (Meaning(meanings.JOINED, 0x260B1234),)

    e5.begin(put("AT+JOIN"))
    assert kinds(e5, "+JOIN: Start", "+JOIN: NORMAL", "+JOIN: Join failed", "+JOIN: Done") == [
        meanings.OK,
        meanings.JOIN_FAILED,
    ]


def test_an_e5_acknowledges_before_it_is_done() -> None:
    e5 = sending(LoraE5(), confirmed=True)

    assert kinds(e5, "+CMSGHEX: Start", "+CMSGHEX: Wait ACK", "+CMSGHEX: ACK Received") == [meanings.OK]
    assert e5.read("+CMSGHEX: Done") == (Meaning(meanings.SENT, True),)
    assert sending(e5, confirmed=True).read("+CMSGHEX: Done") == (Meaning(meanings.SENT, False),)


@pytest.mark.parametrize(
    ("dialect", "banner"),
    [(Rak3172(), "Current Work Mode: LoRaWAN."), (Rn2483(), "RN2483 1.0.5 Oct 31 2018 15:06:52")],
)
def test_a_banner_tells_of_a_reset(dialect: Dialect, banner: str) -> None:
    assert kinds(dialect, banner) == [meanings.BOOTED]


@pytest.mark.parametrize("dialect", DIALECTS)
@given(
    line=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=60)
    | st.sampled_from(
        ["+EVT:", "+EVT:RX_1:", "+JOIN: NetID ", '+MSG: PORT: 1; RX: "', "mac_rx ", "AT+DR="]
    ).flatmap(
        lambda start: st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=30).map(
            lambda rest: start + rest
        )
    )
)
def test_any_line_has_a_meaning_or_none(dialect: type[Dialect], line: str) -> None:
    words = dialect()
    for command in (None, *words.setup, *words.join, words.probe, *words.send(1, b"\x00", True)):
        words.begin(command)
        for meaning in words.read(line):
            assert meanings.OK <= meaning.kind <= meanings.BOOTED


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_key_is_in_no_command(dialect: type[Dialect]) -> None:
    texts = [command.text for command in dialect.setup]

    assert sum("{app_key}" in text for text in texts) == 1
