"""`python -m farwire.demo.child COMMAND ...`: becomes the command, and ends when its parent does.

Without this a demo that is killed with -9 would leave its servers behind.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2)

if __name__ == "__main__":
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606  (the demo's own command line)
