"""To Do: which services and phones changes wait for, in order, each with its button (RST-01 to RST-26)."""

from __future__ import annotations

from starlette.responses import Response

from ringward.administration.alarms import READ as READ_ALARMS
from ringward.administration.alarms import AlarmPage
from ringward.administration.job_kinds import PHONE_RESET
from ringward.administration.service_control import ServiceControl
from ringward.administration.to_do import ASKED
from ringward.domain.errors import NotFound, Refused, Unavailable
from ringward.domain.phone import Phone
from ringward.domain.rules.reset import DeviceAction
from ringward.domain.service import SERVICES
from ringward.store.alarms import AlarmFilter
from ringward.web.live import question
from ringward.web.navigation import ALARMS_PAGE, TO_DO, WHY, path_of
from ringward.web.pages.jobs import job_path
from ringward.web.visit import Visit, sentence_of

_SHOWN = 200
"""Phones of each kind that are listed; the orders are for all."""
_NAMED = 10
"""Alarms that are named."""
_ACTIONS = {"reset": DeviceAction.RESET, "restart": DeviceAction.RESTART}


def show(visit: Visit) -> Response:
    """The list."""
    visit = visit.foreseeing(*map(question, ASKED))
    found = visit.administration.to_do.find(visit.actor, visit.site.live.ask, _SHOWN)
    return visit.show(
        "to_do.html",
        found=found,
        path=TO_DO,
        shown=_SHOWN,
        alarms=_alarms(visit),
        alarms_path=ALARMS_PAGE,
        orders=[(word, reached) for word, action in _ACTIONS.items() if (reached := found.reached(action))],
        why_path=lambda device: path_of(Phone.noun, device, WHY),
    )


def _alarms(visit: Visit) -> AlarmPage | None:
    """Those that nobody has acknowledged; None for whoever may not see them."""
    if not visit.may(READ_ALARMS):
        return None
    return visit.administration.alarms.find(
        visit.actor, AlarmFilter(raised=True, acknowledged=False), limit=_NAMED
    )


def do(visit: Visit) -> Response:
    """Do what a button says."""
    act, what = visit.entered("act"), visit.entered("what")[:64]
    if act == "service":
        return _restart_service(visit, what)
    if act == "all":
        return _tell_all(visit, what)
    return _tell_one(visit, act, what)


def _restart_service(visit: Visit, name: str) -> Response:
    if name not in SERVICES:
        raise NotFound("service", name)
    server: str = visit.site.live.ask("status")["node_name"]
    ServiceControl.restart(visit.administration.service_control, visit.actor, server, SERVICES[name])
    try:
        view = next(each for each in visit.site.live.ask("settle") if each["service"] == name)
    except (StopIteration, Unavailable):
        return visit.go(TO_DO, f"{name}: this takes a while; look again in a moment.", kind="warning")
    if view["problem"]:
        return visit.go(TO_DO, f"{name} cannot start: {view['problem']}.", kind="error")
    return visit.go(TO_DO, f"{name} is restarted.")


def _tell_all(visit: Visit, word: str) -> Response:
    """A job tells all phones that are there now, some at a time."""
    if word not in _ACTIONS:
        raise NotFound("order", word)
    devices = visit.administration.to_do.find(visit.actor, visit.site.live.ask).reached(_ACTIONS[word])
    if not devices:
        return visit.go(TO_DO, "No phone that is registered waits for this any more.", kind="warning")
    arguments = {"restart": word == "restart"}
    try:
        job = visit.administration.jobs.order(visit.actor, PHONE_RESET, arguments, devices=devices)
    except Refused as error:
        return visit.go(TO_DO, sentence_of(error), kind="warning")
    return visit.go(job_path(job), f"{len(devices)} phones will be told to {word}; the progress is below.")


def _tell_one(visit: Visit, word: str, device: str) -> Response:
    if word not in _ACTIONS:
        raise NotFound("order", word[:20])
    restart = word == "restart"
    arguments = {"device": device, "restart": restart}
    try:
        visit.administration.phones.reset(
            visit.actor, device, lambda: visit.site.live.ask("reset", arguments), restart=restart
        )
    except Refused as error:
        return visit.go(TO_DO, sentence_of(error), kind="warning")
    return visit.go(TO_DO, f"Phone {device} is told to {word}.")
