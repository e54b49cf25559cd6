"""The phones of a measurement: who calls whom, from where, with which password."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

# Each phone's line is busy for a tenth of a second per call: enough of them that none is called while it talks,
# up to 4,000 calls per second.
PAIRS = 400
DIGEST_USER = "office"
PASSWORD = "measured0nly"


@dataclass(frozen=True, slots=True)
class Office:
    """Pairs of phones, and where SIPp has them: two offices, each behind an address and a port."""

    pairs: int = PAIRS
    caller_port: int = 0
    callee_port: int = 0
    caller_address: ClassVar = "127.0.1.1"
    callee_address: ClassVar = "127.0.2.1"

    @property
    def callers(self) -> list[str]:
        return [str(100_000 + number) for number in range(self.pairs)]

    @property
    def callees(self) -> list[str]:
        return [str(200_000 + number) for number in range(self.pairs)]

    def write_calls(self, path: Path) -> Path:
        """The list SIPp takes calls from: caller, callee."""
        return _write(path, zip(self.callers, self.callees, strict=True))

    def write_credentials(self, path: Path, numbers: list[str]) -> Path:
        """The list SIPp takes registrations from: number, credentials."""
        credentials = f"[authentication username={DIGEST_USER} password={PASSWORD}]"
        return _write(path, ((number, credentials) for number in numbers))


def _write(path: Path, rows: Iterable[tuple[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        file.write("SEQUENTIAL\n")
        csv.writer(file, delimiter=";", lineterminator="\n").writerows(rows)
    return path
