"""A link without steps for a radio: its driver carries bytes and is told to sleep, nothing else."""

from farwire_node.link import Link


class NoRadio(Link):
    """Base of links whose `poll` returns nothing but Sleep; reports on other steps are never due."""

    drives_radio = False

    def on_tx_done(self, now_ms: int) -> None:
        """Nothing was asked to be sent."""

    def on_frame(self, frame: bytes, rssi_dbm: int, snr_db: int, now_ms: int) -> None:
        """Nothing was listened to."""

    def on_listen_end(self, now_ms: int) -> None:
        """Nothing was listened to."""
