"""Long jobs: the list of them, and each with its progress and what came of every phone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor
from ringward.administration.job_kinds import BACKUP
from ringward.administration.jobs import Jobs
from ringward.domain.errors import NotFound, Refused
from ringward.domain.job import ItemState, Job
from ringward.domain.phone import Phone
from ringward.web.find_and_list import page_number
from ringward.web.navigation import JOBS, path_of
from ringward.web.visit import Site, Visit

_PAGE = 50
_ITEMS = 100
"""Phones that are named on the page of a job: of those that failed, and of the others."""


def job_path(job: Job) -> str:
    """The page of a job."""
    return f"{JOBS}/{job.number}"


def find(visit: Visit) -> Response:
    """The jobs, the newest first."""
    number = page_number(visit.asked("page"))
    page = visit.administration.jobs.find(visit.actor, (number - 1) * _PAGE, _PAGE)
    last = max(1, -(-page.total // _PAGE))
    return visit.show("jobs.html", jobs=page.jobs, total=page.total, page=number, last=last)


def show(visit: Visit) -> Response:
    """One job, complete by itself; the part that changes is kept fresh."""
    return visit.show("job.html", **_picture(visit.administration.jobs, visit.actor, visit.path_parts))


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the page that changes."""
    picture = _picture(site.administration.jobs, actor, path_parts)
    return site.templates.get_template("job_live.html").render(**picture)


def cancel(visit: Visit) -> Response:
    """Do nothing to the phones that the job has not come to."""
    number = job_number(visit.path_parts)
    try:
        job = visit.administration.jobs.cancel(visit.actor, number)
    except Refused as error:
        return visit.go(f"{JOBS}/{number}", f"{str(error).capitalize()}.", kind="warning")
    left = f"nothing is done to {job.left} phones that were left"
    if job.kind == BACKUP:
        left = "the backup is not made"
    return visit.go(job_path(job), f"Job {number} is cancelled: {left}.")


def _picture(jobs: Jobs, actor: Actor, path_parts: Mapping[str, str]) -> dict[str, Any]:
    job = jobs.get(actor, job_number(path_parts))
    failed = jobs.items(actor, job.number, ItemState.FAILED, limit=_ITEMS)
    latest = jobs.items(actor, job.number, None, max(0, min(job.tried, job.total) - _ITEMS), _ITEMS)
    return {
        "job": job,
        "jobs_path": JOBS,
        "failed": failed,
        "items": latest,
        "item": "backup" if job.kind == BACKUP else "phone",
        "phone_path": lambda key: path_of(Phone.noun, key),
        "counts": {"done": job.done, "failed": job.failed, "left": job.left},
    }


def job_number(path_parts: Mapping[str, str]) -> int:
    """The number of the job that an address names; raises :class:`NotFound`."""
    text = path_parts["number"]
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("job", text[:20])
    return int(text)
