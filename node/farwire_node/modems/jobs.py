"""What a modem can be at, as numbers, and how long a job may take. Times in ms."""

NONE = 0
SET_UP = 1  # after a boot: who it is, and how it is to be
RESUME = 2  # bring a saved session back
RESUMED = 3  # what follows when that went well
JOIN = 4
AFTER_JOIN = 5
SEND = 6
AFTER_SEND = 7  # what may have changed: the data rate

JOIN_OUTCOME_MS = 20_000  # a join-request, its windows at 5 s and 6 s, and some
SEND_OUTCOME_MS = 20_000  # after the frame: its windows may open 15 s later (RXTimingSetupReq), and some
