"""Calls through a node, with and without people who open its pages; and who is how busy meanwhile.

On one machine callers, people and the process of the pages take processor time too. So the node's own process, in
which calls are made, gets a core for itself, and everybody else the others, in either run. What a node loses to
pages then is what they ask of it, as long as its core is the one that is busy; and by how much a core is slower
while the one beside it works, with which it may share the parts of a processor. That much is seen in a third run,
in which the other cores only count.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import calls, process, sipp
from benchmarks.pace import Pace, median_of
from benchmarks.phones import Phones

SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls at one rate. Times in seconds; of the processes how much of a core each used."""

    rate: int
    failed: int
    cpu_per_thousand: float
    """The node's own processor time, that of its pages left out."""
    median: float
    p99: float
    node: float
    pages: float
    phones: float
    people: float


@dataclass(frozen=True, slots=True)
class Carried:
    """What a node carries."""

    highest: Calls | None
    """At the highest rate without a failed call; None if there is none."""
    common: Calls
    """At a rate that is the same with and without people."""


class CallLoad:
    """Has the phones call, and looks at all processes meanwhile."""

    def __init__(self, node: int, phones: Phones) -> None:
        self._node = node
        self._phones = phones
        self._people: int | None = None
        self._made: dict[int, Calls] = {}

    @contextlib.contextmanager
    def beside(self, people: int) -> Iterator[None]:
        """For the time of the block this process opens pages."""
        self._people = people
        try:
            yield
        finally:
            self._people = None

    def highest(self, pace: Pace) -> Calls | None:
        """At the highest rate without a failed call."""
        return self._made.get(calls.highest_clean_rate(self._trial, pace))

    def at(self, rate: int, pace: Pace) -> Calls:
        """The median of several runs at one rate, by the node's processor time, with the failures of all."""
        runs = [self._call(rate, pace.measure) for _ in range(pace.times)]
        return median_of(runs, lambda run: run.cpu_per_thousand)[0]

    def _trial(self, rate: int, seconds: float) -> calls.Trial:
        begun = time.monotonic()
        made = self._call(rate, seconds)
        elapsed = time.monotonic() - begun
        outcome = sipp.Outcome(int(rate * seconds) - made.failed, made.failed, 0, elapsed, made.median)
        trial = calls.Trial(rate, seconds, outcome, made.cpu_per_thousand * outcome.successful / 1000, 0.0)
        if not trial.clean:
            time.sleep(SETTLE_SECONDS)  # what is left of it would spoil the next one
        return trial

    def _call(self, rate: int, seconds: float) -> Calls:
        children = process.tree(self._node)[1:]
        before = self._used(children)
        counted = self._phones.order("call", rate, seconds)
        node, pages, people = (after - at for after, at in zip(self._used(children), before, strict=True))
        made = self._made[rate] = Calls(
            rate,
            counted.failed,
            node / max(counted.succeeded, 1) * 1000,
            counted.median,
            counted.p99,
            *(used / counted.seconds for used in (node, pages, counted.load, people)),
        )
        return made

    def _used(self, children: list[int]) -> tuple[float, float, float]:
        """Processor time so far: of the node itself, of its children, and of those who open pages."""
        people = process.own_cpu_seconds(self._people) if self._people is not None else 0.0
        return process.own_cpu_seconds(self._node), sum(map(process.own_cpu_seconds, children)), people
