"""Guided: give many phones their certificates; strings for their users, and how far the phones are (CAPF-24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import Actor
from ringward.administration.certificate_operations import WantedOperation
from ringward.administration.job_kinds import CERTIFICATE_OPERATION, operation_arguments
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.domain.phone import Phone
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation
from ringward.web.find_and_list import Search, read_search
from ringward.web.navigation import ENROL_PHONES, JOBS, SERVICE_ACTIVATION, path_of
from ringward.web.pages.certificate_operations import REPORT
from ringward.web.pages.jobs import job_number
from ringward.web.phone_query import query_values
from ringward.web.visit import Site, Visit, sentence_of

_NAMED = 20
"""Phones that are named before they are enrolled."""
_STRINGS = 2000
"""Strings on one page; the CAPF report as CSV has all."""
_MODES = {
    CapfAuthenticationMode.AUTHENTICATION_STRING: "each user enters a string of digits at the phone",
    CapfAuthenticationMode.NULL_STRING: "nothing is proved: only where no stranger reaches the network",
    CapfAuthenticationMode.EXISTING_MIC: "the phone shows the certificate that its maker gave it",
    CapfAuthenticationMode.EXISTING_LSC: "the phone shows the certificate that it got here before",
}


def show(visit: Visit) -> Response:
    """Which phones, and how they prove themselves."""
    return _draw_page(visit)


def enrol(visit: Visit) -> Response:
    """Order the job, for all phones that are found."""
    criteria = read_search(visit.query).criteria
    try:
        wanted = _wanted(visit)
        job = visit.administration.jobs.order(
            visit.actor,
            CERTIFICATE_OPERATION,
            operation_arguments(wanted, reset=bool(visit.entered("reset"))),
            criteria=criteria,
        )
    except Invalid as error:
        return _draw_page(visit, 422, [str(each) for each in error.errors])
    except (NotFound, Refused) as error:
        return _draw_page(visit, 409, [sentence_of(error)])
    return visit.go(f"{ENROL_PHONES}/{job.number}", "It is ordered: follow it here.")


def progress(visit: Visit) -> Response:
    """How far the phones are, and the list of strings for their users."""
    number = job_number(visit.path_parts)
    shown: Sequence[tuple[str, str, str]] = ()
    if visit.may(REPORT):
        rows = visit.administration.certificate_operations.strings_of_job(visit.actor, number, _STRINGS)
        shown = [(row.device_name, row.description, row.authentication_string) for row in rows]
    return visit.show("enrol_progress.html", strings=shown, **_picture(visit.site, visit.actor, visit.path_parts))


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """The part of the progress that changes."""
    return site.templates.get_template("enrol_live.html").render(**_picture(site, actor, path_parts))


def _wanted(visit: Visit) -> WantedOperation:
    mode = next((each for each in CapfAuthenticationMode if each.value == visit.entered("mode")), None)
    if mode is None:
        allowed = ", ".join(each.value for each in CapfAuthenticationMode)
        raise Invalid("form", "", [FieldError("authentication mode", visit.entered("mode")[:40], allowed)])
    return WantedOperation(
        CertificateOperation.INSTALL_UPGRADE,
        generate_string=mode is CapfAuthenticationMode.AUTHENTICATION_STRING,
        completes_by=visit.entered("completes_by").replace("T", " "),
        authentication_mode=mode,
    )


def _draw_page(visit: Visit, code: int = 200, errors: Sequence[str] = ()) -> Response:
    try:
        search = read_search(visit.query)
        rows = visit.administration.certificate_operations.report(visit.actor, search.criteria, limit=_NAMED)
        total = visit.administration.certificate_operations.count(visit.actor, search.criteria)
    except Invalid as error:
        search, rows, total, code = Search(), (), 0, 422
        errors = [*errors, *(str(each) for each in error.errors)]
    return visit.show(
        "enrol_phones.html",
        code,
        rows=rows,
        total=total,
        errors=errors,
        modes=[(each.value, words) for each, words in _MODES.items()],
        chosen=visit.entered("mode") or CapfAuthenticationMode.AUTHENTICATION_STRING.value,
        capf_runs=visit.site.live.ask("capf-calls") is not None,
        activation=SERVICE_ACTIVATION,
        may_give=visit.may("phone.update"),
        phone_path=lambda device: path_of(Phone.noun, device),
        **query_values(ENROL_PHONES, search),
    )


def _picture(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> dict[str, Any]:
    jobs = site.administration.jobs
    job = jobs.get(actor, job_number(path_parts))
    if job.kind != CERTIFICATE_OPERATION:
        raise NotFound("enrolment", str(job.number))
    return {
        "job": job,
        "reset": jobs.following(actor, job.number),
        "statuses": sorted(jobs.operation_statuses(actor, job.number).items(), key=lambda each: -each[1]),
        "jobs_path": JOBS,
    }
