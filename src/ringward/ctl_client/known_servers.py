"""The servers whose certificate an administrator has confirmed: fingerprints by address, in one file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ringward.domain.errors import Unavailable
from ringward.pki.certificates import write_atomically

_MAX_FILE_BYTES = 1024 * 1024
_FILE = "known-servers.json"


def default_path() -> Path:
    """Where the file of this account is (XDG base directories)."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "ringward" / _FILE


class KnownServers:
    """Remembers SHA-256 fingerprints, in capitals with colons."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fingerprint(self, address: str, port: int) -> str:
        """The one that was confirmed; empty if none was. Raises :class:`Unavailable` if the file is damaged."""
        return self._read().get(_name(address, port), "")

    def remember(self, address: str, port: int, fingerprint: str) -> None:
        """Keep one that was confirmed, in place of a former one."""
        known = self._read() | {_name(address, port): fingerprint}
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(known, indent=1).encode() + b"\n", mode=0o600)
        except OSError as error:
            raise Unavailable(f"{self._path} cannot be written: {error.strerror}") from None

    def _read(self) -> dict[str, str]:
        try:
            with self._path.open("rb") as file:
                known = json.loads(file.read(_MAX_FILE_BYTES))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError):
            raise Unavailable(f"{self._path} cannot be read: mend it or remove it") from None
        if not isinstance(known, dict) or not all(isinstance(each, str) for each in known.values()):
            raise Unavailable(f"{self._path} cannot be read: mend it or remove it")
        return known


def _name(address: str, port: int) -> str:
    return f"{address}:{port}"
