"""Serviceability > Alarms: what is wrong now and was lately, what to do about it, and where alarms go (SVC-10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from ringward.administration.alarms import ACKNOWLEDGE, CONFIGURE, Alarms
from ringward.administration.authorization import Actor
from ringward.domain.alarm import AlarmSeverity
from ringward.domain.alarm_catalogue import ALARMS
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.store.alarms import AlarmFilter
from ringward.web.find_and_list import page_number
from ringward.web.navigation import ALARM_CONFIGURATION, ALARMS_PAGE
from ringward.web.visit import Site, Visit

_SIZE = 50
_STATES = {"raised": "raised", "over": "over", "all": "raised and over"}
_CRITERIA = ("state", "name", "severity", "text")
_LONGEST = 64


def show(visit: Visit) -> Response:
    """The list; the part that changes is kept fresh on its first page, as long as nothing is searched for."""
    chosen = {name: visit.asked(name).strip()[:_LONGEST] for name in _CRITERIA}
    chosen["state"] = chosen["state"] if chosen["state"] in _STATES else "raised"
    page = page_number(visit.asked("page"))
    found = _table(visit.administration.alarms, visit.actor, chosen, page)
    is_searched = any(chosen[name] for name in ("name", "severity", "text")) or chosen["state"] != "raised"
    return visit.show(
        "alarms.html",
        chosen=chosen,
        states=_STATES,
        severities=[each.label for each in AlarmSeverity],
        names=sorted(ALARMS),
        query=urlencode({name: text for name, text in chosen.items() if text}),
        is_live=not is_searched and page == 1,
        may_acknowledge=visit.may(ACKNOWLEDGE),
        configuration=ALARM_CONFIGURATION,
        **found,
    )


def draw(site: Site, actor: Actor, path_parts: Mapping[str, str]) -> str:
    """What is raised now: the part of the page that changes."""
    found = _table(site.administration.alarms, actor, {"state": "raised"}, 1)
    return site.templates.get_template("alarms_live.html").render(**found)


def _table(alarms: Alarms, actor: Actor, chosen: Mapping[str, str], page: int) -> dict[str, Any]:
    severity = next((each for each in AlarmSeverity if each.label == chosen.get("severity")), None)
    wanted = AlarmFilter(
        name=chosen.get("name") or None,
        text=chosen.get("text") or None,
        raised={"raised": True, "over": False}.get(chosen["state"]),
        severity=severity,
    )
    found = alarms.find(actor, wanted, offset=(page - 1) * _SIZE, limit=_SIZE)
    return {
        "alarms": found.alarms,
        "total": found.total,
        "page": page,
        "last": max(1, -(-found.total // _SIZE)),
        "path": ALARMS_PAGE,
        "mood": mood,
    }


def mood(severity: AlarmSeverity) -> str:
    """How a severity is shown: ``bad``, ``warn`` or ``faint``."""
    if severity <= AlarmSeverity.ERROR:
        return "bad"
    return "warn" if severity is AlarmSeverity.WARNING else "faint"


def acknowledge(visit: Visit) -> Response:
    """Acknowledge the ticked alarms, or all that wait."""
    alarms = visit.administration.alarms
    if visit.entered("act") == "all":
        count = alarms.acknowledge_all(visit.actor)
    else:
        numbers = [_read_number(text) for text in visit.form.get("number", ())]
        if not numbers:
            return visit.go(ALARMS_PAGE, "Tick the alarms that you have seen.", kind="warning")
        try:
            count = len(alarms.acknowledge(visit.actor, numbers))
        except Refused as error:
            return visit.go(ALARMS_PAGE, f"{str(error).capitalize()}.", kind="warning")
    return visit.go(ALARMS_PAGE, f"Acknowledged: {count} alarm{'' if count == 1 else 's'}.")


def show_one(visit: Visit) -> Response:
    """One alarm: what it means, what to do, and what happened to it."""
    number = _read_number(visit.path_parts["number"])
    alarm = visit.administration.alarms.get(visit.actor, number)
    return visit.show(
        "alarm.html",
        alarm=alarm,
        kind=ALARMS.get(alarm.name),
        history=visit.administration.alarms.history(visit.actor, number),
        path=ALARMS_PAGE,
        mood=mood,
        may_acknowledge=visit.may(ACKNOWLEDGE),
    )


def show_catalogue(visit: Visit) -> Response:
    """All alarms that there can be, and what is wanted of each."""
    parameters = None
    if visit.may("enterprise-parameters.read"):
        parameters = visit.administration.parameters.enterprise(visit.actor)
    return visit.show(
        "alarm_configuration.html",
        found=visit.administration.alarms.catalogue(visit.actor),
        severities=[each.label for each in AlarmSeverity],
        parameters=parameters,
        path=ALARMS_PAGE,
        may_configure=visit.may(CONFIGURE),
    )


def configure(visit: Visit) -> Response:
    """Set what is wanted of one alarm."""
    name, text = visit.entered("name")[:_LONGEST], visit.entered("severity")
    severity = next((each for each in AlarmSeverity if each.label == text), None)
    if severity is None:
        allowed = ", ".join(each.label for each in AlarmSeverity)
        raise Invalid("form", "", [FieldError("severity", text[:20], allowed)])
    visit.administration.alarms.configure(
        visit.actor,
        name,
        severity=severity,
        to_log=bool(visit.entered("to_log")),
        to_syslog=bool(visit.entered("to_syslog")),
    )
    return visit.go(f"{ALARM_CONFIGURATION}#{name}", f"{name} is saved.")


def _read_number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("alarm", text[:20])
    return int(text)
