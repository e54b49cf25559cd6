"""Our own software phone in a process of its own, used by typed commands."""

from __future__ import annotations

import subprocess
from pathlib import Path

from strangers.node import PATIENCE, RINGWARD, Node, eventually


class SoftwarePhone:
    """`ringward phone-sim` for one device."""

    def __init__(self, node: Node, directory: Path, device: str, *options: str, model: str = "7961") -> None:
        self.log = directory / f"{device}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [RINGWARD, "phone-sim", device, "--data", str(node.data), "--model", model, *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def order(self, command: str) -> None:
        """Type a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())
        self._process.stdin.flush()

    def says(self, words: str, times: int = 1) -> bool:
        """Whether the phone says so, sooner or later, and so often since it was switched on."""
        return eventually(lambda: self.log.read_text().count(words) >= times, 2 * PATIENCE)

    def put_away(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdin is not None
        self._process.stdin.close()
