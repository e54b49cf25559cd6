"""A file of traces that is bounded: it is renamed when it is full, and the oldest of its predecessors removed."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_FILE = 10 * 1024 * 1024
"""Bytes of one file."""
MAX_OLD_FILES = 3


class TraceFile:
    """Opened with the first line that is written, and readable for its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writer: RotatingFileHandler | None = None

    @property
    def every(self) -> tuple[Path, ...]:
        """The file and its predecessors, the oldest first, as far as there are any."""
        older = range(MAX_OLD_FILES, 0, -1)
        return (*(Path(f"{self.path}.{number}") for number in older), self.path)

    def write(self, entry: str) -> None:
        """Add an entry with the time before it; raises ``OSError``."""
        if self._writer is None:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._writer = RotatingFileHandler(
                self.path, maxBytes=MAX_FILE, backupCount=MAX_OLD_FILES, encoding="utf-8", errors="replace"
            )
            self._writer.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
            self.path.chmod(0o600)
        self._writer.emit(logging.LogRecord("trace", logging.INFO, "", 0, entry, None, None))

    def close(self) -> None:
        """Close it; the next entry opens it again."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
