"""Backups verified, and put in place of a data directory whose node is stopped (SVC-09)."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.administration.backup import failures_told
from ringward.administration.backup_file import Manifest, read_backup
from ringward.administration.staging import staging
from ringward.pki.sealed_stream import OpenedBy


def verify(source: Path, opened_by: OpenedBy) -> Manifest:
    """Read a backup whole and change nothing; raises :class:`BadBackup`, :class:`StreamBroken` or
    :class:`Unavailable`."""
    with failures_told(source), source.open("rb") as file:
        return read_backup(file, opened_by)


def restore(source: Path, opened_by: OpenedBy, directory: Path, actor: Actor) -> tuple[Manifest, Path | None]:
    """Put the state of a backup in place of a data directory, all or nothing.

    The node must not run. The backup is read whole, and opened, before anything is replaced. Returns also where
    the former state lies now, if there was one. Raises what :func:`verify` raises, and whatever keeps a node from
    starting on this state.
    """
    directory = directory.resolve()
    with failures_told(directory):
        directory.parent.mkdir(parents=True, exist_ok=True)
        with staging(directory.parent, f".{directory.name}.restoring-") as staged:
            with source.open("rb") as file:
                manifest = read_backup(file, opened_by, staged)
            _try_out(staged, source.name, actor)
            return manifest, _exchange(staged, directory)


def _try_out(directory: Path, name: str, actor: Actor) -> None:
    """Open everything as a node would, and note in its audit log that it was restored."""
    administration = Administration.open(directory)
    try:
        administration.database.check()
        for kind in administration.key_store.kinds():
            administration.key_store.load(kind)
        administration.backups.note_restoration(actor, name)
    finally:
        administration.close()


def _exchange(staged: Path, directory: Path) -> Path | None:
    """Rename the former state away and the new one in; if that fails all is as it was."""
    if not directory.exists():
        staged.rename(directory)
        return None
    moment = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    kept = directory.with_name(f"{directory.name}.before-restore-{moment}")
    directory.rename(kept)
    try:
        staged.rename(directory)
    except BaseException:
        kept.rename(directory)
        raise
    return kept
