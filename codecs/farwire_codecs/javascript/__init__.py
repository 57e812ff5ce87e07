"""The JavaScript codec for ChirpStack's UI, hand-written parts and the tables of Python. Host only."""

from farwire_codecs.javascript.generator import generate

__all__ = ["generate"]
