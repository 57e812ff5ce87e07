"""What leads from one document to another: the settings to set, and those to take back.

Two documents have exactly one difference; it says nothing that the old one says already.
"""

from collections import namedtuple

from farwire_codecs import fields
from farwire_codecs.configuration_bits import BitReader, BitWriter
from farwire_codecs.configuration_document import MAXIMUM_DOCUMENT
from farwire_codecs.configuration_groups import count_groups, put_groups, take_groups
from farwire_codecs.configuration_keys import name_of
from farwire_codecs.configuration_settings import Setting, canonical, check, key_of, place
from farwire_codecs.errors import MalformedError

Difference = namedtuple("Difference", ("changed", "removed"))
"""`changed`: Settings that are new or have another value; `removed`: Settings that are gone, with value None.
Both in canonical order, and none in both."""


def difference(old: "tuple[Setting, ...]", new: "tuple[Setting, ...]") -> bytes:
    """Return the bytes that lead from one document to the other; raises CodecError."""
    check(old)
    check(new)
    had = {place(setting): setting.value for setting in old}
    kept = {place(setting) for setting in new}
    changed = tuple([s for s in new if place(s) not in had or had[place(s)] != s.value])
    removed = tuple([Setting(s.key, s.index, None) for s in old if place(s) not in kept])
    return encode_difference(Difference(changed, removed))


def apply(old: "tuple[Setting, ...]", data: bytes) -> "tuple[Setting, ...]":
    """Return the document that the difference leads to from `old`.

    Raises CodecError, also where it could not have been made from `old`: when it takes back what is not
    there, or sets what is so already.
    """
    found = decode_difference(data)
    settings = {place(setting): setting for setting in old}
    for setting in found.removed:
        if place(setting) not in settings:
            raise MalformedError(f"difference takes back {_named(setting)}, which is not set")
        del settings[place(setting)]
    for setting in found.changed:
        if settings.get(place(setting)) == setting:
            raise MalformedError(f"difference sets {_named(setting)} to what it is")
        settings[place(setting)] = setting
    return canonical(list(settings.values()))


def encode_difference(found: Difference) -> bytes:
    """Return a difference's bytes; raises CodecError."""
    check(found.changed)
    bits = BitWriter()
    bits.gamma(count_groups(found.changed) + 1)
    put_groups(bits, found.changed, True)
    bits.gamma(count_groups(found.removed) + 1)
    put_groups(bits, found.removed, False)
    fields.checked("length of the difference", len(bits.bytes), 0, MAXIMUM_DOCUMENT)
    return bytes(bits.bytes)


def decode_difference(data: bytes) -> Difference:
    """Return a difference; raises CodecError, also for bytes that encode_difference would not write."""
    fields.checked("length of the difference", len(data), 0, MAXIMUM_DOCUMENT)
    bits = BitReader("configuration difference", data, 0)
    changed = take_groups(bits, bits.gamma() - 1, True)
    removed = take_groups(bits, bits.gamma() - 1, False)
    bits.end()
    found = Difference(changed, removed)
    if encode_difference(found) != data:
        raise MalformedError("configuration difference is not written in its one shortest form")
    both = {place(setting) for setting in changed} & {place(setting) for setting in removed}
    if both:
        raise MalformedError("configuration difference sets and takes back the same setting")
    return found


def _named(setting: Setting) -> str:
    index = "" if setting.index is None else f" {setting.index}"
    return f"{name_of(key_of(setting.key))}{index}"
