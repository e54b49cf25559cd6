"""tshark as the judge of what is on the wire."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

PATIENCE_SECONDS = 20
BUFFER_MEGABYTES = "64"  # other tests send at the same time, and what does not fit is lost
SETTLE_SECONDS = 0.7  # what has been sent by now must reach the file first


class Capture:
    """Packets of the loopback interface from the time it begins until it ends."""

    def __init__(self, file: Path) -> None:
        self._file = file
        # Whoever is not root must be able to become it without a question, as the set-up could.
        as_root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
        with file.open("wb") as output:
            self._process = subprocess.Popen(
                [*as_root, "tshark", "-q", "-i", "lo", "-B", BUFFER_MEGABYTES, "-f", "udp or tcp", "-w", "-"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.PIPE,
            )
        said = b""
        assert self._process.stderr is not None
        while b"Capturing on" not in said:
            line = self._process.stderr.readline()
            assert line, f"tshark may not listen on the loopback interface: {said.decode()}"
            said += line
        time.sleep(SETTLE_SECONDS)  # it says so a little before it listens

    def end(self) -> None:
        time.sleep(SETTLE_SECONDS)
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE_SECONDS)

    def read(self, decode: list[str], display_filter: str, *fields: str) -> list[list[str]]:
        """The fields of all packets that the filter lets through; `decode` says which port speaks what."""
        command = ["tshark", "-r", str(self._file), "-Y", display_filter, "-T", "fields", "-E", "separator=|"]
        for rule in decode:
            command += ["-d", rule]
        for field in fields:
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return [line.split("|") for line in done.stdout.splitlines()]
