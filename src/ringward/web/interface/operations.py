"""Every operation of the interface, once: the routes and the OpenAPI description are both made of this table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.web.interface import backups, jobs, more, records, sign_ins
from ringward.web.interface.monitoring_operations import monitoring_operations
from ringward.web.interface.operation import PAGING, Operation
from ringward.web.interface.trust_operations import trust_operations


def operations() -> Iterator[Operation]:
    """All of them, in the order in which routes are tried."""
    yield from monitoring_operations()
    yield from _many_phones()
    yield from _jobs()
    yield from _backups()
    yield from trust_operations()
    yield from _sign_ins()
    yield from _parameters()
    for noun in NOUNS:
        yield from _of_noun(noun)


def _many_phones() -> Iterator[Operation]:
    tag = "Many phones"
    yield Operation(
        "POST",
        "/phone-import",
        more.import_phones,
        "import-phones",
        "Add the phones of a CSV text, all or none",
        tag,
        query=("update", "dry_run"),
        body="csv",
        refusals=(422,),
    )
    yield Operation(
        "GET", "/phone-export", more.export_phones, "export-phones", "All phones as CSV", tag, result="csv"
    )


def _jobs() -> Iterator[Operation]:
    tag = "Jobs"
    yield Operation(
        "GET", "/jobs", jobs.find, "jobs", "Long jobs, newest first", tag, PAGING, "", "job-page", refusals=(422,)
    )
    yield Operation(
        "POST",
        "/jobs",
        jobs.order,
        "order-job",
        "Order a job: for the phones in devices, or all that meet where",
        tag,
        body="job-order",
        result="job",
        status=202,
        refusals=(400, 404, 409, 422),
    )
    at = "/jobs/{number}"
    yield Operation("GET", at, jobs.read, "job", "A job with its progress", tag, result="job", refusals=(404,))
    yield Operation(
        "GET",
        f"{at}/items",
        jobs.items,
        "job-items",
        "What came of each phone of a job",
        tag,
        query=("state", *PAGING),
        result="job-items",
        refusals=(404, 422),
    )
    yield Operation(
        "POST",
        f"{at}/cancel",
        jobs.cancel,
        "cancel-job",
        "Do nothing to the phones that are left",
        tag,
        result="job",
        refusals=(404, 409),
    )


def _backups() -> Iterator[Operation]:
    tag = "Backups"
    yield Operation(
        "GET",
        "/backups",
        backups.find,
        "backups",
        "Backups that jobs have made, newest first; order one as a job of the kind backup",
        tag,
        result="backup-page",
    )
    yield Operation(
        "POST",
        "/backups/{number}/check",
        backups.check,
        "check-backup",
        "Read the file of a backup and compare it with what was written",
        tag,
        result="backup-check",
        refusals=(404,),
    )


def _sign_ins() -> Iterator[Operation]:
    tag = "Sign-ins"
    account = "{account_kind}/{name}"
    yield Operation("GET", "/sessions", sign_ins.sessions, "sessions", "Who is signed in to the pages", tag)
    yield Operation(
        "DELETE",
        f"/sessions/{account}",
        sign_ins.end_sessions,
        "end-sessions",
        "Sign an account out, of one browser or of all",
        tag,
        query=("session",),
        status=204,
        refusals=(404,),
    )
    yield Operation("GET", "/lock-outs", sign_ins.lock_outs, "lock-outs", "Which accounts are locked", tag)
    yield Operation(
        "DELETE",
        f"/lock-outs/{account}",
        sign_ins.unlock,
        "unlock",
        "Let an account be tried again at once",
        tag,
        status=204,
        refusals=(404, 409),
    )

    yield Operation(
        "PUT",
        f"/passwords/{account}",
        sign_ins.set_password,
        "set-password",
        "Set the password of somebody who has forgotten it: at the next sign-in another one must be chosen",
        tag,
        body="new-password",
        status=204,
        refusals=(400, 404, 409, 422),
    )
    yield Operation(
        "GET",
        "/second-factors",
        sign_ins.second_factors,
        "second-factors",
        "Which application users have a second factor; each sets up his own in the pages",
        tag,
    )
    yield Operation(
        "DELETE",
        "/second-factors/{name}",
        sign_ins.remove_second_factor,
        "remove-second-factor",
        "Take the second factor of another account away, for somebody who has lost it",
        tag,
        status=204,
        refusals=(404, 409),
    )


def _parameters() -> Iterator[Operation]:
    tag = "Parameters"
    schema = EnterpriseParameters.noun
    yield Operation(
        "GET",
        "/enterprise-parameters",
        more.enterprise_parameters,
        "enterprise-parameters",
        "All enterprise parameters",
        tag,
        result=schema,
    )
    yield Operation(
        "PATCH",
        "/enterprise-parameters",
        more.set_enterprise_parameters,
        "set-enterprise-parameters",
        "Set enterprise parameters",
        tag,
        body=schema,
        refusals=(400, 409, 412, 422),
    )
    where = "/service-parameters/{server}/{service}"
    yield Operation(
        "GET",
        where,
        more.service_parameters,
        "service-parameters",
        "All parameters of a service on a server",
        tag,
        refusals=(404,),
    )
    yield Operation(
        "PATCH",
        where,
        more.set_service_parameters,
        "set-service-parameters",
        "Set parameters of a service",
        tag,
        body="Anything",
        refusals=(400, 404, 409, 412, 422),
    )


def _of_noun(noun: str) -> Iterator[Operation]:
    kind = NOUNS[noun]
    title = kind.title
    at = f"/{noun}/{{key}}"
    yield Operation(
        "GET",
        f"/{noun}",
        partial(records.find, kind),
        f"find-{noun}",
        f"Find {title} records",
        title,
        query=("where", "order", *PAGING),
        result=f"{noun}-page",
        refusals=(422,),
    )
    yield Operation(
        "POST",
        f"/{noun}",
        partial(records.add, kind),
        f"add-{noun}",
        f"Add a {title}",
        title,
        body=noun,
        result=f"{noun}-saved",
        status=201,
        refusals=(400, 409, 422),
    )
    yield Operation(
        "GET",
        f"/{noun}/dependency-records/{{key}}",
        partial(records.dependents, kind),
        f"dependency-records-of-{noun}",
        f"What uses a {title}",
        title,
        refusals=(404, 409),
    )
    yield Operation(
        "GET",
        at,
        partial(records.read, kind),
        f"read-{noun}",
        f"One {title}",
        title,
        result=f"{noun}-saved",
        refusals=(404,),
    )
    yield Operation(
        "PATCH",
        at,
        partial(records.change, kind),
        f"change-{noun}",
        f"Change fields of a {title}",
        title,
        body=noun,
        result=f"{noun}-saved",
        refusals=(400, 404, 409, 412, 422),
    )
    yield Operation(
        "DELETE",
        at,
        partial(records.remove, kind),
        f"remove-{noun}",
        f"Remove a {title}",
        title,
        status=204,
        refusals=(404, 409),
    )


SERVICES = tuple(SERVICE_PARAMETERS)
"""The services that have parameters."""
