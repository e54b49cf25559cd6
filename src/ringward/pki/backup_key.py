"""The file of a private backup key, sealed with a passphrase; it never lies on the server."""

from __future__ import annotations

import os
from pathlib import Path

from ringward.domain.secret import Secret
from ringward.pki.sealed_stream import OpeningReader, SealingWriter
from ringward.pki.wrapping_key import UnwrappingKey

_LARGEST = 10_000
"""Octets of such a key, and more."""


def write_backup_key(path: Path, key: UnwrappingKey, passphrase: Secret) -> None:
    """Write a new file for its owner alone; raises :class:`OSError`, also if there is one already."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with SealingWriter(file, passphrase) as sealed:
            sealed.write(key.der())
        file.flush()
        os.fsync(file.fileno())


def read_backup_key(path: Path, passphrase: Secret) -> UnwrappingKey:
    """Raises :class:`OSError`, ``StreamBroken`` or ``WrongKey``."""
    with path.open("rb") as file:
        return UnwrappingKey.load(OpeningReader(file, passphrase).read(_LARGEST))
