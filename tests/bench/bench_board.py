"""What a board needs: bytes of mpy-cross's output against the gate of 96 KB, and heap against that of 48 KB.

python -m tests.bench.bench_board
"""

from tests.bench import board_heap, board_size

LARGEST = 10


def main() -> None:
    """Print the sums, the largest modules, the optional drivers, and the heap."""
    sizes = board_size.module_sizes()
    whole = sum(sizes.values())
    print(
        f"counted: {board_size.ENTRY} and all that it imports, mpy-cross -O3 (no line numbers): node with"
        f" guard, safe mode, store in RAM, MAC with one region, an AES in Python, radio and loop."
        f" Not counted: other regions, modems, IP links, host modules, micropython-lib's lora"
    )
    for package in ("farwire_codecs", "farwire_node", "board_main"):
        part = [size for name, size in sizes.items() if name.startswith(package)]
        print(f"  {package:<16}{len(part):>4} modules {sum(part):>8} bytes, each module by itself")
    packed = board_size.packed()
    print(f"  one by one {whole} bytes; packed {packed} bytes: {verdict(packed)}")
    flash = board_size.packed(board_size.WITH_FLASH)
    print(
        f"  with records in flash instead ({board_size.WITH_FLASH}): packed {flash} bytes: {verdict(flash)}"
    )
    deep = board_size.packed(board_size.WITH_DEEP_SLEEP)
    print(f"  and deep sleep with state kept ({board_size.WITH_DEEP_SLEEP}): {deep - flash} bytes more")
    drivers = [path for path in sorted(board_size.DRIVERS.glob("*.py")) if not path.stem.endswith("_host")]
    total = sum(map(board_size.size, drivers))
    print(f"  all optional drivers beside it: {total} bytes in {len(drivers)} modules")
    largest = sorted(sizes.items(), key=lambda pair: -pair[1])[:LARGEST]
    print("  largest: " + ", ".join(f"{name} {size}" for name, size in largest))
    records, objects = board_heap.objects()
    print(
        f"heap, 32-bit words, 8 sensors, {records} records, a frame of 255 bytes just in: objects {objects}"
        f" bytes now; objects and work at most {board_heap.PEAK_BYTES} bytes of {board_heap.GATE_BYTES},"
        f" measured once with frozen code (hardware/board_main/README.md); the import itself leaves"
        f" {board_heap.IMPORTED_BYTES} bytes more"
    )


def verdict(size: int) -> str:
    """Say whether a size is under the gate."""
    return f"{'under' if size < board_size.GATE_BYTES else 'OVER'} the gate of {board_size.GATE_BYTES}"


if __name__ == "__main__":
    main()
