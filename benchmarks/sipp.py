"""SIPp as the load: one run of a scenario and what it counted."""

from __future__ import annotations

import contextlib
import csv
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SCENARIOS = Path(__file__).parent / "sipp"

ANSWER_MILLISECONDS = 5000  # a call that waits longer for any answer has failed
DRAIN_SECONDS = 5.0  # what is still going on so long after the last call was started has failed


Place = tuple[str, int]
"""Address and port of SIPp."""


class LoadFailed(Exception):
    """SIPp itself could not do its work; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What SIPp counted in one run. Times in seconds."""

    successful: int
    failed: int
    retransmissions: int
    elapsed: float
    setup: float


def load(scenario: str, server: int, place: Place, rows: Path, rate: int, count: int, directory: Path) -> Outcome:
    """Start `count` calls or registrations at `rate` per second from `place`; wait until all have ended."""
    statistics = directory / f"{scenario}-{time.monotonic_ns()}.csv"
    command = _command(scenario, place)
    command += [f"127.0.0.1:{server}", "-inf", str(rows), "-r", str(rate), "-m", str(count)]
    command += ["-trace_stat", "-stf", str(statistics), "-fd", "1", "-recv_timeout", str(ANSWER_MILLISECONDS)]
    limit = count / rate + ANSWER_MILLISECONDS / 1000 + DRAIN_SECONDS
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit + 5,
            cwd=directory,
            check=False,
        )
        said = (done.stderr or done.stdout).decode(errors="replace")
    except subprocess.TimeoutExpired:
        said = "it did not come to an end"  # what it has counted until then still holds
    if not statistics.exists():
        raise LoadFailed(said[-1000:])
    return _outcome(statistics, count)


@contextlib.contextmanager
def answering(scenario: str, place: Place, directory: Path) -> Iterator[None]:
    """Let SIPp answer calls at `place` while the block lasts."""
    with (directory / f"{scenario}.log").open("wb") as log:
        answerer = subprocess.Popen(
            _command(scenario, place), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory
        )
        time.sleep(0.3)
        if answerer.poll() is not None:
            raise LoadFailed(f"SIPp could not answer calls at {place}")
        try:
            yield
        finally:
            answerer.terminate()
            answerer.wait()


def _command(scenario: str, place: Place) -> list[str]:
    address, port = place
    where = f"-i {address} -p {port} -mp {port + 1}"
    # No limit to calls at a time within our reach, no waiting for stragglers of ended calls, no quitting because
    # the machine is busy: that is what is measured. A ringing overtaken by its answer is no failure.
    manner = "-nostdin -l 15000 -deadcall_wait 0 -watchdog_interval 0 -default_behaviors all,-abortunexp"
    return ["sipp", "-sf", str(SCENARIOS / f"{scenario}.xml"), *where.split(), *manner.split()]


def _outcome(statistics: Path, count: int) -> Outcome:
    with statistics.open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    successful = int(last["SuccessfulCall(C)"])
    return Outcome(
        successful=successful,
        failed=count - successful,
        retransmissions=int(last["Retransmissions(C)"]),
        elapsed=count / max(float(last["CallRate(C)"]), 0.001),
        setup=_seconds(last.get("ResponseTime1(C)", "")),
    )


def _seconds(text: str) -> float:
    """SIPp writes a time as hours:minutes:seconds:microseconds."""
    if not text:
        return 0.0
    hours, minutes, seconds, micros = (int(part) for part in text.split(":"))
    return hours * 3600 + minutes * 60 + seconds + micros / 1e6
