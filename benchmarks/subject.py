"""What is measured: a server that can be started for an office of phones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks import process
from benchmarks.office import Office


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers on a port of the loopback address: the root of its process tree.

    Where the tree does not show all it has used, `group` does, if there may be one.
    """

    pid: int
    port: int
    group: process.ControlGroup | None = None
    all_in_tree: bool = True

    def cpu_seconds(self) -> float:
        """Processor time the server has used so far; not a number where that cannot be seen."""
        if self.all_in_tree:
            return process.cpu_seconds(self.pid)
        return self.group.cpu_seconds() if self.group else math.nan


class SipSubject(Protocol):
    """A SIP server under measurement."""

    name: str
    kind: str
    registers: bool
    transports: Sequence[str]

    def version(self) -> str: ...

    def run(
        self, office: Office, directory: Path, *, digest: bool, transport: str = "udp"
    ) -> AbstractContextManager[Running]:
        """Serve the office while the block lasts, over udp, tcp or tls; `digest`: registrations are challenged."""
        ...


class TftpSubject(Protocol):
    """A TFTP server under measurement."""

    name: str

    def version(self) -> str: ...

    def run(self, directory: Path, name: str, content: bytes) -> AbstractContextManager[Running]:
        """Offer one file while the block lasts."""
        ...
