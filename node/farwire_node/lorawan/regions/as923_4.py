"""AS923-4 (RP002-1.0.4 §2.10)."""

from farwire_node.lorawan.regions.as923 import group

AS923_4 = group("AS923-4", -5_900_000, 917_000_000, 920_000_000)
