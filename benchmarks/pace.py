"""How long and how often to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of a measurement, of a step of the search for the highest rate, of its proof; repetitions."""

    measure: float
    probe: float
    prove: float
    times: int


THOROUGH = Pace(measure=10, probe=5, prove=20, times=3)
QUICK = Pace(measure=4, probe=2, prove=5, times=1)
