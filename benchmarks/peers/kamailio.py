"""Kamailio (Debian): registrar and proxy in C, everything in memory."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import machine, process
from benchmarks.office import PASSWORD, Office
from benchmarks.subject import Running

CONFIGURATION = Path(__file__).with_name("kamailio.cfg")


class Kamailio:
    name = "Kamailio"
    kind = "proxy, C"
    registers = True
    transports: Sequence[str] = ("udp", "tcp", "tls")

    def version(self) -> str:
        return machine.printed_version(["kamailio", "-v"], r"kamailio (\S+)")

    @contextlib.contextmanager
    def run(self, office: Office, directory: Path, *, digest: bool, transport: str = "udp") -> Iterator[Running]:
        port = process.free_port()
        listen = f"{transport}:127.0.0.1:{port}"
        text = CONFIGURATION.read_text().replace("LISTEN", listen).replace("SECRET", PASSWORD)
        if transport == "tls":
            _make_certificate(directory / "kamailio.key", directory / "kamailio.pem")
            text = text.replace("DIRECTORY", str(directory))
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
            "1024",  # 5,000 phones over TLS take more than 256
            "-M",
            "16",
            "-Y",
            str(directory),
        ]
        if digest:
            command += ["-A", "DIGEST"]
        if transport != "udp":
            command += ["-A", "STREAMS", "-A", transport.upper()]
        wait = process.wait_for_udp if transport == "udp" else process.wait_for_tcp
        with process.started(command, log) as server:
            wait(server, port, log)
            yield Running(server.pid, port)


def _make_certificate(key: Path, certificate: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=kamailio", "-days", "2"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], capture_output=True, check=True)
