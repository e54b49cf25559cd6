"""Signed files of phones: what each costs the first time, beside the bare signature; how long those of all phones
take after a change of the signing certificate; and how long the CTL client takes for a CTL file.

A file is asked for from the library of the file service, as its servers ask: a name in, a signed file out, with
all between: the configuration looked up, the document written and signed. What TFTP costs is measured elsewhere.
The CTL file is made by the installed command, with tokens that are files; the command's own start counts.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median

from benchmarks import openssl_work, process
from benchmarks.office import PASSWORD
from benchmarks.pace import Pace, median_of
from benchmarks.ringward import administer, running_node
from ringward.administration.administration import Administration
from ringward.domain.certificate import CertificateKind
from ringward.pki.certificates import Certificate, KeyPair
from ringward.pki.issuing import make_self_signed
from ringward.services.configuration import PresentConfiguration
from ringward.services.garbage_collection import spare_calls
from ringward.services.tftp.assembly import file_service
from ringward.services.tftp.library import Outcome
from ringward.services.tftp.service import TftpService
from ringward.services.tftp.signing_key import SigningKey

PHONES, FEW_PHONES = 10_000, 1_000
AT_A_TIME = 200  # files between two looks at the bare signature, since machines change their speed
CTL_PORT = 2444
TOKENS = ("one", "two")
_LOOK_SECONDS = 0.005
_START_SECONDS = 2.0  # until a service that was just activated listens


@dataclass(frozen=True, slots=True)
class Result:
    """What one run showed."""

    subject: str
    version: str
    phones: int
    failed: int
    first: float
    """Seconds of processor time for a file that is signed for the first time."""
    signature: float
    """For a bare signature, measured in turns with them."""
    anew: float
    """Seconds until all files were signed again, by the clock: the run rests between, for others."""
    ctl_file: float
    """Seconds from the command to the CTL file in force."""

    @property
    def share(self) -> float:
        """Of the rate of bare signatures; 0.8 is the bar."""
        return self.signature / self.first


def measure(pace: Pace, phones: int = 0) -> list[Result]:
    """With `phones` so many instead of those of the pace."""
    count = pace.phones(phones, PHONES, FEW_PHONES)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        data = Path(name) / "node"
        ctl_file = _secure(data, Path(name), pace.times)
        names = _add_phones(data, count)
        runs = [_run(data, names, ctl_file) for _ in range(pace.times)]
    return median_of(runs, lambda each: each.share)


def _run(data: Path, names: list[str], ctl_file: float) -> Result:
    administration = Administration.open(data)
    try:
        present = PresentConfiguration(administration.configuration, administration.certificates.server_name)
        pair = administration.key_store.load(CertificateKind.NODE)
        key = SigningKey(pair)
        service = file_service(present, key, data / "tftp")
        spare_calls()  # as a node does
        failed, first, signature = _first_files(service, names, pair)
        key.replace(make_self_signed("renewed", now=datetime.now(UTC)))
        anew = _anew(service)
    finally:
        administration.close()
    return Result("Ringward", version("ringward"), len(names), failed, first, signature, anew, ctl_file)


def _first_files(service: TftpService, names: list[str], pair: KeyPair) -> tuple[int, float, float]:
    """How many were not signed, seconds of a file, seconds of a bare signature.

    The medians of many looks: what else runs on the machine slows some of them, and files more than signatures.
    """
    failed, files, signatures = 0, [], []
    for begin in range(0, len(names), AT_A_TIME):
        some = names[begin : begin + AT_A_TIME]
        began = time.process_time()
        for name in some:
            failed += service.library.find(f"{name}.cnf.xml.sgn").outcome is not Outcome.SERVED
        files.append((time.process_time() - began) / len(some))
        signatures.append(openssl_work.signature(pair.key))
    return failed, median(files), median(signatures)


def _anew(service: TftpService) -> float:
    began = time.perf_counter()
    service.sign_anew()
    while (progress := service.signing_progress) is not None and progress.done < progress.total:
        time.sleep(_LOOK_SECONDS)
    return time.perf_counter() - began


def _secure(data: Path, directory: Path, times: int) -> float:
    """A cluster in mixed mode; seconds that the CTL client took for the CTL file, the median of so many."""
    log = directory / "ringward.log"
    with running_node(data, log):
        pass  # its first start makes the cluster
    administer("application-user update", data, "administrator", "--password", "-", typed=PASSWORD)
    administer("service activate", data, "CTL Provider")
    with running_node(data, log) as (_, offset):
        time.sleep(_START_SECONDS)
        node = Certificate.load((data / "certificates" / "node.pem").read_bytes())
        desk = os.environ | {
            "CTL_SERVER": "127.0.0.1",
            "CTL_PORT": str(CTL_PORT + offset),
            "CTL_USER": "administrator",
            "CTL_CLIENT_PASSWORD": PASSWORD,
            "CTL_TOKEN_PASSWORD": PASSWORD,
        }
        server = ("--fingerprint", node.fingerprint_sha256)
        tokens = [str(directory / f"{name}.token") for name in TOKENS]
        for token in tokens:
            _client(desk, "token", "init", token, *server)
        words = ["--token", tokens[0], "--add-token", tokens[0], "--add-token", tokens[1], "--json", *server]
        return median(_client(desk, "ctl", "set-mixed-mode", *words) for _ in range(times))


def _client(environment: dict[str, str], *words: str) -> float:
    """Run the installed CTL client; seconds until it ended."""
    command = [str(Path(sys.executable).with_name("ringward")), *words]
    began = time.perf_counter()
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise process.DidNotStart(f"ringward {' '.join(words[:2])}: {done.stdout}{done.stderr}")
    return time.perf_counter() - began


def _add_phones(data: Path, count: int) -> list[str]:
    names = [f"SEP00F1{number:08X}" for number in range(count)]
    rows = [f"{name},7961,Desk {index},{400_000 + index}" for index, name in enumerate(names)]
    table = data.with_suffix(".csv")
    table.write_text("\n".join(["device_name,model,description,line_1_directory_number", *rows, ""]))
    administer("phone import", data, str(table))
    return names
