"""What the twin raises.

TwinError
├── ProvisioningError    the network server would not take the plant
├── ReplayError          a recorded series that cannot be replayed
├── WorldEndedError      the world has ended; nothing can be asked of it any more
├── RefusedItemError     a gateway cannot transmit this (answered as a tx acknowledgement)
└── NetworkServerError   network_server/errors.py has its leaves: each is an answer of ChirpStack's API
"""


class TwinError(Exception):
    """Base of everything that the twin raises itself."""
