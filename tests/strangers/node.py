"""A node in a process of its own, configured by the commands an administrator types."""

from __future__ import annotations

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ringward.services.change_watcher import INTERVAL

RINGWARD = str(Path(sys.executable).with_name("ringward"))

TFTP, SIP, SIPS, HTTP = 69, 5060, 5061, 6970

T = TypeVar("T")

PATIENCE = 20.0  # seconds; the machine may be busy with other tests


def eventually(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What `look` returns as soon as it is true in the sense of Python, at last whatever it is."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def is_free(port: int) -> bool:
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


# Every process of a test run has a range of its own, and no port of it is given twice.
_PER_WORKER = 4000
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_ports = itertools.count(20000 + _worker % 3 * _PER_WORKER, 10)


def free_ports() -> int:
    """The first of ten free ports in a row on the loopback address."""
    return next(port for port in _ports if all(is_free(port + step) for step in range(10)))


class Node:
    """`ringward run` on a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "node"
        self.log = directory / "node.log"
        first = free_ports()
        self.offset = first - SIP
        while not all(is_free(port + self.offset) for port in (TFTP, HTTP)):
            first = free_ports()
            self.offset = first - SIP
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def sip_port(self) -> int:
        return SIP + self.offset

    @property
    def sips_port(self) -> int:
        return SIPS + self.offset

    @property
    def certificate(self) -> Path:
        """What a phone must trust to speak TLS with the node."""
        return self.data / "certificates" / "node.pem"

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [
                    RINGWARD,
                    "run",
                    "--data",
                    str(self.data),
                    "--port-offset",
                    str(self.offset),
                    "--bind",
                    "127.0.0.1",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if not eventually(lambda: self.process and self.process.poll() is None and not is_free(self.sip_port)):
            raise AssertionError(f"the node did not start:\n{self.log.read_text()}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the node; its exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def administer(self, *words: str, typed: str = "") -> str:
        """What a command of the administrator prints."""
        done = subprocess.run(
            [RINGWARD, *words, "--data", str(self.data)], input=typed, capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, f"ringward {' '.join(words)}: {done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, *words: str) -> Any:
        return json.loads(self.administer(*words, "--json"))

    def add_phones(self, rows: Sequence[dict[str, str]]) -> None:
        """Add phones as rows of a CSV file."""
        columns = list(rows[0])
        lines = [",".join(columns), *(",".join(row[column] for column in columns) for row in rows)]
        file = self.data.with_suffix(".csv")
        file.write_text("\n".join(lines) + "\n")
        self.administer("phone", "import", str(file))
        time.sleep(4 * INTERVAL)  # then a running node has taken them in

    def registered(self) -> set[str]:
        """The numbers whose phones are registered now."""
        return {line["number"] for line in self.ask("phones")["registered"]}

    def warnings(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if " WARNING " in line or " ERROR " in line]

    def tracebacks(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith("Traceback")]
