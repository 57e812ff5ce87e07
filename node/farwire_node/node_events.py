"""What a Node tells its driver: for logs, for the twin's accounting, and for a board's display.

Times in ms on the node's clock. Nothing depends on anybody reading them.
"""

from collections import namedtuple

Sampled = namedtuple("Sampled", ("record", "channels"))
"""A farwire_codecs.batch.Record was stored; `channels` are its columns."""

AlarmRaised = namedtuple("AlarmRaised", ("alarm", "now_ms"))
"""A condition started or ended: an alarm_store.StoredAlarm."""

AlarmSent = namedtuple("AlarmSent", ("number", "sampled_ms", "start_ms"))
"""The first transmission of an alarm began at `start_ms`."""

AlarmsMissed = namedtuple("AlarmsMissed", ("count",))
"""So many starts and ends, since the node's start, were over before there was room for them: all the alarms
that can be held wait for an acknowledgement."""

FrameSent = namedtuple("FrameSent", ("port", "size", "airtime_ms", "start_ms"))
"""A frame with `size` bytes of payload was given to the radio."""

FrameNotSent = namedtuple("FrameNotSent", ("port",))
"""The last frame never left, as the link learned late: its contents are due again."""

Released = namedtuple("Released", ("through", "count"))
"""An acknowledgement through record `through` released `count` records."""

Dropped = namedtuple("Dropped", ("number",))
"""The memory is full: this record was given up."""

Erased = namedtuple("Erased", ("what",))
"""By command: what was held of command.RECORDS, ALARMS and LOGS was given up."""

Renumbered = namedtuple("Renumbered", ("first",))
"""The cloud knew higher record numbers than this node: the records held are now `first` and up."""

SensorRefused = namedtuple("SensorRefused", ("index", "reason"))
"""The configuration names a sensor that cannot be made here."""

OutputSet = namedtuple("OutputSet", ("channel", "value_x100"))

ConfigurationApplied = namedtuple("ConfigurationApplied", ("hash",))

ConfigurationRolledBack = namedtuple("ConfigurationRolledBack", ("hash",))
"""Nothing was heard from the network with the one on trial: the one before, with this hash, runs again."""

Joined = namedtuple("Joined", ("dev_addr",))

Rebooted = namedtuple("Rebooted", ())
"""By command. Everything was saved and the program has started over from storage, its link's session
included; a board may reset itself now as well."""

Crashed = namedtuple("Crashed", ("cause", "digest", "error", "now_ms"))
"""A Guard (guard.py) started the program over: `cause` an index into RESET_REASONS, `digest` and `error` as
in crash.Crash, 0 and "" where no exception was seen."""

SafeModeLeft = namedtuple("SafeModeLeft", ("by_command",))

FrameIgnored = namedtuple("FrameIgnored", ("port", "reason"))
"""A downlink of ours that could not be read, or on a port that the node does not know."""
