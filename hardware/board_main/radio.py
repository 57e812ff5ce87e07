"""Runs the node's steps on a radio of micropython-lib's `lora` package (SX126x, SX127x, STM32WL).

By that package's README, "Low-Level API". Between two steps the radio is asleep.
"""

from farwire_node.steps import Listen, Transmit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SENT, HEARD, SILENT = 1, 2, 3  # the first item of a report


class Radio:
    """One modem of the package. `output_dbm`: lowest and highest output; `antenna_dbi` comes on top of it."""

    def __init__(
        self, modem: "Any", output_dbm: "tuple[int, int]", antenna_dbi: int, tx_ant: "str | None" = None
    ) -> None:
        self._modem = modem
        self._lowest_dbm, self._highest_dbm = output_dbm
        self._antenna_dbi = antenna_dbi
        self._tx_ant = tx_ant
        self.step: Transmit | Listen | None = None  # what it is at
        modem.sleep()

    def begin(self, step: "Transmit | Listen", now_ms: int) -> None:
        """Start a step; a Listen that is open gives way to it."""
        if self.step is not None:
            self._modem.standby()
        self.step = step
        settings = {
            "freq_khz": step.freq_hz // 1000 if step.freq_hz % 1000 == 0 else step.freq_hz / 1000,
            "sf": step.sf,
            "bw": step.bw_hz // 1000,
            "coding_rate": 5,
            "preamble_len": 8,
            "syncword": 0x34,
            "crc_en": True,  # of what is sent; what is received says itself whether it has one
            "invert_iq_tx": False,
            "invert_iq_rx": True,
        }
        if isinstance(step, Transmit):
            wanted_dbm = step.power_dbm - self._antenna_dbi
            settings["output_power"] = max(self._lowest_dbm, min(self._highest_dbm, wanted_dbm))
            if self._tx_ant is not None:
                settings["tx_ant"] = self._tx_ant
            self._modem.configure(settings)
            self._modem.prepare_send(step.frame)
            self._modem.start_send()
            return
        self._modem.configure(settings)
        if step.until_ms is None:
            self._modem.start_recv(continuous=True)
        elif step.until_ms > now_ms:
            self._modem.start_recv(timeout_ms=step.until_ms - now_ms)

    def poll(self) -> "tuple[Any, ...] | None":
        """Return what came of the step: (SENT, ticks_ms of its end), (HEARD, frame, dBm, dB) or (SILENT,).

        None while it goes on, or when there is none.
        """
        if self.step is None:
            return None
        if isinstance(self.step, Transmit):
            ended = self._modem.poll_send()
            if ended is True:
                return None
            self._rest()
            return (SENT, None if ended is False else ended)
        got = self._modem.poll_recv()
        if got is True:
            return None
        self._rest()
        if got is False:
            return (SILENT,)
        return (HEARD, bytes(got), got.rssi, got.snr // 4)

    def _rest(self) -> None:
        self.step = None
        self._modem.sleep()
