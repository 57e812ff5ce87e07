"""AS923-3 (RP002-1.0.4 §2.10)."""

from farwire_node.lorawan.regions.as923 import group

AS923_3 = group("AS923-3", -6_600_000, 915_000_000, 921_000_000)
