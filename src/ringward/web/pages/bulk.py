"""Many phones by CSV files: import with a dry run, and export (ADMIN-34)."""

from __future__ import annotations

from starlette.responses import Response

from ringward.administration.job_kinds import PHONE_IMPORT
from ringward.web.pages.jobs import job_path
from ringward.web.visit import Visit


def show_import(visit: Visit) -> Response:
    """The form."""
    return visit.show("phone_import.html", report=None, text="", update=False)


def run_import(visit: Visit) -> Response:
    """Check a file, or have the phones of one that was checked stored by a job."""
    try:
        text = visit.files.get("file", b"").decode("utf-8-sig") or visit.entered("text")
    except UnicodeDecodeError:
        return visit.go(visit.path, "The file is not text in UTF-8: save it as CSV UTF-8.", kind="error")
    update = bool(visit.entered("update"))
    store = visit.entered("store") == "yes"
    if store:
        job = visit.administration.jobs.order(visit.actor, PHONE_IMPORT, {"csv": text, "update": update})
        return visit.go(job_path(job), "The import is ordered; its progress is below.")
    report = visit.administration.bulk.import_phones(visit.actor, text, update=update, dry_run=True)
    return visit.show("phone_import.html", 422 if report.errors else 200, report=report, text=text, update=update)


def export(visit: Visit) -> Response:
    """All phones as a CSV file, without secrets."""
    text = visit.administration.bulk.export_phones(visit.actor)
    return Response(
        text, media_type="text/csv", headers={"Content-Disposition": 'attachment; filename="phones.csv"'}
    )


def template(visit: Visit) -> Response:
    """A file with the header row alone."""
    return Response(
        visit.administration.bulk.template(),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="phones-template.csv"'},
    )
