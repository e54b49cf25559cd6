"""Registrations with digest (401, then 200): processor time per thousand."""

from __future__ import annotations

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import process, sipp
from benchmarks.office import Office
from benchmarks.pace import Pace
from benchmarks.subject import SipSubject

RATE = 1000  # registrations per second, each of two requests


@dataclass(frozen=True, slots=True)
class Result:
    """Processor seconds per thousand registrations (the median) and how many failed in all runs."""

    subject: str
    version: str
    cpu_per_thousand: float
    failed: int


def measure(subject: SipSubject, pace: Pace) -> list[Result]:
    figures, failed = [], 0
    for _ in range(pace.times):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            directory = Path(name)
            port = process.free_port()
            office = Office(caller_port=port, callee_port=port)
            rows = office.write_credentials(directory / "phones.csv", office.callers)
            with subject.run(office, directory, digest=True) as server:
                before = server.cpu_seconds()
                count = int(RATE * pace.measure)
                outcome = sipp.load("register", server.port, port, rows, RATE, count, directory)
                cpu = server.cpu_seconds() - before
        if not outcome.successful:
            raise sipp.LoadFailed("not one registration succeeded")
        figures.append(cpu / outcome.successful * 1000)
        failed += outcome.failed
    return [Result(subject.name, subject.version(), statistics.median(figures), failed)]
