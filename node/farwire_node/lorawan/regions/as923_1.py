"""AS923-1 (RP002-1.0.4 §2.10)."""

from farwire_node.lorawan.regions.as923 import group

AS923_1 = group("AS923-1", 0, 915_000_000, 928_000_000)
