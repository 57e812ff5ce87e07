"""MAC commands as ChirpStack handles them: in blocks, all of one CID. The table is the node's own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from farwire_node.lorawan import mac_commands


@dataclass(frozen=True, slots=True)
class Block:
    """One or more commands of one CID, as on air."""

    cid: int
    octets: bytes


def block(*commands: Any) -> Block:
    """The block of these commands, which are of one kind."""
    octets = b"".join(mac_commands.encode(command) for command in commands)
    return Block(octets[0], octets)


def requests_of(octets: bytes) -> list[Any]:
    """The commands of a block that was sent to a device."""
    return list(mac_commands.decode(octets, uplink=False))


def octets_of(blocks: Iterable[Block]) -> bytes:
    """The blocks one after the other."""
    return b"".join(each.octets for each in blocks)


def read_uplink(octets: bytes) -> dict[int, list[Any]]:
    """What a device sent: CID -> commands, in the order of first appearance."""
    found: dict[int, list[Any]] = {}
    for command in mac_commands.decode(octets, uplink=True):
        found.setdefault(mac_commands.encode(command)[0], []).append(command)
    return found
