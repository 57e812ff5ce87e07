"""Codecs: Cayenne LPP beside pycayennelpp, history beside other codecs and the bound, and rates."""

import time
from collections.abc import Callable

from cayennelpp import LppFrame

from farwire_codecs import lpp
from farwire_codecs.lpp_types import to_raw, to_values
from tests.bench.compression import honest, rates, table

_ROUND_S = 0.3
_ROUNDS = 5


def main() -> None:
    """Print the figures."""
    print("Cayenne LPP, items per second, one process, best of five rounds taken in turn")
    _lpp()
    rates.main()
    table.main()
    honest.main()


def _lpp() -> None:
    def encode_theirs() -> bytes:
        frame = LppFrame()
        frame.add_temperature(1, 27.2)
        frame.add_humidity(2, 41.5)
        frame.add_barometer(3, 1013.2)
        frame.add_voltage(4, 3.61)
        frame.add_analog_input(5, -12.34)
        frame.add_accelerometer(6, 1.234, -1.234, 0.0)
        frame.add_power(7, 3450)
        return bytes(frame)

    values = [
        (1, 103, (27.2,)),
        (2, 104, (41.5,)),
        (3, 115, (1013.2,)),
        (4, 116, (3.61,)),
        (5, 2, (-12.34,)),
        (6, 113, (1.234, -1.234, 0.0)),
        (7, 128, (3450,)),
    ]
    items = [lpp.Item(channel, type_id, to_raw(type_id, physical)) for channel, type_id, physical in values]
    frame = lpp.encode_dynamic(items)
    assert lpp.decode_dynamic(frame) == items

    def encode_ours_from_values() -> bytes:
        return lpp.encode_dynamic([lpp.Item(c, t, to_raw(t, physical)) for c, t, physical in values])

    def decode_ours_to_values() -> list[tuple[float, ...]]:
        return [to_values(type_id, raw) for _, type_id, raw in lpp.decode_dynamic(frame)]

    rates = _rates(
        {
            "decode to integers, farwire_codecs": lambda: lpp.decode_dynamic(frame),
            "decode to values, farwire_codecs": decode_ours_to_values,
            "decode to values, pycayennelpp": lambda: [
                item.value for item in LppFrame.from_bytes(frame).data
            ],
            "encode from integers, farwire_codecs": lambda: lpp.encode_dynamic(items),
            "encode from values, farwire_codecs": encode_ours_from_values,
            "encode from values, pycayennelpp": encode_theirs,
        }
    )
    for name, rate in rates.items():
        theirs = rates[f"{name.split()[0]} {'to' if name.startswith('d') else 'from'} values, pycayennelpp"]
        print(f"  {name:<40}{rate * len(items):>12,.0f}   {rate / theirs:5.1f} x pycayennelpp")


def _rates(contenders: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return calls per second of each: the best of some rounds, taken in turn so that load hits all alike."""
    best = dict.fromkeys(contenders, 0.0)
    for _ in range(_ROUNDS):
        for name, call in contenders.items():
            calls = 0
            start = time.perf_counter()
            while (spent := time.perf_counter() - start) < _ROUND_S / len(contenders):
                for _ in range(100):
                    call()
                calls += 100
            best[name] = max(best[name], calls / spent)
    return best


if __name__ == "__main__":
    main()
