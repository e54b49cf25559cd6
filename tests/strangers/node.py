"""A node in a process of its own, configured by the commands an administrator types."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from harness.ports import free_offset

RINGWARD = str(Path(sys.executable).with_name("ringward"))

TFTP, SIP, SIPS, HTTP, HTTPS = 69, 5060, 5061, 6970, 8443

T = TypeVar("T")

PATIENCE = 60.0  # seconds; the machine may be busy with other tests
LONG = 2 * PATIENCE


def eventually(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What `look` returns as soon as it is true in the sense of Python, at last whatever it is."""
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


class Node:
    """`ringward run` on a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.data = directory / "node"
        self.log = directory / "node.log"
        self.offset = free_offset()
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
            before = self._starts()
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
        assert eventually(lambda: self._starts() > before or self._has_ended()), self.log.read_text()
        assert not self._has_ended(), f"the node did not start:\n{self.log.read_text()}"

    def _starts(self) -> int:
        """How often it has said that it is ready."""
        return self.log.read_text().count(" is ready at ")

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the node; its exit status."""
        assert self.process is not None
        self.process.send_signal(how)
        return self.process.wait(PATIENCE)

    def administer(self, *words: str, typed: str = "") -> str:
        """What a command of the administrator prints."""
        done = subprocess.run(
            [RINGWARD, *words, "--data", str(self.data)], input=typed, capture_output=True, text=True, timeout=LONG
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

    def registered(self) -> set[str]:
        """The numbers whose phones are registered now."""
        return {line["number"] for line in self.ask("phones")["registered"]}

    def warnings(self) -> list[str]:
        levels = (" WARNING ", " ERROR ", " CRITICAL ")
        return [line for line in self.log.read_text().splitlines() if any(level in line for level in levels)]

    def tracebacks(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith("Traceback")]
