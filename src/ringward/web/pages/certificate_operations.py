"""CAPF: certificate operations for many phones, the CAPF report, and the last calls (CAPF-24 to CAPF-33)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TypeVar

from starlette.responses import Response

from ringward.administration.certificate_operations import (
    GENERATE_STRING,
    WantedOperation,
    read_string,
    report_file,
)
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, KeySize
from ringward.web.find_and_list import Search, read_search
from ringward.web.navigation import CERTIFICATE_OPERATIONS
from ringward.web.phone_query import query_values
from ringward.web.visit import Visit, sentence_of

E = TypeVar("E", bound=Enum)

_SHOWN = 200
"""Rows of the report on the page; the file has all of them."""
REPORT = "certificate-operation.report"


def show(visit: Visit) -> Response:
    """The phones that meet the criteria, and the form that gives them an operation."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, errors: Sequence[str] = ()) -> Response:
    try:
        search = read_search(visit.query)
        rows = visit.administration.certificate_operations.report(visit.actor, search.criteria, limit=_SHOWN)
        total = visit.administration.certificate_operations.count(visit.actor, search.criteria)
    except Invalid as error:
        search, code, errors = Search(), 422, [*errors, *(str(each) for each in error.errors)]
        rows, total = (), 0
    return visit.show(
        "certificate_operations.html",
        code,
        rows=rows,
        total=total,
        operations=[each.value for each in CertificateOperation if each is not CertificateOperation.NONE],
        modes=[each.value for each in CapfAuthenticationMode],
        key_sizes=[(each.value, each.words) for each in KeySize],
        errors=errors,
        calls=visit.site.live.ask("capf-calls"),
        may_give=visit.may("phone.update") or visit.may(GENERATE_STRING),
        strings_alone=not visit.may("phone.update"),
        **query_values(CERTIFICATE_OPERATIONS, search),
    )


def export(visit: Visit) -> Response:
    """The report as a CSV file (CAPF-33)."""
    rows = visit.administration.certificate_operations.report(visit.actor, read_search(visit.query).criteria)
    return Response(
        report_file(rows),
        media_type="text/csv",
        headers={"Content-Disposition": 'attachment; filename="capf-report.csv"'},
    )


def give(visit: Visit) -> Response:
    """Give the ticked phones, or all that meet the criteria, an operation; or withdraw what is pending."""
    devices = tuple(visit.form.get("device", ()))
    criteria = read_search(visit.query).criteria
    try:
        wanted = _wanted(visit)
        if not devices and visit.entered("which") != "all":
            raise Invalid(
                "form", "", [FieldError("phones", "", "tick at least one, or choose all that are found")]
            )
        given = visit.administration.certificate_operations.give(
            visit.actor, wanted, devices=devices, criteria=() if devices else criteria
        )
    except Invalid as error:
        return _draw(visit, 422, [str(each) for each in error.errors])
    except (Refused, NotFound) as error:
        return _draw(visit, 409, [sentence_of(error)])
    count = given.phones[0] if len(given.phones) == 1 else f"{len(given.phones)} phones"
    if wanted.operation is CertificateOperation.NONE:
        said = f"No operation is pending for {count} any more."
    else:
        said = f"{wanted.operation.value} is pending for {count}. Reset them: they call CAPF when they boot."
    return visit.go(CERTIFICATE_OPERATIONS + Search(criteria).query(), said, given.notes)


def _wanted(visit: Visit) -> WantedOperation:
    if visit.entered("act") == "withdraw":
        return WantedOperation(CertificateOperation.NONE)
    operation = _one_of(CertificateOperation, visit, "operation")
    string, mode, size = visit.entered("string"), visit.entered("mode"), visit.entered("key_size")
    return WantedOperation(
        operation,
        read_string(string) if string else None,
        generate_string=bool(visit.entered("generate")) and not string,
        completes_by=visit.entered("completes_by").replace("T", " "),
        authentication_mode=_one_of(CapfAuthenticationMode, visit, "mode") if mode else None,
        key_size=_one_of(KeySize, visit, "key_size") if size else None,
    )


def _one_of(kinds: type[E], visit: Visit, name: str) -> E:
    for each in kinds:
        if each.value == visit.entered(name):
            return each
    allowed = ", ".join(str(each.value) for each in kinds)
    raise Invalid("form", "", [FieldError(name, visit.entered(name)[:40], allowed)])
