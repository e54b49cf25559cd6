"""Files over TFTP: how many per second fifty phones get, and what each thousand costs the server."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import sipp
from benchmarks.pace import Pace
from benchmarks.subject import TftpSubject

FILE_NAME = "measured.bin"
FILE_BYTES = 12 * 1024  # about a phone's configuration file
BLOCK_SIZES = (512, 1428)  # without the option, and what fits an Ethernet frame


@dataclass(frozen=True, slots=True)
class Result:
    """Medians for one block size."""

    subject: str
    version: str
    block: int
    files_per_second: float
    cpu_per_thousand: float
    failed: int


def measure(subject: TftpSubject, pace: Pace) -> list[Result]:
    return [_measure(subject, block, pace) for block in BLOCK_SIZES]


def _measure(subject: TftpSubject, block: int, pace: Pace) -> Result:
    rates, costs, failed = [], [], 0
    for _ in range(pace.times):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            content = bytes(range(256)) * (FILE_BYTES // 256)
            with subject.run(Path(name), FILE_NAME, content) as server:
                before = server.cpu_seconds()
                counted = _load(server.port, block, pace.measure)
                cpu = server.cpu_seconds() - before
        rates.append(counted["files"] / counted["seconds"])
        costs.append(cpu / max(counted["files"], 1) * 1000)
        failed += int(counted["failed"])
    return Result(
        subject.name, subject.version(), block, statistics.median(rates), statistics.median(costs), failed
    )


def _load(port: int, block: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.tftp_load", str(port), FILE_NAME, str(FILE_BYTES), str(block)]
    done = subprocess.run(
        [*command, str(seconds)], capture_output=True, text=True, timeout=seconds * 2 + 20, check=False
    )
    if done.returncode:
        raise sipp.LoadFailed(done.stderr[-1000:])
    counted: dict[str, float] = json.loads(done.stdout)
    return counted
