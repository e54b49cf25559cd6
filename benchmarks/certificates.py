"""Certificates from CAPF: what each thousand costs the node, and how many fifty phones get at a time.

Beside it what no CAPF can do without, measured in the same run: each phone comes over a TLS connection of its own,
whose handshake costs OpenSSL about as much as the certificate. A session needs both: their sum is the floor.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from benchmarks import openssl_work, process, sipp
from benchmarks.pace import Pace, median_of
from benchmarks.ringward import administer, running_node
from ringward.phone.enrolment import generate_key, public_part
from ringward.pki.certificates import KeyPair
from ringward.protocols.capf.values import RsaKeyWanted

PHONES_AT_A_TIME = 50
PHONES = 400
KEY_BITS = 2048
CAPF_PORT = 3804
SETTLE_SECONDS = 2.0  # until a node that has just made a key of its own has read it again


@dataclass(frozen=True, slots=True)
class Result:
    """Medians of one machine."""

    subject: str
    version: str
    certificates_per_second: float
    cpu_per_thousand: float
    bare_cpu_per_thousand: float
    """To make the certificates alone."""
    handshakes_cpu_per_thousand: float
    """The server's side of the TLS handshakes alone."""
    failed: int

    @property
    def of_bare_rate(self) -> float:
        """Certificates issued while a certificate authority without phones would make one."""
        return self.bare_cpu_per_thousand / self.cpu_per_thousand

    @property
    def times_floor(self) -> float:
        """Processor time beside the least there can be, handshake and certificate: 1 would be nothing else."""
        return self.cpu_per_thousand / (self.bare_cpu_per_thousand + self.handshakes_cpu_per_thousand)


def measure(pace: Pace) -> list[Result]:
    runs = []
    for _ in range(pace.times):
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            runs.append(_run(Path(name)))
    return median_of(runs, lambda each: each.times_floor)


def _run(directory: Path) -> Result:
    data, log = directory / "node", directory / "ringward.log"
    with running_node(data, log):
        pass  # its first start makes the cluster
    phones = directory / "phones.csv"
    rows = [f"SEP00CA{number:08X},7961" for number in range(PHONES)]
    phones.write_text("\n".join(["device_name,model", *rows, ""]))
    administer("phone import", data, str(phones))
    administer("service activate", data, "capf")
    settings = ("--mode", "null", "--key-size", str(KEY_BITS), "--where", "device_name^=SEP00CA")
    administer("capf set install", data, *settings)
    with running_node(data, log) as (pid, offset):
        time.sleep(SETTLE_SECONDS)
        before = process.cpu_seconds(pid)
        counted = _load(data / "certificates" / "capf.pem", CAPF_PORT + offset)
        cpu = process.cpu_seconds(pid) - before
    issued = counted["issued"]
    authority = openssl_work.authority()
    return Result(
        "Ringward",
        version("ringward"),
        issued / counted["seconds"],
        cpu / max(issued, 1) * 1000,
        bare_signing(authority) * 1000,
        openssl_work.handshake(authority) * 1000,
        int(counted["failed"]),
    )


def _load(capf: Path, port: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.certificate_load", str(capf), str(port), str(PHONES)]
    done = subprocess.run(
        [*command, str(PHONES_AT_A_TIME), str(KEY_BITS)], capture_output=True, text=True, timeout=300, check=False
    )
    if done.returncode:
        raise sipp.LoadFailed(done.stderr[-1000:])
    counted: dict[str, float] = json.loads(done.stdout)
    return counted


def bare_signing(authority: KeyPair) -> float:
    """CPU seconds for a certificate that is only made, without phones, network and database."""
    key = generate_key(RsaKeyWanted(KEY_BITS))
    assert key is not None
    public = public_part(key)
    began = time.process_time()
    for number in range(openssl_work.TIMES):
        openssl_work.certificate_for(authority, public, f"SEP{number:012X}")
    return (time.process_time() - began) / openssl_work.TIMES
