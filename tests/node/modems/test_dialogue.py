"""One conversation, byte by byte: what is written, what is believed, and what is never risked."""

from itertools import pairwise

from farwire_node.link import Refusal
from farwire_node.modems import dialogue as phases
from farwire_node.modems.dialect import BAD, SENT, Meaning, ask, put
from farwire_node.modems.dialogue import Dialogue, Done, InStep, Lost, Refused, Taken
from farwire_node.modems.lora_e5 import LoraE5
from farwire_node.modems.rak3172 import Rak3172

FIELDS = {"name": "value", "nothing": None}


class Talk:
    """A dialogue on an integer clock; in step from the start."""

    def __init__(self, dialect: LoraE5 | Rak3172) -> None:
        self.now_ms = 0
        self.talk = Dialogue(dialect, dict(FIELDS))
        self.talk.line_up(0)
        self.wait(200)
        self.hear("+VER: 4.0.11" if isinstance(dialect, LoraE5) else "AT+VER=RUI_4\r\nOK")
        assert self.talk.happened() == [InStep()]
        self.talk.outgoing()

    def wait(self, for_ms: int) -> None:
        end_ms = self.now_ms + for_ms
        while self.now_ms < end_ms:
            self.now_ms = min(end_ms, max(self.now_ms + 1, self.talk.poll(self.now_ms)))
        self.talk.poll(self.now_ms)

    def hear(self, *lines: str) -> None:
        self.talk.on_bytes("".join(line + "\r\n" for line in lines).encode(), self.now_ms)

    def said(self) -> list[str]:
        return self.talk.outgoing().decode().split("\r\n")[:-1]

    def send(self, port: int) -> None:
        words = LoraE5().send(port, b"\x01", False)
        self.talk.run(words, 10_000, self.now_ms)


def test_commands_follow_each_other_answer_by_answer() -> None:
    it = Talk(Rak3172())

    it.talk.run((put("AT+CLASS=A"), ask("AT+DR=?", "dr")), None, it.now_ms)
    assert it.said() == ["AT+CLASS=A"]
    it.hear("+EVT:JOINED", "OK")
    assert it.said() == ["AT+DR=?"]
    it.hear("AT+DR=5", "OK")

    assert it.talk.happened() == [Done()]
    assert it.talk.values["dr"] == "5"


def test_fields_are_filled_and_a_command_without_its_field_is_left_out() -> None:
    it = Talk(Rak3172())

    it.talk.run((put("A={nothing}"), put("B={name}"), put("C={unknown}")), None, it.now_ms)
    said = it.said()
    it.hear("OK")

    assert said == ["B=value"]
    assert it.talk.happened() == [Done()]


def test_a_setting_that_is_known_to_be_so_is_not_made_again() -> None:
    it = Talk(LoraE5())
    it.send(210)
    assert it.said() == ["AT+PORT=210"]
    it.hear("+PORT: 210", "+MSGHEX: Start", "+MSGHEX: Done")
    it.said()

    it.send(210)

    assert it.said() == ['AT+MSGHEX="01"']
    assert Meaning(SENT, False) in it.talk.happened()


def test_a_port_whose_answer_was_lost_is_set_again_before_the_next_frame() -> None:
    it = Talk(LoraE5())
    it.send(210)
    it.hear("+PORT: 210", "+MSGHEX: Start", "+MSGHEX: Done")
    it.send(212)
    it.wait(4_000)  # set to 212, but nobody heard it
    assert Lost(False) in it.talk.happened()
    it.hear("+VER: 4.0.11")
    it.said()

    it.send(210)

    assert it.said() == ["AT+PORT=210"]


def test_a_frame_never_leaves_on_a_port_that_was_not_understood() -> None:
    for answer in ("+PORT: ERROR(-1)", "+PORT: 21"):
        it = Talk(LoraE5())
        it.send(210)
        it.hear(answer)
        it.hear(answer)

        assert it.said() == ["AT+PORT=210", "AT+PORT=210"]
        assert it.talk.happened() == [Refused(Refusal(BAD, None))]


def test_a_setting_that_a_firmware_does_not_know_is_tried_twice_and_done_without() -> None:
    it = Talk(Rak3172())

    it.talk.run((put("AT+RETY=0"), put("AT+ADR=1")), None, it.now_ms)
    it.hear("AT_COMMAND_NOT_FOUND")
    it.hear("AT_COMMAND_NOT_FOUND")
    it.hear("OK")

    assert it.said() == ["AT+RETY=0", "AT+RETY=0", "AT+ADR=1"]
    assert it.talk.happened() == [Done()]
    assert it.talk.counters["bad"] == 2


def test_an_outcome_without_the_answer_before_it_counts_for_both() -> None:
    it = Talk(Rak3172())

    it.talk.run((put("AT+SEND=2:01"),), 10_000, it.now_ms)
    it.hear("+EVT:TX_DONE")

    assert it.talk.happened() == [Taken(), Meaning(SENT, True)]
    assert it.talk.phase == phases.IDLE


def test_a_stray_answer_in_idle_changes_nothing() -> None:
    it = Talk(Rak3172())

    it.hear("OK", "+EVT:TX_DONE", "AT_BUSY_ERROR")

    assert it.talk.happened() == []
    assert it.talk.counters["strays"] == 3


def test_after_silence_a_line_end_and_a_question_bring_it_back_in_step() -> None:
    it = Talk(Rak3172())
    it.talk.run((put("AT+SEND=2:01"),), 10_000, it.now_ms)
    it.said()

    it.wait(3_500)

    assert it.talk.happened() == [Lost(True)]
    assert it.said() == ["~", "AT+VER=?"]
    it.hear("OK")  # of the command before
    assert it.talk.happened() == []
    it.hear("AT+VER=RUI_4", "OK")
    assert it.talk.happened() == [InStep()]


def test_a_modem_that_never_answers_is_restarted_with_growing_pauses() -> None:
    it = Talk(Rak3172())
    it.talk.line_up(it.now_ms)

    restarts = []
    for _ in range(6):
        while "ATZ" not in it.said():
            it.wait(100)
        restarts.append(it.now_ms)

    pauses = [later - earlier for earlier, later in pairwise(restarts)]
    assert pauses == sorted(pauses)
    assert pauses[-1] > 2 * pauses[0]


def test_a_line_that_is_down_says_and_hears_nothing() -> None:
    it = Talk(Rak3172())
    it.talk.line_down()

    it.hear("+EVT:JOINED")
    it.wait(60_000)

    assert it.said() == []
    assert it.talk.happened() == []
