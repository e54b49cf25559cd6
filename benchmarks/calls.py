"""Calls through a server: processor time per thousand, and the highest rate it carries without losing one.

Over UDP SIPp calls, of which everybody knows what it does. Over TCP and TLS the phones of `phone_load` do.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks import process, sipp
from benchmarks.office import Office
from benchmarks.pace import Pace
from benchmarks.phones import Phones
from benchmarks.subject import Running, SipSubject

COMMON_RATE = 50  # calls per second every subject carries: processor time per call falls with the rate
FIRST_RATE = 50
LAST_RATE = 6400
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
    transport: str
    common: Trial
    highest: Trial | None


Trials = Callable[[int, float], Trial]
"""Makes one at a rate for some seconds."""


def measure(subject: SipSubject, transport: str, pace: Pace, tell: Callable[[str], None]) -> list[Result]:
    """Medians at both rates; `tell` gets a word about each step, for whoever waits."""
    with _trials(subject, transport) as make:

        def at(rate: int, seconds: float) -> Trial:
            tell(f"calls over {transport.upper()}: {subject.name} at {rate:,}/s for {seconds:.0f} s")
            return make(rate, seconds)

        common = _median([at(COMMON_RATE, pace.measure) for _ in range(pace.times)])
        top = highest_clean_rate(at, pace)
        highest = _median([at(top, pace.measure) for _ in range(pace.times)]) if top else None
    return [Result(subject.name, subject.kind, subject.version(), transport, common, highest)]


@contextlib.contextmanager
def _trials(subject: SipSubject, transport: str) -> Iterator[Trials]:
    """Over UDP each trial has a fresh server; phones that stay connected keep one for all trials."""
    if transport == "udp":
        yield partial(trial, subject)
        return
    with contextlib.ExitStack() as running:
        server, phones = running.enter_context(_connected(subject, transport))

        def make(rate: int, seconds: float) -> Trial:
            nonlocal server, phones
            counted = phones.order("call", rate, seconds)
            outcome = sipp.Outcome(counted.succeeded, counted.failed, 0, counted.seconds, counted.median)
            made = Trial(rate, seconds, outcome, counted.cpu, process.memory_bytes(server.pid) / 2**20)
            if not made.clean:  # what is left of it would spoil the next one
                running.close()
                server, phones = running.enter_context(_connected(subject, transport))
            return made

        yield make


@contextlib.contextmanager
def _connected(subject: SipSubject, transport: str) -> Iterator[tuple[Running, Phones]]:
    """A server and the phones that have connected to it and registered."""
    office = Office()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        subject.run(office, Path(name), digest=False, transport=transport) as server,
        Phones.of(server, transport, office.pairs) as phones,
    ):
        phones.register_first()
        yield server, phones


def highest_clean_rate(at: Trials, pace: Pace) -> int:
    """Double until a trial is not clean, halve the gap, then prove the rate over the full time; 0 for none."""
    holds, fails = 0, FIRST_RATE
    while fails <= LAST_RATE and at(fails, pace.probe).clean:
        holds, fails = fails, fails * 2
    while holds and fails <= LAST_RATE and fails / holds > pace.precision:
        middle = (holds + fails) // 2
        if at(middle, pace.probe).clean:
            holds = middle
        else:
            fails = middle
    while holds and not at(holds, pace.prove).clean:
        holds = int(holds / pace.precision)
    return holds


def trial(subject: SipSubject, rate: int, seconds: float) -> Trial:
    """A fresh server, its phones registered, and calls at one rate for some seconds."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        office = Office(caller_port=process.free_port(), callee_port=process.free_port())
        caller = (office.caller_address, office.caller_port)
        with subject.run(office, directory, digest=False) as server:
            if subject.registers:
                register(office, server, directory)
            with sipp.answering("callee", (office.callee_address, office.callee_port), directory):
                before = server.cpu_seconds()
                count = max(int(rate * seconds), 1)
                calls = office.write_calls(directory / "calls.csv")
                outcome = sipp.load("caller", server.port, caller, calls, rate, count, directory)
                time.sleep(0.2)  # the last answers are on their way
                cpu = server.cpu_seconds() - before
                megabytes = process.memory_bytes(server.pid) / 2**20
        return Trial(rate, count / rate, outcome, cpu, megabytes)


def register(office: Office, server: Running, directory: Path) -> None:
    """Register every phone from the port it will use for its calls."""
    callers = (office.caller_address, office.caller_port)
    callees = (office.callee_address, office.callee_port)
    for numbers, place in ((office.callers, callers), (office.callees, callees)):
        rows = office.write_credentials(directory / "phones.csv", numbers)
        outcome = sipp.load("register", server.port, place, rows, REGISTRATION_RATE, len(numbers), directory)
        if outcome.failed:
            raise sipp.LoadFailed(f"{outcome.failed} of {len(numbers)} phones could not register")


def _median(trials: list[Trial]) -> Trial:
    """The trial in the middle by processor time per call."""
    middle = statistics.median_low(sorted(each.cpu_per_thousand for each in trials))
    return next(each for each in trials if each.cpu_per_thousand == middle)
