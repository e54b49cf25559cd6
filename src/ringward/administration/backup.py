"""Backup of a node while it runs (SVC-09, CAPF-36)."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from ringward.administration.authorization import Actor
from ringward.administration.backup_file import Manifest, StoredFile, write_backup
from ringward.administration.data_directory import DATABASE_FILE
from ringward.administration.operation import Operations
from ringward.administration.staging import remove_left_over, staging
from ringward.domain.certificate import CertificateKind
from ringward.domain.errors import Refused, Unavailable
from ringward.domain.secret import Secret
from ringward.pki.key_store import KeyStore
from ringward.pki.sealed_stream import SealedFor
from ringward.store.audit import Outcome
from ringward.store.database import Database
from ringward.store.tables import SCHEMA_REVISION

NOUN = "backup"
CREATE, RESTORE = f"{NOUN}.create", f"{NOUN}.restore"
SHORTEST_PASSPHRASE = 12
"""Characters: a backup is carried away, where nothing but the passphrase slows a guesser down."""
_LEFT_OUT = ("calls-in-progress", "control.sock", "node.lock", "trace.log", "traces", DATABASE_FILE)
"""Beginnings of names: what belongs to a running node, what only helps to find faults, and the database with its
journals, which SQLite copies."""
_LARGE = "tftp"
"""Firmware lies here: it is copied while everybody else may go on."""
_STAGING = ".backup-"
"""Begins the name of the directory with the copy of what belongs together."""
_CTL_FILE = f"{_LARGE}/CTLFile.tlv"


def _nobody(done: int, total: int) -> None:
    """Hears of the progress and does nothing."""


class Backups:
    """The use case of making a backup."""

    def __init__(self, operations: Operations, database: Database, key_store: KeyStore) -> None:
        self._operations = operations
        self._database = database
        self._key_store = key_store
        self._directory = key_store.directory.parent

    def create(
        self, actor: Actor, target: Path, sealed_for: SealedFor, told: Callable[[int, int], None] = _nobody
    ) -> Manifest:
        """Make a backup as a new file, whole or not at all.

        Keys, certificates, CTL file and database are as of one moment: while they are copied nobody can change
        anything, for a second or so; calls go on. The audit log tells of it before the file has its name.
        ``told`` hears before each file how many bytes of how many are written; what it raises ends it. Raises
        :class:`Refused` or :class:`Unavailable`.
        """
        if isinstance(sealed_for, Secret) and len(sealed_for.reveal()) < SHORTEST_PASSPHRASE:
            raise Refused(f"the passphrase is too short: it needs {SHORTEST_PASSPHRASE} characters or more")
        if target.exists():
            raise Refused(f"{target} is there already: name another file")
        if target.resolve().is_relative_to(self._directory.resolve()):
            raise Refused(f"{target} would lie in what is backed up, and be lost with it: name a file elsewhere")
        name = target.name
        with failures_told(target), staging(self._directory, _STAGING) as staged:
            draft = target.with_name(f".{name}.{os.getpid()}")
            try:
                with self._operations.change(actor, CREATE, NOUN, name):
                    self._copy_what_belongs_together(staged)
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    manifest = write_backup(file, sealed_for, _counted(self._all(staged), told), self._describe)
                    file.flush()
                    os.fsync(file.fileno())
                self._note(actor, CREATE, name)
                draft.rename(target)
            finally:
                draft.unlink(missing_ok=True)
        return manifest

    def remove_left_over(self) -> None:
        """Remove from the data directory what backups left there that a crash ended. Raises ``OSError``."""
        remove_left_over(self._directory, _STAGING)

    def note_restoration(self, actor: Actor, name: str) -> None:
        """Write into the audit log that the present state comes from a backup."""
        self._note(actor, RESTORE, name)

    def _note(self, actor: Actor, permission: str, name: str) -> None:
        with self._operations.change(actor, permission, NOUN, name) as work:
            work.note(NOUN, name, Outcome.DONE, {}, {})

    def _copy_what_belongs_together(self, staged: Path) -> None:
        self._database.copy(staged / DATABASE_FILE)
        for name in self._files():
            if not name.startswith(f"{_LARGE}/") or name == _CTL_FILE:
                (staged / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                shutil.copy(self._directory / name, staged / name)

    def _files(self) -> Iterator[str]:
        """The files of the data directory that matter, but the database."""
        for path in sorted(self._directory.rglob("*")):
            parts = path.relative_to(self._directory).parts
            is_left_out = parts[0].startswith(_LEFT_OUT) or any(part.startswith(".") for part in parts)
            if not is_left_out and path.is_file():
                yield "/".join(parts)

    def _all(self, staged: Path) -> Iterator[tuple[str, Path]]:
        copied = {path.relative_to(staged).as_posix() for path in staged.rglob("*") if path.is_file()}
        yield from ((name, staged / name) for name in sorted(copied))
        yield from ((name, self._directory / name) for name in self._files() if name not in copied)

    def _describe(self, files: tuple[StoredFile, ...]) -> Manifest:
        node = self._key_store.certificate(CertificateKind.NODE).common_name
        return Manifest(node, self._operations.now(), version("ringward"), SCHEMA_REVISION, files)


def _counted(files: Iterable[tuple[str, Path]], told: Callable[[int, int], None]) -> Iterator[tuple[str, Path]]:
    found = [(name, path, path.stat().st_size) for name, path in files]
    done, total = 0, sum(size for _, _, size in found)
    for name, path, size in found:
        told(done, total)
        yield name, path
        done += size


@contextlib.contextmanager
def failures_told(path: Path) -> Iterator[None]:
    """Tell a failure of the machine (a full disk, a directory that is a mount) in words."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{error.filename or path}: {error.strerror or error}") from None
