"""What this copy of the service knows of one device. All of it can be read again from the store."""

import threading

from farwire_cloud.model.deliveries import Alarm
from farwire_cloud.model.device import DeviceState, kept, merge
from farwire_cloud.model.readings import Record
from farwire_cloud.recent import Recent

RECENT_RECORDS = 128  # a node repeats what its last few frames held
RECENT_ALARMS = 16
RECENT_BLOCKS = 32


class Known:
    """The view of a device, joined from everything seen, and what its META item holds of it.

    `state` is a value that is only ever replaced by a larger one (`learn`); it never claims a record that the
    store does not have.
    """

    def __init__(self, dev_eui: str) -> None:
        self.state = DeviceState(dev_eui)
        self.version = 0  # of the META item; 0: there is none
        self.written = DeviceState(dev_eui)  # what that item holds
        self.clean = self.written  # the `state` that was found to add nothing to it
        self.listed = False  # in the list of devices
        self.records: Recent[int, Record] = Recent(RECENT_RECORDS)
        self.alarms: Recent[int, Alarm] = Recent(RECENT_ALARMS)
        self.blocks: Recent[tuple[int, int], None] = Recent(RECENT_BLOCKS)  # (hour, block) indexed
        self.lock = threading.Lock()  # of the fields above; never held during a call to the store
        self.writing = threading.Lock()  # held while META is written

    def learn(self, more: DeviceState) -> DeviceState:
        """Join what was stored just now, or found in the store; return the view."""
        with self.lock:
            self.state = merge(self.state, more)
            return self.state

    def read(self, state: DeviceState, version: int) -> None:
        """Take note of a META item that was read."""
        with self.lock:
            self.state = merge(self.state, state)
            self.written, self.version, self.listed = state, version, True

    @property
    def is_dirty(self) -> bool:
        """Whether META lacks something."""
        state = self.state
        if state is self.clean:
            return False
        if kept(state) != self.written:
            return True
        self.clean = state
        return False
