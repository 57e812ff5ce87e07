"""`make bench`: prints figures and ratios, each measured side by side in one run. Asserts no speed."""

from tests.bench import (
    bench_battery,
    bench_board,
    bench_codecs,
    bench_fleet,
    bench_path,
    bench_ts013,
    bench_twin,
)

BENCHES = (bench_codecs, bench_board, bench_battery, bench_ts013, bench_twin, bench_fleet, bench_path)

for bench in BENCHES:
    print(f"-- {bench.__name__.rpartition('.')[2]}", flush=True)
    bench.main()
