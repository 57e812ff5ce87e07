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
        self.forget()

    def forget(self) -> None:
        """Let go of an unfinished transfer."""
        self.held = 0  # bytes of it
        self._parts: dict[int, bytes] = {}  # by index
        self._last: int | None = None  # index of the last one, once it is there
        self._which = (False, 0)  # whether it is a difference, and its id

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
        self._which = (piece.difference, piece.transfer)
        if piece.last:
            self._last = piece.index
        self.held += len(piece.data) - len(self._parts.get(piece.index, b""))
        self._parts[piece.index] = piece.data
        if self.held > MAXIMUM_TRANSFER:
            self.forget()
            raise MalformedError(f"configuration has pieces of more than {MAXIMUM_TRANSFER} bytes")
        if self._last is None or len(self._parts) <= self._last:
            return None
        stream = b"".join([self._parts[index] for index in range(self._last + 1)])
        self.forget()
        return transfer_of(piece.difference, stream)

    def _belongs(self, piece: Piece) -> bool:
        """Return whether a piece can be one of those held: all but the last of a transfer are of one size."""
        if self._parts and self._which != (piece.difference, piece.transfer):
            return False
        if piece.index in self._parts:
            is_last = self._last == piece.index
            return bool(self._parts[piece.index] == piece.data and is_last == piece.last)
        last, size = self._last, len(piece.data)
        if piece.last and (last is not None or piece.index < max(self._parts, default=0)):
            return False
        if not piece.last and last is not None and piece.index > last:
            return False
        for index, data in self._parts.items():
            if piece.last:
                fits = size <= len(data)
            elif index == last:
                fits = size >= len(data)
            else:
                fits = size == len(data)
            if not fits:
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
