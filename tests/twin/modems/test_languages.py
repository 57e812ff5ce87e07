"""What the emulated modems say, line by line, and how a faulty line spoils it."""

import pytest

from farwire_node.lorawan.regions import EU868
from farwire_node.steps import Listen, Transmit
from farwire_twin.modems.faulty_line import FaultyLine
from farwire_twin.modems.lora_e5 import LoraE5
from farwire_twin.modems.modem import BUSY, NO_FREE_CHANNEL, NOT_JOINED, Modem
from farwire_twin.modems.rak3172 import Rak3172
from farwire_twin.modems.rn2483 import Rn2483

KEY = "000102030405060708090A0B0C0D0E0F"
PROVISIONED = {
    Rak3172: ("AT+DEVEUI=0000000000000001", "AT+APPEUI=0000000000000002", f"AT+APPKEY={KEY}"),
    LoraE5: ('AT+ID=DevEui,"0000000000000001"', 'AT+ID=AppEui,"0000000000000002"', f'AT+KEY=APPKEY,"{KEY}"'),
    Rn2483: ("mac set deveui 0000000000000001", "mac set appeui 0000000000000002", f"mac set appkey {KEY}"),
}
JOIN = {Rak3172: "AT+JOIN=1:0:8:0", LoraE5: "AT+JOIN", Rn2483: "mac join otaa"}
SEND = {Rak3172: "AT+SEND=2:0102", LoraE5: 'AT+MSGHEX="0102"', Rn2483: "mac tx uncnf 2 0102"}


class Nothing:
    """A radio in an empty world: frames leave, and nothing ever comes."""

    def __init__(self) -> None:
        self.sent: list[Transmit] = []
        self.doing: Transmit | Listen | None = None

    def transmit(self, step: Transmit) -> None:
        self.sent.append(step)
        self.doing = step

    def listen(self, step: Listen) -> None:
        self.doing = step

    def stop(self) -> None:
        self.doing = None


def made(kind: type[Modem]) -> tuple[Modem, Nothing]:
    radio = Nothing()
    modem = kind(radio, EU868)
    modem.power_on(0)
    modem.output()
    return modem, radio


def told(modem: Modem, *lines: str, now_ms: int = 0) -> list[str]:
    modem.feed("".join(line + "\r\n" for line in lines).encode(), now_ms)
    return modem.output().decode().split("\r\n")[:-1]


def live(modem: Modem, radio: Nothing, for_ms: int) -> None:
    now_ms = 0
    while now_ms < for_ms:
        wake_ms = modem.poll(now_ms)
        doing, radio.doing = radio.doing, None
        if isinstance(doing, Transmit):
            now_ms += doing.airtime_ms
            modem.on_tx_done(now_ms)
        elif isinstance(doing, Listen):
            now_ms = doing.until_ms
            modem.on_listen_end(now_ms)
        else:
            now_ms = max(now_ms + 1, min(wake_ms, for_ms))


@pytest.mark.parametrize(
    ("kind", "line", "answer"),
    [
        (Rak3172, "at", ["OK"]),
        (Rak3172, "AT+VER=?", ["AT+VER=RUI_4.0.6_RAK3172-E", "OK"]),
        (Rak3172, "AT+NJS=?", ["AT+NJS=0", "OK"]),
        (Rak3172, "AT+DR=5", ["OK"]),
        (Rak3172, "AT+DR=9", ["AT_PARAM_ERROR"]),
        (Rak3172, "AT+DR=", ["AT_PARAM_ERROR"]),
        (Rak3172, "AT+DEVEUI=12", ["AT_PARAM_ERROR"]),
        (Rak3172, "AT+NONSENSE=1", ["AT_COMMAND_NOT_FOUND"]),
        (Rak3172, "hello", ["AT_COMMAND_NOT_FOUND"]),
        (Rak3172, "AT+SEND=2:0102", ["AT_NO_NETWORK_JOINED"]),
        (Rak3172, "AT+SEND=0:0102", ["AT_PARAM_ERROR"]),
        (Rak3172, "AT+SEND=2:010", ["AT_PARAM_ERROR"]),
        (Rak3172, "AT+JOIN=1:0:8:0", ["AT_PARAM_ERROR"]),
        (LoraE5, "AT", ["+AT: OK"]),
        (LoraE5, "AT+DR=5", ["+DR: DR5", "+DR: EU868 DR5  SF7 BW125K "]),
        (LoraE5, "AT+DR=EU868", ["+DR: EU868"]),
        (LoraE5, "AT+DR=US915", ["+DR: ERROR(-1)"]),
        (LoraE5, "AT+NONSENSE", ["+NONSENSE: ERROR(-10)"]),
        (LoraE5, "nonsense", ["+AT: ERROR(-11)"]),
        (LoraE5, 'AT+ID=DevEui,"12"', ["+ID: ERROR(-1)"]),
        (LoraE5, 'AT+ID=DevEui,"0123456789ABCDEF"', ["+ID: DevEui, 01:23:45:67:89:AB:CD:EF"]),
        (LoraE5, 'AT+MSGHEX="0102"', ["+MSGHEX: Please join network first"]),
        (LoraE5, 'AT+MSGHEX="010"', ["+MSGHEX: ERROR(-1)"]),
        (LoraE5, "AT+JOIN", ["+JOIN: ERROR(-12)"]),
        (LoraE5, "AT+LW=LEN", ["+LW: LEN, 51"]),
        (Rn2483, "sys get hweui", ["0004A30B001A55ED"]),
        (Rn2483, "sys reset", ["RN2483 1.0.5 Oct 31 2018 15:06:52"]),
        (Rn2483, "mac get devaddr", ["00000000"]),
        (Rn2483, "mac set dr 5", ["ok"]),
        (Rn2483, "mac set dr 9", ["invalid_param"]),
        (Rn2483, "mac reset 433", ["invalid_param"]),
        (Rn2483, "mac tx uncnf 2 0102", ["not_joined"]),
        (Rn2483, "mac tx uncnf 224 0102", ["invalid_param"]),
        (Rn2483, "mac tx 2 0102", ["invalid_param"]),
        (Rn2483, "mac join otaa", ["keys_not_init"]),
        (Rn2483, "mac join abp", ["keys_not_init"]),
        (Rn2483, "nonsense", ["invalid_param"]),
    ],
)
def test_a_fresh_modem_answers(kind: type[Modem], line: str, answer: list[str]) -> None:
    modem, _ = made(kind)

    assert told(modem, line) == answer


