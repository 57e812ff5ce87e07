"""AS923-2 (RP002-1.0.4 §2.10)."""

from farwire_node.lorawan.regions.as923 import group

AS923_2 = group("AS923-2", -1_800_000, 920_000_000, 923_000_000)
