"""Calls between encrypted phones: what one costs over TLS, with the keys of SRTP offered and answered, beside UDP.

The same phones and rate each time: over UDP, over TLS, and over TLS with certificates of their own and SRTP, which
both sides must have been offered and given, or the call has failed.
"""

from __future__ import annotations

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import secured_office
from benchmarks.desk_phone import device_name
from benchmarks.office import Office
from benchmarks.pace import Pace
from benchmarks.phones import Phones
from benchmarks.ringward import SIP_PORT, RingwardNode, running_node
from benchmarks.subject import Running

PAIRS = 100
RATE = 100  # calls per second
KINDS = ("udp", "tls", "srtp")


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one kind of calls; times in seconds, ``ratio`` to those over UDP."""

    subject: str
    version: str
    kind: str
    calls: int
    failed: int
    cpu_per_thousand: float
    median: float
    ratio: float


def measure(pace: Pace) -> list[Result]:
    """One row for each kind, those over UDP first."""
    results: list[Result] = []
    for kind in KINDS:
        with tempfile.TemporaryDirectory(prefix="bench-") as name, _phones(kind, Path(name)) as phones:
            phones.register_first()
            runs = [phones.order("call", RATE, pace.measure) for _ in range(pace.times)]
        cpu = statistics.median(each.cpu_per_thousand for each in runs)
        results.append(
            Result(
                "Ringward",
                version("ringward"),
                kind,
                sum(each.succeeded for each in runs),
                sum(each.failed for each in runs),
                cpu,
                statistics.median(each.median for each in runs),
                cpu / (results[0].cpu_per_thousand if results else cpu),
            )
        )
    return results


@contextlib.contextmanager
def _phones(kind: str, directory: Path) -> Iterator[Phones]:
    office = Office(PAIRS)
    if kind != "srtp":
        with (
            RingwardNode().run(office, directory, digest=False, transport=kind) as server,
            Phones.of(server, kind, PAIRS) as phones,
        ):
            yield phones
        return
    data, devices = directory / "node", directory / "phones"
    numbers = office.callers + office.callees
    secured_office.prepare(data, devices, [(device_name(number), number) for number in numbers])
    with (
        running_node(data, directory / "ringward.log") as (pid, offset),
        Phones.of(Running(pid, SIP_PORT + 1 + offset), kind, PAIRS, devices) as phones,
    ):
        yield phones
