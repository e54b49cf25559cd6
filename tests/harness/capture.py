"""tshark as the judge of what is on the wire."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from pathlib import Path
from uuid import uuid4

PATIENCE_SECONDS = 60
BUFFER_MEGABYTES = "64"  # other tests send at the same time, and what does not fit is lost


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
        self._has_what_was_sent()  # it says so a little before it listens

    def end(self) -> None:
        """End it, with all that has been sent by now."""
        self._has_what_was_sent()
        self._process.terminate()
        self._process.communicate(timeout=PATIENCE_SECONDS)

    def _has_what_was_sent(self) -> None:
        """Wait until a datagram of our own, and so whatever was sent before it, has come to the file."""
        mark = uuid4().bytes
        deadline = time.monotonic() + PATIENCE_SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.0.1", 0))
            while mark not in self._file.read_bytes():
                assert time.monotonic() < deadline, "tshark does not write what is sent"
                sender.sendto(mark, sender.getsockname())
                time.sleep(0.05)

    def read(self, decode: list[str], display_filter: str, *fields: str) -> list[list[str]]:
        """The fields of all packets that the filter lets through; `decode` says which port speaks what."""
        command = ["tshark", "-r", str(self._file), "-Y", display_filter, "-T", "fields", "-E", "separator=|"]
        for rule in decode:
            command += ["-d", rule]
        for field in fields:
            command += ["-e", field]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        return [line.split("|") for line in done.stdout.splitlines()]
