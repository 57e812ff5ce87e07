"""The drivers on a real MicroPython: scripted bytes through a join, a frame, a downlink and a reset."""

import pytest

from tests import micropython

FOLDER = micropython.NODE / "modems"
OURS = [path for path in sorted(FOLDER.glob("*.py")) if not path.stem.endswith("_host")]

PLAY = """
from farwire_node.link import Delivered, Joined, Received, Sending
from farwire_node.lorawan import regions
from farwire_node.modems.identity import Identity
from farwire_node.modems.lora_e5 import LoraE5
from farwire_node.modems.loop import Loop
from farwire_node.modems.modem_link import ModemLink
from farwire_node.modems.rak3172 import Rak3172
from farwire_node.modems.rn2483 import Rn2483
from farwire_node.modems.uart_board import UartPort
from farwire_node.storage import MemoryStorage

DIALECTS = {"RAK3172": Rak3172, "LoRa-E5": LoraE5, "RN2483": Rn2483}


def answered(script, text):
    # The answers to a command: those of the longest start of it that the script knows.
    best = ""
    for start in script:
        if text.startswith(start) and len(start) > len(best):
            best = start
    return script[best] if best else script[""]


class Uart:
    def __init__(self, script):
        self.script, self.waiting, self.heard = script, b"", []

    def any(self):
        return len(self.waiting)

    def read(self, count):
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        return taken

    def write(self, data):
        for line in data.split(b"\\r\\n"):
            if line:
                self.heard.append(line.decode())
                for reply in answered(self.script, line.decode()):
                    self.waiting += reply.encode() + b"\\r\\n"
        return len(data)


class Still:
    # A node that wants nothing by itself.
    def __init__(self, link):
        self.link = link

    def poll(self, now_ms):
        return self.link.poll(now_ms)


def play(name, script, greeting, banner):
    link = ModemLink(
        DIALECTS[name](), Identity(1, 2, bytes(16)), regions.by_name("EU868"), MemoryStorage(), lambda n: 0
    )
    uart = Uart(script)
    loop = Loop(Still(link), link, lambda: UartPort(uart))
    seen, now_ms = [], 0
    link.join(now_ms)
    while not link.joined or link.busy:
        now_ms = max(now_ms + 1, min(loop.turn(now_ms), now_ms + 10))
        seen += link.events()
        assert now_ms < 60_000, uart.heard
    assert isinstance(link.send(2, b"hello", False, False, now_ms), Sending)
    while not [event for event in seen if isinstance(event, Delivered)] or link.busy:
        now_ms += 10
        loop.turn(now_ms)
        seen += link.events()
        assert now_ms < 90_000, uart.heard
    uart.waiting = b"\\xff\\x00" + greeting + b"\\r\\n"
    for _ in range(3):
        now_ms += 10
        loop.turn(now_ms)
        seen += link.events()
    if banner:
        uart.waiting = b"\\x00" + banner + b"\\r\\n"
        now_ms += 10
        loop.turn(now_ms)
        assert not link.joined
    return [event for event in seen if isinstance(event, (Joined, Received))], link.counters
"""

SCRIPTS = {
    "RAK3172": (
        {
            "": ["OK"],
            "AT+VER=?": ["AT+VER=RUI_4.0.6", "OK"],
            "AT+NWM=?": ["AT+NWM=1", "OK"],
            "AT+BAND=?": ["AT+BAND=4", "OK"],
            "AT+NJM=?": ["AT+NJM=1", "OK"],
            "AT+DEVEUI=?": ["AT+DEVEUI=0000000000000001", "OK"],
            "AT+APPEUI=?": ["AT+APPEUI=0000000000000002", "OK"],
            "AT+NJS=?": ["AT+NJS=0", "OK"],
            "AT+DR=?": ["AT+DR=5", "OK"],
            "AT+DEVADDR=?": ["AT+DEVADDR=26010203", "OK"],
            "AT+JOIN": ["OK", "+EVT:JOINED"],
            "AT+SEND=2:68656c6c6f": ["OK", "+EVT:TX_DONE"],
        },
        "+EVT:RX_C:-46:7:UNICAST:4:abcd",
        "Current Work Mode: LoRaWAN.",
    ),
    "LoRa-E5": (
        {
            "": [],
            "AT+VER": ["+VER: 4.0.11"],
            "AT+ID": ["+ID: DevEui, 00:00:00:00:00:00:00:01"],
            "AT+MODE": ["+MODE: LWOTAA"],
            "AT+DR": ["+DR: DR5", "+DR: EU868 DR5  SF7 BW125K "],
            "AT+KEY": ["+KEY: APPKEY 0"],
            "AT+CLASS": ["+CLASS: A"],
            "AT+ADR": ["+ADR: ON"],
            "AT+RETRY": ["+RETRY: 1"],
            "AT+REPT": ["+REPT: 1"],
            "AT+LW=DC": ["+LW: DC, ON"],
            "AT+LW=LEN": ["+LW: LEN, 222"],
            "AT+PORT": ["+PORT: 2"],
            "AT+JOIN": [
                "+JOIN: Start", "+JOIN: NORMAL", "+JOIN: Network joined",
                "+JOIN: NetID 000013 DevAddr 26:01:02:03", "+JOIN: Done",
            ],
            'AT+MSGHEX="68656c6c6f"': ["+MSGHEX: Start", "+MSGHEX: Done"],
        },
        '+MSG: PORT: 4; RX: "ABCD"',
        "",
    ),
    "RN2483": (
        {
            "": ["ok"],
            "sys get hweui": ["0004A30B001A55ED"],
            "mac get deveui": ["0000000000000001"],
            "mac get devaddr": ["26010203"],
            "mac get dr": ["5"],
            "mac join abp": ["keys_not_init"],
            "mac join otaa": ["ok", "accepted"],
            "mac tx uncnf 2 68656c6c6f": ["ok", "mac_tx_ok"],
        },
        "mac_rx 4 ABCD",
        "RN2483 1.0.5 Oct 31 2018 15:06:52",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_driver_plays_a_scripted_modem_on_micropython(name: str) -> None:
    script, greeting, banner = SCRIPTS[name]
    call = f"print(play({name!r}, {script!r}, {greeting.encode()!r}, {banner.encode()!r}))"

    printed = micropython.run(PLAY + call, (micropython.CODECS, micropython.NODE))

    assert printed.startswith("([Joined(dev_addr=637600259), Received(port=4, payload=b'\\xab\\xcd')], "), (
        printed
    )


def test_the_same_script_gives_the_same_on_cpython() -> None:
    names: dict[str, object] = {}
    exec(PLAY, names)
    for name, (script, greeting, banner) in SCRIPTS.items():
        seen, counters = names["play"](name, script, greeting.encode(), banner.encode())  # type: ignore[operator]
        assert str(seen) == "[Joined(dev_addr=637600259), Received(port=4, payload=b'\\xab\\xcd')]"
        assert counters["timeouts"] == counters["bad"] == 0


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_a_module_compiles_for_boards(path) -> None:  # type: ignore[no-untyped-def]
    assert micropython.compile_module(path)
