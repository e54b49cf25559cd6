"""Platform > Backup: schedules with their results, one made now, each backup compared and downloaded (SVC-09)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from starlette.responses import FileResponse, Response

from ringward.administration.backup import CREATE, SHORTEST_PASSPHRASE
from ringward.administration.job_kinds import BACKUP as JOB_KIND
from ringward.administration.kept_backups import DOWNLOAD
from ringward.administration.second_factors import LONGEST_CODE
from ringward.domain.backup_schedule import BackupSchedule
from ringward.domain.errors import FieldError, Invalid, LockedOut, NotFound
from ringward.domain.rules.password_policy import LONGEST_PASSWORD
from ringward.domain.secret import Secret
from ringward.store.kept_backups import KeptBackup
from ringward.web.entrance import locked_out_sentence
from ringward.web.navigation import BACKUP, JOBS, list_path, path_of
from ringward.web.pages.jobs import job_path
from ringward.web.visit import Visit

_SHOWN = 200
_LONGEST_DIRECTORY = 512


def show(visit: Visit) -> Response:
    """The schedules and the backups."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, errors: Sequence[FieldError] = ()) -> Response:
    administration, noun = visit.administration, BackupSchedule.noun
    found = administration.kept_backups.find(visit.actor)
    return visit.show(
        "backups.html",
        code,
        schedules=administration.backup_clock.find(visit.actor) if visit.may(f"{noun}.read") else None,
        backups=found[:_SHOWN],
        is_there={each.number: _path(each).is_file() for each in found[:_SHOWN]},
        new_schedule=f"{list_path(noun)}/new" if visit.may(f"{noun}.add") else "",
        schedule_path=lambda name: path_of(noun, name),
        may_make=visit.may(CREATE),
        errors={error.field: error.allowed for error in errors},
        directory=visit.entered("directory")[:_LONGEST_DIRECTORY],
        shortest=SHORTEST_PASSPHRASE,
        backup=BACKUP,
        jobs=JOBS,
        data=administration.key_store.directory.parent,
    )


def order(visit: Visit) -> Response:
    """Have one made now, as a schedule says or with a passphrase."""
    name = visit.entered("schedule")
    if name:
        return visit.go(job_path(visit.administration.backup_clock.order(visit.actor, name)))
    passphrase, again = visit.entered("passphrase"), visit.entered("again")
    try:
        if passphrase != again:
            raise Invalid("backup", "", [FieldError("passphrase", "(hidden)", "the same text in both fields")])
        arguments = {"directory": visit.entered("directory"), "passphrase": passphrase}
        return visit.go(job_path(visit.administration.jobs.order(visit.actor, JOB_KIND, arguments)))
    except Invalid as error:
        return _draw(visit, 422, error.errors)


def show_one(visit: Visit) -> Response:
    """One backup: what it is, how it is restored."""
    return _draw_one(visit)


def _draw_one(
    visit: Visit,
    code: int = 200,
    errors: Sequence[FieldError] = (),
    sentence: str = "",
    verdict: bool | None = None,
) -> Response:
    backup = visit.administration.kept_backups.get(visit.actor, _number(visit))
    own = visit.administration.own_second_factor.look(visit.actor)
    return visit.show(
        "backup.html",
        code,
        backup=backup,
        is_there=_path(backup).is_file(),
        path=_path(backup),
        may_download=visit.may(DOWNLOAD),
        has_second_factor=own.enrolled_at is not None,
        errors={error.field: error.allowed for error in errors},
        sentence=sentence,
        verdict=verdict,
        all=BACKUP,
        jobs=JOBS,
        longest=LONGEST_PASSWORD,
        longest_code=LONGEST_CODE,
        data=visit.administration.key_store.directory.parent,
    )


def act(visit: Visit) -> Response:
    """Compare it, or download it: for that whoever asks proves once more who he is."""
    kept, number, wanted = visit.administration.kept_backups, _number(visit), visit.entered("act")
    if wanted == "check":
        return _draw_one(visit, verdict=kept.is_as_made(visit.actor, number))
    if wanted != "download":
        raise Invalid("form", "", [FieldError("act", wanted[:20], "check, download")])
    present = Secret(visit.entered("present")[: LONGEST_PASSWORD + 1])
    try:
        visit.administration.own_second_factor.prove(
            visit.actor, present, visit.entered("code")[: LONGEST_CODE + 1]
        )
    except Invalid as error:
        return _draw_one(visit, 422, error.errors)
    except LockedOut as error:
        return _draw_one(visit, 429, sentence=locked_out_sentence(error))
    path = kept.fetch(visit.actor, number)
    return FileResponse(path, media_type="application/octet-stream", filename=path.name)


def _path(backup: KeptBackup) -> Path:
    return Path(backup.directory) / backup.name


def _number(visit: Visit) -> int:
    text = visit.path_parts["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("backup", text[:20])
    return int(text)
