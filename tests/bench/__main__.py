"""`make bench`: prints figures and ratios, each measured side by side in one run. Asserts no speed."""

from tests.bench import bench_codecs, bench_fleet, bench_path, bench_ts013, bench_twin

for bench in (bench_codecs, bench_ts013, bench_twin, bench_fleet, bench_path):
    print(f"-- {bench.__name__.rpartition('.')[2]}", flush=True)
    bench.main()
