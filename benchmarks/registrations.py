"""Registrations with digest (401, then 200): processor time per thousand."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.office import Office
from benchmarks.pace import Pace
from benchmarks.phones import Phones
from benchmarks.subject import SipSubject

RATE = 1000  # registrations per second, each of two requests
TRANSPORTS = ("udp", "tls")


@dataclass(frozen=True, slots=True)
class Result:
    """Processor seconds per thousand registrations (the median) and how many failed in all runs."""

    subject: str
    version: str
    transport: str
    cpu_per_thousand: float
    failed: int


def measure(subject: SipSubject, transport: str, pace: Pace) -> list[Result]:
    """Every phone registers, and then all of them anew over the same connections: that is what counts."""
    office = Office()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        subject.run(office, Path(name), digest=True, transport=transport) as server,
        Phones.of(server, transport, office.pairs) as phones,
    ):
        phones.register_first()
        times = max(1, round(RATE * pace.measure / office.pairs / 2))
        runs = [phones.order("register", RATE, times) for _ in range(pace.times)]
    cost = statistics.median(run.cpu_per_thousand for run in runs)
    return [Result(subject.name, subject.version(), transport, cost, sum(run.failed for run in runs))]
