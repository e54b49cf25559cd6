"""Five thousand registered phones: the memory of each, what keeping them costs, and calls among them for long."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import process
from benchmarks.office import Office
from benchmarks.pace import Pace
from benchmarks.phones import Phones
from benchmarks.subject import SipSubject

PAIRS = 2_500
TRANSPORTS = ("udp", "tls")
REFRESH_SECONDS = 120.0  # how often a desk phone refreshes its registration
REFRESH_RATE = 500.0  # refreshes per second while they are measured
SETTLE_SECONDS = 35.0  # until the transactions of registrations and calls are forgotten (64 * T1) and some more
SLICES = 4  # parts of the long run: what grows, grows from one to the next


@dataclass(frozen=True, slots=True)
class Result:
    """Memory in bytes, times in seconds, `keeping` as a share of one processor."""

    subject: str
    version: str
    transport: str
    phones: int
    per_phone: float
    keeping: float
    rate: float
    calls: int
    failed: int
    cpu_per_thousand: float
    median: float
    p99: float
    load_gap: float
    """For how long the phones themselves were held up at most."""
    growth_per_call: float
    """Memory that each call of the second half of the run has left behind; not a number after a short run, while
    transactions of the first calls are still remembered."""


def measure(subject: SipSubject, transport: str, pace: Pace, rate: float) -> list[Result]:
    """`rate`: calls per second in the long run, half of the highest one."""
    office = Office(PAIRS if pace.times > 1 else PAIRS // 5)
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as name,
        subject.run(office, Path(name), digest=False, transport=transport) as server,
        Phones.of(server, transport, office.pairs) as phones,
    ):
        empty = process.memory_bytes(server.pid)
        phones.register_first()
        time.sleep(SETTLE_SECONDS if pace.times > 1 else 1)
        per_phone = (process.memory_bytes(server.pid) - empty) / office.pairs / 2
        kept = phones.order("keep alive", REFRESH_RATE, office.pairs * 2)
        memory, runs = [], []
        for _ in range(SLICES):
            runs.append(phones.order("call", rate, pace.soak / SLICES))
            memory.append(process.memory_bytes(server.pid))
        calls = sum(run.succeeded for run in runs)
    later = max(1, sum(run.succeeded for run in runs[SLICES // 2 :]))
    result = Result(
        subject.name,
        subject.version(),
        transport,
        office.pairs * 2,
        per_phone,
        kept.cpu / kept.succeeded * office.pairs * 2 / REFRESH_SECONDS,
        rate,
        calls,
        sum(run.failed for run in runs),
        sum(run.cpu for run in runs) / max(calls, 1) * 1000,
        max(run.median for run in runs),
        max(run.p99 for run in runs),
        max(run.load_gap for run in runs),
        (memory[-1] - memory[SLICES // 2 - 1]) / later if pace.soak / 2 > SETTLE_SECONDS else math.nan,
    )
    return [result]
