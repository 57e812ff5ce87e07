"""The language of Microchip RN2483: words in lower case, an answer at once, for actions a second one later.

57600 baud. `mac save` keeps keys and session in its EEPROM; after a reset `mac join abp` goes on with them.
The counter of uplinks is then raised above every one used since the last save, so that none is used twice.
"""

from farwire_node.link import AIRTIME, BUSY, NOT_JOINED, TOO_LONG
from farwire_node.modems.dialect import (
    BAD,
    BOOTED,
    HEX,
    JOIN_FAILED,
    JOINED,
    OK,
    SENT,
    SENT_SOON,
    VALUE,
    Command,
    Dialect,
    Meaning,
    ask,
    consists_of,
    failed,
    number,
    put,
    received,
)

_SAVE_EVERY = 32
_COUNTER_MARGIN = 2 * _SAVE_EVERY  # the modem sends frames of its own, too

_WORDS = (
    ("ok", Meaning(OK, None)),
    ("accepted", Meaning(JOINED, None)),
    ("denied", Meaning(JOIN_FAILED, None)),
    ("mac_tx_ok", Meaning(SENT, True)),
    ("mac_err", Meaning(SENT, False)),
)
_REFUSALS = (
    ("invalid_param", BAD),
    ("keys_not_init", NOT_JOINED),
    ("not_joined", NOT_JOINED),
    ("fram_counter_err_rejoin_needed", NOT_JOINED),
    ("busy", BUSY),
    ("mac_paused", BUSY),
    ("silent", BUSY),
    ("no_free_ch", AIRTIME),
    ("invalid_data_len", TOO_LONG),
)


class Rn2483(Dialect):
    """Firmware 1.0.3 and later, of which 1.0.5 has class C."""

    name = "RN2483"
    baud = 57_600
    bands = {"EU868": "868"}
    probe = ask("sys get hweui", "hweui", HEX)
    restart = "sys reset"
    setup = (
        ask("mac get deveui", "dev_eui", HEX),
        put("mac reset {band}", ("dev_eui", "{dev_eui}")),  # of another node: nothing of it may stay
        put("mac set deveui {dev_eui}"),
        put("mac set appeui {join_eui}"),
        put("mac set appkey {app_key}"),
        put("mac set class {class_lower}"),
        put("mac set adr {adr_on_off_lower}"),
        put("mac set retx 1"),
        put("mac save"),
        ask("mac get dr", "dr"),
    )
    resume = (
        ask("mac get devaddr", "dev_addr", HEX),
        put("mac join abp", ("dev_addr", "00000000")),
    )
    resumed = (
        ask("mac get upctr", "upctr"),
        put("mac set upctr {next_upctr}"),
        put("mac save"),
        ask("mac get dr", "dr"),
    )
    join = (put("mac set dr {join_dr}"), put("mac join otaa"))
    joined = (
        put("mac set dr {initial_dr}"),
        put("mac save"),
        ask("mac get devaddr", "dev_addr", HEX),
        ask("mac get dr", "dr"),
    )
    sent = (ask("mac get dr", "dr"),)
    save = (put("mac save"),)
    save_every = _SAVE_EVERY

    def send(self, port: int, payload: bytes, confirmed: bool) -> "tuple[Command, ...]":
        """Return the command that sends a frame."""
        return (put("mac tx " + ("cnf " if confirmed else "uncnf ") + str(port) + " " + payload.hex()),)

    def read(self, line: str) -> "tuple[Meaning, ...]":
        """Return what a line means."""
        command = self._command
        if line.startswith(("RN2483 ", "RN2903 ")):
            return (Meaning(BOOTED, None),)
        if command is not None and command.asks and consists_of(line, command.form):
            return (Meaning(VALUE, line),)
        for word, meaning in _WORDS:
            if line == word:
                return () if meaning.kind == OK and command is not None and command.asks else (meaning,)
        for word, reason in _REFUSALS:
            if line == word:
                return failed(reason)
        parts = line.split(" ")
        if parts[0] == "mac_rx" and len(parts) == 3:
            # In class A it is the second answer to `mac tx`; in class C it also comes by itself.
            after = Meaning(SENT_SOON, None) if self.class_c else Meaning(SENT, True)
            downlink = received(parts[1], parts[2])
            return downlink + (after,)
        return ()

    def derive(self, values: "dict[str, str]") -> "dict[str, str]":
        """Return the counter to go on with."""
        counter = number(values.get("upctr", ""))
        return {} if counter is None else {"next_upctr": str(counter + _COUNTER_MARGIN)}
