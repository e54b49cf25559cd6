"""Calls through a server: processor time per thousand, and the highest rate it carries without losing one."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import process, sipp
from benchmarks.office import Office
from benchmarks.pace import Pace
from benchmarks.subject import Running, SipSubject

COMMON_RATE = 50  # calls per second every subject carries: processor time per call falls with the rate
FIRST_RATE = 50
LAST_RATE = 6400
SEARCH_PRECISION = 1.06  # the search ends when the rates that hold and that fail are this near
REGISTRATION_RATE = 400  # phones registered per second before the calls; not measured here

# Queues that grow show in the delay long before a call fails.
SETUP_LIMIT_SECONDS = 0.1
# So long after its planned start the last call must be over: beyond, load or server did not keep up.
LATE_LIMIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What one run at one rate showed. Processor time in seconds, planned duration in seconds."""

    rate: int
    planned: float
    outcome: sipp.Outcome
    cpu: float
    megabytes: float

    @property
    def clean(self) -> bool:
        return (
            self.outcome.failed == 0
            and self.outcome.setup < SETUP_LIMIT_SECONDS
            and self.outcome.elapsed - self.planned < LATE_LIMIT_SECONDS
        )

    @property
    def cpu_per_thousand(self) -> float:
        return self.cpu / max(self.outcome.successful, 1) * 1000


@dataclass(frozen=True, slots=True)
class Result:
    """Medians at the common rate and at the highest one."""

    subject: str
    kind: str
    version: str
    common: Trial
    highest: Trial | None


def measure(subject: SipSubject, pace: Pace, tell: Callable[[str], None]) -> list[Result]:
    """Medians at both rates; `tell` gets a word about each step, for whoever waits."""

    def at(rate: int, seconds: float) -> Trial:
        tell(f"calls: {subject.name} at {rate:,}/s for {seconds:.0f} s")
        return trial(subject, rate, seconds)

    common = _median([at(COMMON_RATE, pace.measure) for _ in range(pace.times)])
    top = highest_clean_rate(at, pace)
    highest = _median([at(top, pace.measure) for _ in range(pace.times)]) if top else None
    return [Result(subject.name, subject.kind, subject.version(), common, highest)]


def highest_clean_rate(at: Callable[[int, float], Trial], pace: Pace) -> int:
    """Double until a trial is not clean, halve the gap, then prove the rate over the full time; 0 for none."""
    holds, fails = 0, FIRST_RATE
    while fails <= LAST_RATE and at(fails, pace.probe).clean:
        holds, fails = fails, fails * 2
    while holds and fails <= LAST_RATE and fails / holds > SEARCH_PRECISION:
        middle = (holds + fails) // 2
        if at(middle, pace.probe).clean:
            holds = middle
        else:
            fails = middle
    while holds and not at(holds, pace.prove).clean:
        holds = int(holds / SEARCH_PRECISION)
    return holds


def trial(subject: SipSubject, rate: int, seconds: float) -> Trial:
    """A fresh server, its phones registered, and calls at one rate for some seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        office = Office(caller_port=process.free_port(), callee_port=process.free_port())
        with subject.run(office, directory, digest=False) as server:
            if subject.registers:
                register(office, server, directory)
            with sipp.answering("callee", office.callee_port, directory):
                before = server.cpu_seconds()
                count = max(int(rate * seconds), 1)
                calls = office.write_calls(directory / "calls.csv")
                outcome = sipp.load("caller", server.port, office.caller_port, calls, rate, count, directory)
                time.sleep(0.2)  # the last answers are on their way
                cpu = server.cpu_seconds() - before
                megabytes = process.resident_bytes(server.pid) / 2**20
        return Trial(rate, count / rate, outcome, cpu, megabytes)


def register(office: Office, server: Running, directory: Path) -> None:
    """Register every phone from the port it will use for its calls."""
    for numbers, port in ((office.callers, office.caller_port), (office.callees, office.callee_port)):
        rows = office.write_credentials(directory / "phones.csv", numbers)
        outcome = sipp.load("register", server.port, port, rows, REGISTRATION_RATE, len(numbers), directory)
        if outcome.failed:
            raise sipp.LoadFailed(f"{outcome.failed} of {len(numbers)} phones could not register")


def _median(trials: list[Trial]) -> Trial:
    """The trial in the middle by processor time per call."""
    middle = statistics.median_low(sorted(each.cpu_per_thousand for each in trials))
    return next(each for each in trials if each.cpu_per_thousand == middle)
