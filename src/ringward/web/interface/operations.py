"""Every operation of the interface, once: the routes and the OpenAPI description are both made of this table."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.nouns import NOUNS
from ringward.domain.service_parameters import SERVICE_PARAMETERS
from ringward.web.interface import alarms, backups, calls, jobs, more, records, sign_ins
from ringward.web.interface.operation import Operation
from ringward.web.interface.trust_operations import trust_operations

_PAGING = ("offset", "limit")


def operations() -> Iterator[Operation]:
    """All of them, in the order in which routes are tried."""
    tag = "Live"
    yield Operation(
        "GET",
        "/live/{subject}",
        more.live,
        "live",
        "Phones, calls or the node as they are now",
        tag,
        result="Present",
    )
    yield Operation(
        "GET",
        "/analyse",
        more.analyse,
        "analyse",
        "Where a number goes, and why",
        tag,
        query=("dialled", "device", "line"),
        result="route",
        refusals=(409, 422),
    )
    yield Operation(
        "GET",
        "/phone/why/{key}",
        more.why,
        "why-phone",
        "How secure a phone is and why, what to do next, and what happened lately",
        tag,
        result="phone-answer",
        refusals=(404,),
    )
    yield Operation(
        "POST",
        "/phone/reset/{key}",
        more.reset,
        "reset-phone",
        "Have a phone reset or restart",
        tag,
        query=("restart",),
        status=202,
        refusals=(404, 409, 422),
    )
    yield Operation(
        "GET",
        "/to-do",
        more.to_do,
        "to-do",
        "What is to be done before all changes are in force, in order; and phones that could be more secure",
        tag,
        result="to-do",
    )
    yield Operation(
        "GET",
        "/trace",
        more.traces,
        "traces",
        "Which phones are traced, how, and until when",
        tag,
        result="traces",
    )
    yield Operation(
        "POST",
        "/phone/trace/{key}",
        more.trace,
        "trace-phone",
        "Trace a phone at a level for some minutes; with none, trace it no more",
        tag,
        query=("level", "minutes"),
        result="trace",
        refusals=(404, 409, 422),
    )
    yield Operation(
        "GET",
        "/phone/trace/{key}",
        more.trace_text,
        "read-trace",
        "What was traced of a phone, at most the last MiB",
        tag,
        result="text",
        refusals=(404,),
    )
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
    tag = "Jobs"
    yield Operation(
        "GET", "/jobs", jobs.find, "jobs", "Long jobs, newest first", tag, _PAGING, "", "job-page", refusals=(422,)
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
        query=("state", *_PAGING),
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
    tag = "Logs"
    yield Operation(
        "GET",
        "/audit-log",
        more.audit_log,
        "audit-log",
        "Who did what, newest first",
        tag,
        query=("actor", "noun", "key", "permission", "outcome", "since", "until", *_PAGING),
        refusals=(422,),
    )
    yield Operation(
        "GET", "/audit-log/verify", more.verify_audit_log, "verify-audit-log", "Whether it was tampered with", tag
    )
    yield Operation(
        "GET",
        "/audit-log/csv",
        more.export_audit_log,
        "export-audit-log",
        "The audit log as CSV",
        tag,
        query=("actor", "noun", "key", "permission", "outcome", "since", "until"),
        result="csv",
        refusals=(409, 422),
    )
    yield Operation(
        "GET",
        "/call-detail-records",
        calls.records,
        "call-detail-records",
        "Calls that ended, newest first",
        tag,
        query=("number", "device", "security", "since", "until", *_PAGING),
        result="call-detail-record-page",
        refusals=(422,),
    )
    yield Operation(
        "GET",
        "/call-detail-records/{call}",
        calls.record,
        "call-detail-record",
        "One call that ended",
        tag,
        result="call-detail-record",
        refusals=(404,),
    )
    yield Operation(
        "GET",
        "/ladder/{call}",
        calls.ladder,
        "ladder",
        "The messages of a present or recent call between the phones and the call manager, without secrets",
        tag,
        result="ladder",
        refusals=(404,),
    )
    yield from _alarms()
    yield from trust_operations()
    yield from _sign_ins()
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
        refusals=(400, 409, 422),
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
        refusals=(400, 404, 409, 422),
    )
    for noun in NOUNS:
        yield from _of_noun(noun)


def _alarms() -> Iterator[Operation]:
    tag = "Alarms"
    yield Operation(
        "GET",
        "/alarms",
        alarms.find,
        "alarms",
        "Alarms, what is raised and worst first",
        tag,
        query=("raised", "acknowledged", "severity", "name", "text", *_PAGING),
        result="alarm-page",
        refusals=(422,),
    )
    yield Operation(
        "POST",
        "/alarms/acknowledge",
        alarms.acknowledge_many,
        "acknowledge-alarms",
        "Acknowledge the named alarms, or with none named all that wait for it",
        tag,
        body="alarm-numbers",
        refusals=(400, 404, 409, 422),
    )
    at = "/alarms/{number}"
    yield Operation(
        "GET",
        at,
        alarms.read,
        "alarm",
        "One alarm with its meaning and history",
        tag,
        result="alarm",
        refusals=(404,),
    )
    yield Operation(
        "POST",
        f"{at}/acknowledge",
        alarms.acknowledge,
        "acknowledge-alarm",
        "Say that somebody has seen an alarm",
        tag,
        result="alarm",
        refusals=(404, 409),
    )
    yield Operation(
        "GET", "/alarm-catalogue", alarms.catalogue, "alarm-catalogue", "All alarms that there can be", tag
    )
    yield Operation(
        "PATCH",
        "/alarm-catalogue/{name}",
        alarms.configure,
        "configure-alarm",
        "Set how severe an alarm is and where it goes",
        tag,
        body="alarm-setting",
        refusals=(400, 404, 422),
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
        query=("where", "order", *_PAGING),
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
