"""Kamailio (Debian): registrar and proxy in C, everything in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from benchmarks import machine, process
from benchmarks.office import PASSWORD, Office
from benchmarks.subject import Running

CONFIGURATION = Path(__file__).with_name("kamailio.cfg")


class Kamailio:
    name = "Kamailio"
    kind = "proxy, C"
    registers = True

    def version(self) -> str:
        return machine.printed_version(["kamailio", "-v"], r"kamailio (\S+)")

    @contextlib.contextmanager
    def run(self, office: Office, directory: Path, *, digest: bool) -> Iterator[Running]:
        port = process.free_port()
        text = CONFIGURATION.read_text().replace("LISTEN", f"udp:127.0.0.1:{port}").replace("SECRET", PASSWORD)
        configuration = directory / "kamailio.cfg"
        configuration.write_text(text)
        log = directory / "kamailio.log"
        command = [
            "kamailio",
            "-f",
            str(configuration),
            "-DD",
            "-E",
            "-m",
            "256",
            "-M",
            "16",
            "-Y",
            str(directory),
        ]
        if digest:
            command += ["-A", "DIGEST"]
        with process.started(command, log) as server:
            process.wait_for_udp(server, port, log)
            yield Running(server.pid, port)
