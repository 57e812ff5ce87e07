"""Whole plants in every region, and plants of class C, with the embedded network server and no broker."""

from pathlib import Path

import pytest

from farwire_node.lorawan import regions
from tests.twin.world.direct import findings, run

NEW = tuple(name for name in regions.NAMES if name not in ("EU868", "US915"))


@pytest.mark.parametrize("name", NEW)
def test_a_plant_keeps_the_law_of_its_region(name: str, tmp_path: Path) -> None:
    finished = run(tmp_path, nodes=3, minutes=60, region=name)

    found = findings(finished)
    assert len(finished.application.devices) == 3
    assert found["sampled"] > 3 * 55
    assert (found["lost"], found["invented"], found["altered"]) == (0, 0, 0)
    assert (finished.final["too_long"], finished.final["outside"]) == (0, 0)
    worst = finished.final["worst_duty"]
    limited = any(band.per_hour_ms for band in regions.by_name(name).sub_bands)
    assert (worst is not None) == limited
    assert worst is None or worst["percent_of_limit"] <= 100


@pytest.mark.parametrize("name", ["EU868", "US915", "AS923-1"])
def test_a_plant_of_class_c_hears_its_acknowledgements_without_being_polled(
    name: str, tmp_path: Path
) -> None:
    finished = run(tmp_path, nodes=3, minutes=60, region=name, device_class="C", loss=0.1)

    assert findings(finished)["lost"] == 0
    assert finished.final["pending"] == 0
    assert finished.final["too_long"] == 0
