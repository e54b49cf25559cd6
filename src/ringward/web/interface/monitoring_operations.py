"""The operations of the interface about what goes on and what went on: live, logs, calls that ended, alarms."""

from __future__ import annotations

from collections.abc import Iterator

from ringward.web.interface import alarms, calls, more
from ringward.web.interface.operation import PAGING, Operation


def monitoring_operations() -> Iterator[Operation]:
    """All of them; their paths come before those of nouns, which may have anything in their keys."""
    yield from _live()
    yield from _traces()
    yield from _logs()
    yield from _calls()
    yield from _alarms()


def _live() -> Iterator[Operation]:
    tag = "Live"
    yield Operation(
        "GET",
        "/live/{subject}",
        more.live,
        "live",
        "The latest registered phones (or those of these names), the oldest calls, or the node as it is now",
        tag,
        query=("limit", "device"),
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
        query=PAGING,
        result="to-do",
    )


def _traces() -> Iterator[Operation]:
    tag = "Live"
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


def _logs() -> Iterator[Operation]:
    tag = "Logs"
    yield Operation(
        "GET",
        "/audit-log",
        more.audit_log,
        "audit-log",
        "Who did what, newest first",
        tag,
        query=("actor", "noun", "key", "permission", "outcome", "since", "until", *PAGING),
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


def _calls() -> Iterator[Operation]:
    tag = "Logs"
    yield Operation(
        "GET",
        "/call-detail-records",
        calls.records,
        "call-detail-records",
        "Calls that ended, newest first",
        tag,
        query=("number", "device", "security", "since", "until", *PAGING),
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


def _alarms() -> Iterator[Operation]:
    tag = "Alarms"
    yield Operation(
        "GET",
        "/alarms",
        alarms.find,
        "alarms",
        "Alarms, what is raised and worst first",
        tag,
        query=("raised", "acknowledged", "severity", "name", "text", *PAGING),
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
