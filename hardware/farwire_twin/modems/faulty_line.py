"""A serial line that fails on purpose: what the modem says is cut, lost, doubled or drowned."""

from collections.abc import Callable

from farwire_twin.modems.modem import Modem

Change = Callable[[bytes], bytes]


class FaultyLine:
    """Between a host and a modem. Most faults hit the next lines of the modem that contain a given text."""

    def __init__(self, modem: Modem) -> None:
        self.modem = modem
        self.plugged = True  # a host on an unplugged line gets OSError
        self.silent = False  # nothing gets through, either way
        self.hits = 0
        self._faults: list[tuple[bytes, Change]] = []
        self._spoils: list[Change] = []
        self._extra = b""

    def write(self, data: bytes, now_ms: int) -> None:
        """Carry what the host wrote."""
        self._check()
        if self._spoils:
            data = self._spoils.pop(0)(data)
        if not self.silent:
            self.modem.feed(data, now_ms)

    def read(self) -> bytes:
        """Return what came from the modem."""
        self._check()
        said = self.modem.output()
        if self.silent:
            return b""
        extra, self._extra = self._extra, b""
        return extra + b"".join(self._through(line) for line in said.splitlines(keepends=True))

    def inject(self, data: bytes) -> None:
        """Have these bytes come as if the modem had sent them."""
        self._extra += data

    def spoil_commands(self, change: Change, times: int = 1) -> None:
        """Have what the host writes next arrive as `change` makes it."""
        self._spoils += [change] * times

    def lose(self, containing: str = "", lines: int = 1) -> None:
        """Lose lines."""
        self._add(containing, lines, lambda _: b"")

    def truncate(self, containing: str = "", lines: int = 1) -> None:
        """Cut lines in half; their ends are lost as well."""
        self._add(containing, lines, lambda line: line[: len(line) // 2])

    def double(self, containing: str = "", lines: int = 1) -> None:
        """Have lines come twice."""
        self._add(containing, lines, lambda line: line + line)

    def change(self, change: Change, containing: str = "") -> None:
        """Have a line come as `change` makes it."""
        self._add(containing, 1, change)

    def _add(self, containing: str, lines: int, change: Change) -> None:
        self._faults += [(containing.encode(), change)] * lines

    def _through(self, line: bytes) -> bytes:
        for index, (containing, change) in enumerate(self._faults):
            if containing in line:
                del self._faults[index]
                self.hits += 1
                return change(line)
        return line

    def _check(self) -> None:
        if not self.plugged:
            raise OSError("the modem is unplugged")
