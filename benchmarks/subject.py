"""What is measured: a server that can be started for an office of phones."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from benchmarks.office import Office


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers: the root of its process tree and its UDP port on the loopback address."""

    pid: int
    port: int


class SipSubject(Protocol):
    """A SIP server under measurement."""

    name: str
    kind: str
    registers: bool

    def version(self) -> str: ...

    def run(self, office: Office, directory: Path, *, digest: bool) -> AbstractContextManager[Running]:
        """Serve the office while the block lasts; with `digest`, registrations are challenged."""
        ...


class TftpSubject(Protocol):
    """A TFTP server under measurement."""

    name: str

    def version(self) -> str: ...

    def run(self, directory: Path, name: str, content: bytes) -> AbstractContextManager[Running]:
        """Offer one file while the block lasts."""
        ...
