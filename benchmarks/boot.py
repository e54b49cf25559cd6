"""A boot storm: encrypted phones that all come up at a time, from cold to registered, as after a power cut.

Each fetches its trust list and its configuration, which is built, encrypted for its key and signed at that moment,
connects over TLS with its certificate, and registers. Beside it what OpenSSL alone takes for one phone after the
other: the file encrypted, its key wrapped and the whole signed, and the server's side of a handshake with a
client's certificate. It is measured before and after, since the machine's mood changes.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import openssl_work, process, secured_office, sipp
from benchmarks.boot_load import number_of
from benchmarks.pace import Pace, median_of
from benchmarks.ringward import SIP_PORT, TFTP_PORT, running_node
from ringward.pki.certificates import KeyPair

PHONES, FEW_PHONES = 2_000, 200
AT_A_TIME = 50
FILE_OCTETS = 6_304  # of an encrypted configuration
TIMEOUT = 900.0  # seconds for all phones


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one machine; `cpu` in milliseconds for one phone."""

    subject: str
    version: str
    phones: int
    failed: int
    phones_per_second: float
    cpu: float
    openssl: float

    @property
    def ratio(self) -> float:
        """How many times the work of OpenSSL; 2.5 is the bar."""
        return self.cpu / self.openssl


def measure(pace: Pace, phones: int = 0) -> list[Result]:
    """With `phones` so many instead of those of the pace."""
    count = pace.phones(phones, PHONES, FEW_PHONES)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        directory = Path(name)
        phones_made = [(f"SEP00B0{number:08X}", number_of(number)) for number in range(count)]
        authority = secured_office.prepare(directory / "node", directory / "phones", phones_made)
        runs = [_run(directory, authority) for _ in range(pace.times)]
    return median_of(runs, lambda each: each.ratio)


def _run(directory: Path, authority: KeyPair) -> Result:
    phones = secured_office.phones_of(directory / "phones")
    openssl = openssl_work.boot(authority, phones, FILE_OCTETS)
    with running_node(directory / "node", directory / "ringward.log") as (pid, offset):
        arguments = [
            str(directory / "phones"),
            str(TFTP_PORT + offset),
            str(SIP_PORT + 1 + offset),
            str(AT_A_TIME),
        ]
        with subprocess.Popen(
            [sys.executable, "-m", "benchmarks.boot_load", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as load:
            assert load.stdout is not None and load.stdin is not None
            try:
                load.stdout.readline()
                process.wait_until_quiet(pid)  # what the node's start costs is over
                before = process.cpu_seconds(pid)
                load.stdin.write("\n")
                load.stdin.flush()
                ready, _, _ = select.select([load.stdout], [], [], TIMEOUT)
                cpu = process.cpu_seconds(pid) - before  # phones are up, and none has left yet
                told, trouble = load.communicate(timeout=TIMEOUT) if ready else ("", "")
            finally:
                load.kill()
    if not told:
        raise sipp.LoadFailed(trouble[-1000:] or "the phones did not come up in time")
    counted = json.loads(told)
    openssl += openssl_work.boot(authority, phones, FILE_OCTETS)
    if counted["failed"] == counted["phones"]:
        raise sipp.LoadFailed(f"no phone came up: {counted['reason']}")
    return Result(
        "Ringward",
        version("ringward"),
        counted["phones"],
        counted["failed"],
        counted["phones"] / counted["seconds"],
        cpu / counted["phones"] * 1000,
        openssl / 2 * 1000,
    )
