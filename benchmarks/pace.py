"""How long and how often to measure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds of a measurement, of a step of the search for the highest rate, of its proof and of the long run of
    calls; repetitions; how near the rates that hold and that fail must be for the search to end."""

    measure: float
    probe: float
    prove: float
    soak: float
    times: int
    precision: float


THOROUGH = Pace(measure=5, probe=3, prove=20, soak=80, times=3, precision=1.1)
QUICK = Pace(measure=4, probe=2, prove=4, soak=16, times=1, precision=1.5)
