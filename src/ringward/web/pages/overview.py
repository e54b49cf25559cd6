"""The start page: how secure the cluster is, and what is to be done, in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from ringward.administration.alarms import READ as READ_ALARMS
from ringward.domain.alarm import AlarmSeverity
from ringward.domain.alarm_catalogue import CERTIFICATE_ALARMS, PHONE_REFUSED, SERVICE_FAILED
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.rules.certificate_expiry import alarm_of, time_left
from ringward.domain.vocabulary import ClusterSecurityMode
from ringward.store.alarms import AlarmFilter
from ringward.web.charts import history_chart
from ringward.web.live import question
from ringward.web.navigation import (
    ALARMS_PAGE,
    CERTIFICATES,
    CONTROL_CENTER,
    MENUS,
    MONITORING,
    OWN_ACCOUNT,
    TO_DO,
    TRUST_LIST,
    WHY,
    list_path,
    path_of,
)
from ringward.web.pages.services import service_lines
from ringward.web.visit import Visit

CLASSES = ("encrypted", "authenticated", "nonsecure")
"""Security classes of registrations and calls, the best first."""
_NAMED = 8
"""Refused phones that are named; a wrong setting may have many of them refused."""
_REFUSALS = question("refusals", most=_NAMED)
_LOOKED_AT = 100
"""Alarms of which some are named."""
_SHOWN_ANYWAY = (*CERTIFICATE_ALARMS.values(), SERVICE_FAILED, PHONE_REFUSED)
_URGENT = 7
"""Days before its end from which a certificate is urgent."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """Something an administrator should see to."""

    text: str
    path: str
    mood: str
    """``bad``, ``warn`` or ``good``."""


def show(visit: Visit) -> Response:
    """The security overview; whoever may not see it begins at the first page that he may see."""
    if not (visit.may("enterprise-parameters.read") and visit.may("phone.read")):
        pages = (entry.path for menu in MENUS for entry in menu.entries if visit.may(entry.permission))
        return visit.go(next(pages, OWN_ACCOUNT))
    visit = visit.foreseeing(
        question("tallies"),
        question("history"),
        question("status"),
        question("services"),
        question("files-read"),
        _REFUSALS,
    )
    mode = visit.administration.parameters.enterprise(visit.actor).cluster_security_mode
    present = visit.site.live.ask("tallies")
    registered, calls = (of_classes(present[each]) for each in ("phones", "calls"))
    configured = visit.administration.records(Phone).find(visit.actor, limit=1).total
    todos = _things_to_do(visit, mode, configured)
    return visit.show(
        "overview.html",
        is_mixed=mode is ClusterSecurityMode.MIXED,
        mode=mode,
        configured=configured,
        registered=registered,
        registered_total=sum(registered.values()),
        calls=calls,
        calls_total=sum(calls.values()),
        todos=todos,
        chart=history_chart(visit.site.live.ask("history"), "phones", CLASSES),
        status=visit.site.live.ask("status"),
        monitoring=MONITORING,
        counts=[
            (kind.title, list_path(noun), visit.administration.records(kind).find(visit.actor, limit=1).total)
            for noun, kind in NOUNS.items()
            if noun != Phone.noun and visit.may(f"{noun}.read")
        ],
    )


def of_classes(counts: Mapping[str, int]) -> dict[str, int]:
    """What was counted of each class, the best first."""
    return {name: counts[name] for name in CLASSES}


def _things_to_do(visit: Visit, mode: ClusterSecurityMode, configured: int) -> list[ToDo]:
    """What waits for somebody, the most urgent first; of what the visitor may not look at nothing is said."""
    todos = [
        *_of_services(visit),
        *_of_certificates(visit),
        *_of_phones(visit),
        *_of_alarms(visit),
        *_of_resets(visit),
    ]
    if mode is ClusterSecurityMode.NONSECURE:
        todos.append(
            ToDo(
                "The cluster is nonsecure: nothing that phones are set for counts until it is in mixed mode.",
                TRUST_LIST if visit.may("trust-list.read") else "",
                "warn",
            )
        )
    if configured == 0:
        todos.append(ToDo("There is no phone yet: add the first one.", f"{list_path('phone')}/new", "warn"))
    todos.sort(key=lambda todo: todo.mood != "bad")  # stable: what is bad comes first
    return todos or [ToDo("Nothing waits for you.", "", "good")]


def _of_services(visit: Visit) -> Iterator[ToDo]:
    if not visit.may("service.read"):
        return
    for line in service_lines(visit):
        if line.problem:
            yield ToDo(f"{line.service.name} cannot start: {line.problem}", CONTROL_CENTER, "bad")
        elif line.status == "Stopped":
            yield ToDo(f"{line.service.name} on {line.server} is stopped.", CONTROL_CENTER, "warn")
        if line.due:
            yield ToDo(f"Restart {line.service.name}: changes wait for it.", CONTROL_CENTER, "warn")


def _of_certificates(visit: Visit) -> Iterator[ToDo]:
    if not visit.may("certificate.read"):
        return
    now = datetime.fromtimestamp(visit.site.now(), UTC)
    for each in visit.administration.certificates.expiring(visit.actor):
        left = time_left(each.certificate.valid_to, now)
        left = left if left == "expired" else f"{left} left"
        alarm = alarm_of(each.certificate.valid_to, now)
        mood = "bad" if alarm is not None and alarm <= _URGENT else "warn"
        yield ToDo(f"Certificate {each.where} {each.certificate.subject}: {left}", CERTIFICATES, mood)


def _of_phones(visit: Visit) -> Iterator[ToDo]:
    refused: Mapping[str, Any] = visit.site.live.ask(*_REFUSALS)
    for each in refused["latest"]:
        path = path_of(Phone.noun, each["device"], WHY)
        yield ToDo(f"{each['device']} was refused: {each['reason']}", path, "bad")
    if refused["total"] > _NAMED:
        yield ToDo(f"{refused['total'] - _NAMED} more phones were refused.", MONITORING, "bad")


def _of_alarms(visit: Visit) -> Iterator[ToDo]:
    """Alarms that nobody has acknowledged, apart from those that stand here as what they are about."""
    if not visit.may(READ_ALARMS):
        return
    wanted = AlarmFilter(raised=True, acknowledged=False, severity=AlarmSeverity.WARNING)
    found = visit.administration.alarms.find(visit.actor, wanted, limit=_LOOKED_AT)
    others = [each for each in found.alarms if each.name not in _SHOWN_ANYWAY]
    for each in others[:_NAMED]:
        mood = "bad" if each.severity <= AlarmSeverity.ERROR else "warn"
        yield ToDo(f"{each.name}: {each.text}", f"{ALARMS_PAGE}/{each.number}", mood)
    if len(others) > _NAMED:
        yield ToDo(f"{len(others) - _NAMED} more alarms wait for somebody.", ALARMS_PAGE, "warn")


def _of_resets(visit: Visit) -> Iterator[ToDo]:
    if not visit.may("phone.read"):
        return
    due = visit.administration.due_resets.find(visit.actor, visit.site.live.ask("files-read"))
    for each in due[:_NAMED]:
        text = f"{each.action.name.capitalize()} {each.device}: changes wait for it."
        yield ToDo(text, path_of(Phone.noun, each.device), "warn")
    if len(due) > _NAMED:
        yield ToDo(f"{len(due) - _NAMED} more phones wait for a reset.", TO_DO, "warn")
