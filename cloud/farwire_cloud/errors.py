"""What the cloud raises, and nothing else.

CloudError
├── InvalidError           bad input; `field`, `value` and `expected` say what and why
├── NotFoundError          no such device, order, key
├── StoreError             the store refused a call for a reason that a repeat does not mend
│   └── StoreUnavailableError  the store does not answer, or throttles: try again later
├── ConflictError          somebody else kept changing the same item
└── StartError             a port is taken, a certificate is missing: the service cannot start
"""


class CloudError(Exception):
    """Base of everything that the cloud raises on purpose."""


class InvalidError(CloudError):
    """One field of an input is not what it must be."""

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field = field
        self.value = shown(value)
        self.expected = expected
        super().__init__(f"{field} is {self.value}, expected {expected}")


class NotFoundError(CloudError):
    """What was asked for does not exist."""


class StoreError(CloudError):
    """The store refused a call."""


class StoreUnavailableError(StoreError):
    """The store does not answer now; the same call may succeed later."""


class ConflictError(CloudError):
    """An optimistic update lost against others too often."""


class StartError(CloudError):
    """The service cannot start; the message names the setting."""


LONGEST_SHOWN = 80  # an error message must not carry a megabyte of somebody's input


def shown(value: object) -> str:
    """Return `value` as an error message shows it."""
    text = repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."
