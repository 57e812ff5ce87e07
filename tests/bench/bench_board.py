"""What a board needs: bytes of mpy-cross's output, for each package and packed, against the gate of 96 KB.

python -m tests.bench.bench_board
"""

from tests.bench import board_size

LARGEST = 10


def main() -> None:
    """Print the sums, the largest modules, and the optional drivers."""
    sizes = board_size.module_sizes()
    whole = sum(sizes.values())
    print(
        f"counted: {board_size.ENTRY} and all that it imports, mpy-cross -O3 (no line numbers): node with"
        f" guard, safe mode, RAM and flash store, MAC with one region, radio and loop. Not counted: other"
        f" regions, modems, IP links, host modules, micropython-lib's lora, the AES of boards without one"
    )
    for package in ("farwire_codecs", "farwire_node", "board_main"):
        part = [size for name, size in sizes.items() if name.startswith(package)]
        print(f"  {package:<16}{len(part):>4} modules {sum(part):>8} bytes, each module by itself")
    packed = board_size.packed()
    verdict = "under" if packed < board_size.GATE_BYTES else "OVER"
    print(f"  one by one {whole} bytes; packed {packed} bytes: {verdict} the gate of {board_size.GATE_BYTES}")
    drivers = {
        path.stem: board_size.size(path)
        for path in sorted(board_size.DRIVERS.glob("*.py"))
        if _board(path.stem)
    }
    print(f"  all optional drivers beside it: {sum(drivers.values())} bytes in {len(drivers)} modules")
    largest = sorted(sizes.items(), key=lambda pair: -pair[1])[:LARGEST]
    print("  largest: " + ", ".join(f"{name} {size}" for name, size in largest))


def _board(name: str) -> bool:
    return not name.endswith("_host")


if __name__ == "__main__":
    main()
