"""Pieces -> transfer: any order, repeats, and never more than MAXIMUM_TRANSFER bytes held."""

from farwire_codecs.configuration_document import decode_document
from farwire_codecs.configuration_pieces import (
    MAXIMUM_TRANSFER,
    Piece,
    Transfer,
    decode_piece,
    result,
    transfer_of,
)
from farwire_codecs.configuration_settings import Setting
from farwire_codecs.errors import MalformedError, TruncatedError


class Assembly:
    """Collects the pieces of one transfer at a time; a piece that cannot belong to it begins the next one."""

    def __init__(self) -> None:
        self._parts: dict[int, Piece] = {}

    @property
    def held(self) -> int:
        """How many bytes of an unfinished transfer are kept."""
        return sum([len(part.data) for part in self._parts.values()])

    def take(self, payload: bytes) -> "Transfer | None":
        """Take a piece; return the transfer that it completes, None while others are missing.

        Raises CodecError for bytes that are no piece, and for pieces that are more than any transfer has;
        these are forgotten then. Whether the transfer is sound, its `result` tells.
        """
        piece = decode_piece(payload)
        if piece.transfer is None:
            self.forget()
            return transfer_of(piece.difference, piece.data)
        if not self._belongs(piece):
            self.forget()
        self._parts[piece.index] = piece
        if self.held > MAXIMUM_TRANSFER:
            self.forget()
            raise MalformedError(f"configuration has pieces of more than {MAXIMUM_TRANSFER} bytes")
        last = max(self._parts)
        if not self._parts[last].last or len(self._parts) <= last:
            return None
        stream = b"".join([self._parts[index].data for index in range(last + 1)])
        self.forget()
        return transfer_of(piece.difference, stream)

    def forget(self) -> None:
        """Let go of an unfinished transfer."""
        self._parts = {}

    def _belongs(self, piece: Piece) -> bool:
        """Return whether a piece can be one of those held: all but the last of a transfer are of one size."""
        for part in self._parts.values():
            if (part.difference, part.transfer) != (piece.difference, piece.transfer):
                return False
            if part.index == piece.index:
                if part != piece:
                    return False
            elif part.last or piece.last:
                final, other = (part, piece) if part.last else (piece, part)
                if (part.last and piece.last) or other.index > final.index:
                    return False
                if len(final.data) > len(other.data):
                    return False
            elif len(part.data) != len(piece.data):
                return False
        return True


def assemble(payloads: "list[bytes]", running: bytes = b"") -> "tuple[Setting, ...]":
    """Return the document that the frames of one transfer lead to, in any order, repeated or not.

    `running`: the bytes of a difference's base. Raises TruncatedError while one is missing, else as `result`.
    """
    assembly = Assembly()
    found = None
    for payload in payloads:
        found = assembly.take(payload) or found
    if found is None:
        raise TruncatedError(f"configuration: {len(payloads)} frames are not all of its pieces")
    return decode_document(result(found, running))