@pytest.mark.parametrize(
    ("kind", "failure"),
    [
        (Rak3172, ["+EVT:JOIN_FAILED_RX_TIMEOUT"]),
        (LoraE5, ["+JOIN: Join failed", "+JOIN: Done"]),
        (Rn2483, ["denied"]),
    ],
)
def test_a_join_that_no_one_answers_is_one_request_and_its_failure_is_told(
    kind: type[Modem], failure: list[str]
) -> None:
    modem, radio = made(kind)
    told(modem, *PROVISIONED[kind])
    told(modem, JOIN[kind])

    live(modem, radio, 600_000)

    assert modem.output().decode().split("\r\n")[:-1] == failure
    assert len(radio.sent) == 1


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (Rak3172, "AT_BUSY_ERROR"),
        (LoraE5, "+MSGHEX: LoRaWAN modem is busy"),
        (Rn2483, "busy"),
    ],
)
def test_a_modem_that_joins_is_busy(kind: type[Modem], answer: str) -> None:
    modem, _ = made(kind)
    told(modem, *PROVISIONED[kind], JOIN[kind])

    assert told(modem, SEND[kind]) == [answer]


@pytest.mark.parametrize(
    ("kind", "answers"),
    [
        (
            Rak3172,
            [["AT_BUSY_ERROR"], ["Restricted_Wait_30000_ms", "AT_BUSY_ERROR"], ["AT_NO_NETWORK_JOINED"]],
        ),
        (
            LoraE5,
            [
                ["+MSGHEX: LoRaWAN modem is busy"],
                ["+MSGHEX: No free channel"],
                ["+MSGHEX: Please join network first"],
            ],
        ),
        (Rn2483, [["busy"], ["no_free_ch"], ["not_joined"]]),
    ],
)
def test_a_test_can_have_a_modem_refuse(kind: type[Modem], answers: list[list[str]]) -> None:
    modem, _ = made(kind)
    modem.refusals = [BUSY, NO_FREE_CHANNEL, NOT_JOINED]

    assert [told(modem, SEND[kind]) for _ in answers] == answers


def test_any_write_of_the_work_mode_resets_a_rak3172_and_its_settings_stay() -> None:
    modem, _ = made(Rak3172)
    told(modem, *PROVISIONED[Rak3172])

    assert told(modem, "AT+NWM=1")[-1] == "Current Work Mode: LoRaWAN."
    assert told(modem, "AT+DEVEUI=?") == ["AT+DEVEUI=0000000000000001", "OK"]


def test_an_rn2483_forgets_what_was_not_saved() -> None:
    modem, _ = made(Rn2483)
    told(modem, "mac set deveui 0000000000000001", "mac save", "mac set deveui 0000000000000009", "sys reset")

    assert told(modem, "mac get deveui") == ["0000000000000001"]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [(Rak3172, "AT_COMMAND_NOT_FOUND"), (LoraE5, "+AT: ERROR(-23)"), (Rn2483, "invalid_param")],
)
@pytest.mark.parametrize("line", [b"AT\xff\x00+VER\r\n", b"x" * 1_000 + b"\r\n"])
def test_garbage_and_over_long_lines_are_answered_with_an_error(
    kind: type[Modem], answer: str, line: bytes
) -> None:
    modem, _ = made(kind)

    modem.feed(line, 0)

    assert modem.output().decode() == answer + "\r\n"


def test_an_e5_gives_up_a_line_that_was_begun_long_ago() -> None:
    modem, _ = made(LoraE5)
    modem.feed(b"AT+V", 0)
    modem.feed(b"AT\r\n", 2_000)

    assert modem.output() == b"+INFO: Input timeout\r\n+AT: OK\r\n"


def test_a_modem_without_power_hears_and_says_nothing() -> None:
    modem, _ = made(Rak3172)
    modem.power_off()

    assert told(modem, "AT") == []


def test_a_faulty_line_spoils_the_lines_it_was_told_to() -> None:
    line = FaultyLine(made(Rak3172)[0])
    line.lose("OK")
    line.truncate("DR")
    line.double("OK")
    line.change(lambda text: text.lower(), "NOT_FOUND")

    for command in (b"AT\r\n", b"AT+DR=?\r\n", b"hello\r\n", b"AT\r\n"):
        line.write(command, 0)

    assert line.read() == b"AT+DOK\r\nOK\r\nat_command_not_found\r\nOK\r\n"
    assert line.hits == 4


def test_a_faulty_line_is_silent_or_gone() -> None:
    line = FaultyLine(made(Rak3172)[0])
    line.inject(b"\xff")
    line.silent = True
    line.write(b"AT\r\n", 0)
    assert line.read() == b""

    line.silent = False
    assert line.read() == b"\xff"

    line.plugged = False
    with pytest.raises(OSError, match="unplugged"):
        line.write(b"AT\r\n", 0)
    with pytest.raises(OSError, match="unplugged"):
        line.read()
