"""How long and how often to measure, with how many phones, and which of several runs is told of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    class Run(DataclassInstance, Protocol):
        """What one run showed."""

        @property
        def failed(self) -> int: ...


R = TypeVar("R", bound="Run")


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

    def phones(self, asked: int, thorough: int, quick: int) -> int:
        """How many phones to measure with: as many as were asked for, if any were."""
        return asked or (thorough if self.times > 1 else quick)


def median_of(runs: Sequence[R], by: Callable[[R], float]) -> list[R]:
    """The run in the middle, but with the failures of all."""
    middle = sorted(runs, key=by)[len(runs) // 2]
    return [replace(middle, failed=sum(each.failed for each in runs))]


THOROUGH = Pace(measure=5, probe=3, prove=20, soak=80, times=3, precision=1.1)
QUICK = Pace(measure=4, probe=2, prove=4, soak=16, times=1, precision=1.5)
