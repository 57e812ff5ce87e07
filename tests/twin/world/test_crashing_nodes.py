"""Nodes of the twin whose program has a fault: started over, told of, and nothing is lost."""

from dataclasses import replace
from pathlib import Path

from farwire_twin.world import kits
from farwire_twin.world.kits import Kit
from farwire_twin.world.plant import Making
from farwire_twin.world.processes import Battery
from tests.twin.world.direct import findings, run


class FaultyBattery(Battery):
    """A battery whose measurement divides by zero, once, while a state report is made."""

    reads = 0

    @property
    def voltage_v(self) -> float:
        self.reads += 1
        if self.reads == 2:
            raise ZeroDivisionError("the battery's divider")
        return 3.6

    @voltage_v.setter
    def voltage_v(self, value: float) -> None:
        """The cell's own life is of no interest here."""


def faulty_room(number: int) -> Kit:
    kit = kits.room(f"faulty {number}")
    return replace(kit, processes=(FaultyBattery(f"faulty {number}"), kit.processes[0]))


def test_a_program_that_crashes_in_the_twin_is_started_over_and_loses_nothing(tmp_path: Path) -> None:
    finished = run(tmp_path, Making(kit=faulty_room), crashes=3, nodes=3, minutes=9 * 60)

    told = [line for line in finished.truth if line["kind"] == "crash"]
    assert len({line["dev_eui"] for line in told}) == 3
    assert {line["error"] for line in told} == {"ZeroDivisionError: the battery's divider"}
    assert len({line["number"] for line in told}) == 1  # one fault, one digest
    found = findings(finished)
    assert (found["lost"], found["invented"], found["altered"]) == (0, 0, 0)
    assert found["sampled"] > 3 * 9 * 59
