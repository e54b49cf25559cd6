"""sippy (from PyPI): a back-to-back user agent in Python. It has no registrar: all calls go to one place."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from benchmarks import process
from benchmarks.office import Office
from benchmarks.subject import Running


class Sippy:
    name = "sippy"
    kind = "B2BUA, Python"
    registers = False
    transports: Sequence[str] = ("udp",)

    def version(self) -> str:
        return version("sippy")

    @contextlib.contextmanager
    def run(self, office: Office, directory: Path, *, digest: bool, transport: str = "udp") -> Iterator[Running]:
        port = process.free_port()
        log = directory / "sippy.log"
        command = [sys.executable, "-m", "sippy.b2bua_simple", "-f", "-l", "127.0.0.1", "-p", str(port)]
        command += ["-n", f"{office.callee_address}:{office.callee_port}"]
        # It would log every message in full; the others do not either.
        with process.started(command, log, {"SIPLOG_BEND": "none", "SIPLOG_LVL": "ERR"}) as server:
            process.wait_for_udp(server, port, log)
            yield Running(server.pid, port)
