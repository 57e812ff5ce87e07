"""Hypothesis strategies for configuration: settings of every kind, and documents of them."""

from typing import Any

from hypothesis import strategies as st

from farwire_codecs import configuration, configuration_keys
from farwire_codecs.errors import CodecError

payload_limits = st.integers(11, 242)


def setting_values(key: configuration_keys.Key) -> st.SearchStrategy[Any]:
    if key.kind == configuration_keys.BOOLEAN:
        return st.booleans()
    if key.kind == configuration_keys.SECRET:
        return st.binary(min_size=key.low, max_size=key.high)
    if key.kind == configuration_keys.TEXT:
        plain = st.text("abcXYZ019.-", min_size=key.low, max_size=key.high)
        wild = st.text(
            st.characters(codec="utf-8", exclude_characters="".join(map(chr, (*range(32), 127)))),
            min_size=key.low,
            max_size=key.high // 4,
        )
        return plain | wild
    return st.integers(key.low, key.high) | st.integers(key.low, min(key.high, max(key.low, 0) + 300))


@st.composite
def settings(draw: st.DrawFn) -> configuration.Setting:
    key = draw(st.sampled_from(list(configuration.KEYS.values())))
    index = None if key.scope == configuration_keys.NODE else draw(st.integers(0, 4) | st.integers(0, 255))
    return configuration.Setting(key.number, index, draw(setting_values(key)))


documents = (
    st.lists(settings(), max_size=60, unique_by=lambda s: (s.key, s.index))
    .map(configuration.canonical)
    .filter(lambda document: len(tried(document)) <= configuration.MAXIMUM_DOCUMENT)
)


def tried(document: tuple[configuration.Setting, ...]) -> bytes:
    try:
        return configuration.encode_document(document)
    except CodecError:
        return bytes(configuration.MAXIMUM_DOCUMENT + 1)
