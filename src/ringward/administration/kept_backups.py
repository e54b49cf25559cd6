"""Backups that jobs make, by hand or by a schedule: kept in a directory, compared, fetched, replaced by newer.

Whoever may make backups, or say for whom they are sealed, can have all secrets of the cluster: so ``backup.*`` and
``backup-schedule.*`` are for super users, and fetching one is a permission of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

from ringward.administration.authorization import Actor
from ringward.administration.backup import NOUN, SHORTEST_PASSPHRASE, Backups, failures_told
from ringward.administration.operation import Operations, View, Work
from ringward.domain.alarm import Report, cleared, raised
from ringward.domain.alarm_catalogue import BACKUP_FAILED
from ringward.domain.backup_schedule import BackupSchedule, is_directory
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused, RingwardError
from ringward.domain.secret import Secret
from ringward.pki.sealed_stream import SealedFor
from ringward.pki.wrapping_key import WrappingKey, WrongKey
from ringward.store import kept_backups as store
from ringward.store.audit import Outcome
from ringward.store.kept_backups import KeptBackup

READ, DOWNLOAD = f"{NOUN}.read", f"{NOUN}.download"
SUFFIX = ".backup"
_FAILURES_KEPT = 50
"""Failed attempts of one schedule that are remembered."""
_MEGABYTE = 1_000_000
_BETWEEN_TELLINGS = 1000
"""Milliseconds."""

_log = logging.getLogger(__name__)


class Cancelled(Refused):
    """Whoever ordered it wants it no more."""


Tell = Callable[[str], None]
"""Told how far it is; raises :class:`Cancelled`."""


@dataclass(frozen=True, slots=True)
class WantedBackup:
    """What a job shall make: by a schedule, or into a directory for somebody."""

    schedule: str = ""
    directory: str = ""
    sealed_for: SealedFor | None = None


def wanted_backup(schedule: str, directory: str, public_key: str, passphrase: str) -> WantedBackup:
    """Read what was entered; raises :class:`Invalid`."""
    if schedule:
        if directory or public_key or passphrase:
            raise _wrong("schedule", schedule, "a schedule, and then nothing else")
        return WantedBackup(schedule)
    if not directory or not is_directory(directory):
        raise _wrong("directory", directory, "a directory from the root on, such as /var/backups/ringward")
    if bool(public_key) == bool(passphrase):
        raise _wrong("passphrase", "", "a passphrase or a public key, one of them")
    if passphrase:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise _wrong("passphrase", "(hidden)", f"{SHORTEST_PASSPHRASE} characters or more")
        return WantedBackup(directory=directory, sealed_for=Secret(passphrase))
    try:
        return WantedBackup(directory=directory, sealed_for=WrappingKey.parse(public_key))
    except WrongKey as error:
        raise _wrong("public_key", public_key[:20], str(error)) from None


class _Progress:
    """Tells once a second at most: there may be very many small files, and each telling is a transaction."""

    def __init__(self, tell: Tell, now: Callable[[], int]) -> None:
        self._tell, self._now = tell, now
        self._told_at: int | None = None

    def __call__(self, done: int, total: int) -> None:
        """So many bytes of so many are written."""
        now = self._now()
        if self._told_at is None or now - self._told_at >= _BETWEEN_TELLINGS:
            self._told_at = now
            self._tell(f"{done / _MEGABYTE:.1f} of {total / _MEGABYTE:.1f} MB written")


class KeptBackups:
    """The use cases."""

    def __init__(self, operations: Operations, backups: Backups, alarm: Report) -> None:
        self._operations = operations
        self._backups = backups
        self._alarm = alarm

    def find(self, actor: Actor) -> list[KeptBackup]:
        """All that are known, the newest first."""
        with self._operations.read(actor, READ) as view:
            return store.find(view.connection)

    def get(self, actor: Actor, number: int) -> KeptBackup:
        """One of them; raises :class:`NotFound`."""
        with self._operations.read(actor, READ) as view:
            return _get(view, number)

    def is_as_made(self, actor: Actor, number: int) -> bool:
        """Read the file and compare it with what was written; raises :class:`NotFound` if it is gone."""
        backup = self.get(actor, number)
        return _digest(_file(backup)) == backup.sha256

    def fetch(self, actor: Actor, number: int) -> Path:
        """The file, to be carried away; raises :class:`NotFound`."""
        with self._operations.change(actor, DOWNLOAD, NOUN, str(number)) as work:
            backup = _get(work, number)
            path = _file(backup)
            work.note(NOUN, backup.name, Outcome.DONE, {}, {"downloaded": "true"})
            return path

    # -- the job's ---------------------------------------------------------------------------------------

    def new_name(self, wanted: WantedBackup) -> str:
        """How the file will be called: by the millisecond, so that two that are ordered at once are two."""
        seconds, milliseconds = divmod(self._operations.now(), 1000)
        moment = datetime.fromtimestamp(seconds, UTC)
        return f"{wanted.schedule or 'ringward'}-{moment:%Y%m%dT%H%M%S}.{milliseconds:03}Z{SUFFIX}"

    def ordered(self, work: Work, job: int, name: str, wanted: WantedBackup) -> None:
        """Note a backup that a job will make; raises :class:`NotFound` if there is no such schedule."""
        directory, sealed_for = _place(work, wanted)
        values = {
            "job": job,
            "schedule": wanted.schedule,
            "directory": directory,
            "name": name,
            "sealed_for": "passphrase" if isinstance(sealed_for, Secret) else sealed_for.identity.hex(),
            "ordered_at": self._operations.now(),
        }
        store.add(work.connection, values)

    def make(self, actor: Actor, job: int, wanted: WantedBackup, tell: Tell) -> str:
        """Make the backup of a job, and delete those that it replaces; returns what was done.

        Raises :class:`Refused` with the reason, which is an alarm too.
        """
        with self._operations.look() as view:
            backup = store.of_job(view.connection, job)
        if backup is None:
            raise Refused("the backup was forgotten before it was made")
        try:
            with self._operations.look() as view:
                directory, sealed_for = _place(view, wanted)
            said = self._made(actor, backup, Path(directory), sealed_for, tell)
        except Cancelled:
            raise
        except Exception as error:
            reason = str(error)
            if not isinstance(error, RingwardError):
                _log.exception("the backup %s ended with an error", backup.name)
                reason = "an error of the node's own; its log says more"
            self._end(backup, reason=reason)
            self._alarm(raised(BACKUP_FAILED, _subject(backup), f"{backup.name} was not made: {reason}"))
            raise Refused(reason) from None
        self._alarm(cleared(BACKUP_FAILED, _subject(backup)))
        return said

    def _made(self, actor: Actor, backup: KeptBackup, directory: Path, sealed_for: SealedFor, tell: Tell) -> str:
        target = directory / backup.name
        if not directory.is_dir():
            raise Refused(f"the directory {directory} is not there: make it, or mount what belongs there")
        with failures_told(target):
            for left in (target, *directory.glob(f".{backup.name}.*")):
                left.unlink(missing_ok=True)  # of a run of this job that a crash ended
        progress = _Progress(tell, self._operations.now)
        manifest = self._backups.create(actor, target, sealed_for, progress)
        with failures_told(target):
            size, digest = target.stat().st_size, _digest(target)
        self._end(backup, size=size, files=len(manifest.files), sha256=digest)
        gone = self._replace(backup.schedule) if backup.schedule else 0
        said = f"{target}, {size / _MEGABYTE:.1f} MB"
        return said + (f"; deleted {gone} older" if gone else "")

    def _end(self, backup: KeptBackup, **values: object) -> None:
        with self._operations.log() as connection:
            store.change(connection, backup.number, ended_at=self._operations.now(), **values)

    def _replace(self, schedule: str) -> int:
        """Delete the backups of a schedule that are one too many; returns how many."""
        with self._operations.look() as view:
            rule = view.find(BackupSchedule, schedule)
            known = store.find(view.connection, schedule)
        if rule is None:
            return 0
        made = [each for each in known if each.state == "made"][rule.kept :]
        others = [each for each in known if not each.is_open and each.state != "made"][_FAILURES_KEPT:]
        for each in made:
            path = Path(each.directory) / each.name
            with failures_told(path):
                path.unlink(missing_ok=True)
        with self._operations.log() as connection:
            for each in (*made, *others):
                store.remove(connection, each.number)
        return len(made)


def _place(view: View, wanted: WantedBackup) -> tuple[str, SealedFor]:
    if not wanted.schedule:
        assert wanted.sealed_for is not None  # noqa: S101  (see wanted_backup)
        return wanted.directory, wanted.sealed_for
    schedule = view.get(BackupSchedule, wanted.schedule)
    return schedule.directory, WrappingKey.parse(schedule.public_key)


def _subject(backup: KeptBackup) -> str:
    """What an alarm is about, so that the next one that is made clears it."""
    return f"schedule {backup.schedule}" if backup.schedule else f"backups in {backup.directory}"


def _get(view: View, number: int) -> KeptBackup:
    backup = store.get(view.connection, number)
    if backup is None:
        raise NotFound(NOUN, str(number))
    return backup


def _file(backup: KeptBackup) -> Path:
    path = Path(backup.directory) / backup.name
    if backup.state != "made" or not path.is_file():
        raise NotFound("file", str(path))
    return path


def _digest(path: Path) -> str:
    with failures_told(path), path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _wrong(field: str, value: str, allowed: str) -> Invalid:
    return Invalid(NOUN, "", [FieldError(field, value, allowed)])
