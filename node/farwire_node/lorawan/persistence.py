"""What of the MAC survives a restart: session and channels under one key, airtime under another.

Nonces are the third; joining.py keeps them itself.
"""

from farwire_node.errors import StorageError
from farwire_node.lorawan import session as sessions
from farwire_node.lorawan.channel_plan import ChannelPlan
from farwire_node.lorawan.ledger import Ledger
from farwire_node.lorawan.regions.region import Region
from farwire_node.lorawan.session import Session
from farwire_node.storage import Storage

SESSION_KEY = "lorawan_session"
AIRTIME_KEY = "lorawan_airtime"


class Persistence:
    """Loads and saves; `lost` counts what could not be read back."""

    def __init__(self, region: Region, storage: Storage, plan: ChannelPlan, ledger: Ledger) -> None:
        self._region = region
        self._storage = storage
        self._plan = plan
        self._ledger = ledger
        self.lost = 0

    def load_session(self) -> Session | None:
        """Return the session of an earlier life and set the channel plan to it; None if there is none."""
        stored = self._storage.load(SESSION_KEY)
        if not stored:
            return None
        try:
            session = sessions.restored(self._region, stored[: sessions.STORED_SIZE])
            self._plan.restore(stored[sessions.STORED_SIZE :])
            if not self._plan.channels_at(session.dr):
                raise StorageError(f"stored channels carry no DR {session.dr}")
        except StorageError:
            self.lost += 1
            self._plan.reset()
            return None
        return session

    def save_session(self, session: Session, exact: bool) -> None:
        """Save the session with a block of FCntUp reserved, or exactly as it is."""
        self._storage.save(SESSION_KEY, session.saved(exact) + self._plan.saved())

    def forget_session(self) -> None:
        """Let no restart find the session again."""
        self._storage.save(SESSION_KEY, b"")

    def load_airtime(self, now_ms: int) -> None:
        """Take over what an earlier life spent; if it cannot be read, everything counts as spent."""
        stored = self._storage.load(AIRTIME_KEY)
        if stored is None:
            return
        try:
            self._ledger.restore(stored, now_ms)
        except StorageError:
            self.lost += 1
            self._ledger.exhaust(now_ms)
        self.save_airtime(True)

    def airtime_booked(self) -> None:
        """Save the accounts if more was spent than storage allows for; call before transmitting."""
        if self._ledger.must_save:
            self.save_airtime(False)

    def save_airtime(self, exact: bool) -> None:
        """Save the accounts, exactly or with an allowance for what comes until the next save."""
        self._storage.save(AIRTIME_KEY, self._ledger.saved(not exact))
