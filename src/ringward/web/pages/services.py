"""Tools > Service Activation and Control Center: which services run, and orders to them (SVC-01, SVC-02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from ringward.administration.authorization import authorize
from ringward.administration.service_control import ServiceOnServer
from ringward.domain.errors import FieldError, Invalid, Refused
from ringward.domain.service import ADMINISTRATION_WEB, Service, ServiceState, service_named
from ringward.web.live import question
from ringward.web.navigation import CONTROL_CENTER, SERVICE_ACTIVATION
from ringward.web.service_orders import ORDERS, SLOW, carry_out
from ringward.web.visit import Visit, sentence_of

_MOODS = {"Started": "good", "Failed": "bad", "Stopped": "warn", "To be started": "warn"}


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A service in the list."""

    service: Service
    server: str
    status: str
    since: float | None
    problem: str
    due: tuple[str, ...]
    """Changes for which it must be restarted."""
    acts: tuple[str, ...]

    @property
    def mood(self) -> str:
        """How its status looks."""
        return _MOODS.get(self.status, "faint")


def service_lines(visit: Visit, *, activation: bool = False) -> list[ServiceLine]:
    """All services: of this server as they are, of others as they shall be."""
    here: str = visit.site.live.ask("status")["node_name"]
    views: dict[str, dict[str, Any]] = {each["service"]: each for each in visit.site.live.ask("services")}
    started = {name: view["since"] for name, view in views.items() if view["since"]}
    control = visit.administration.service_control
    due = control.restarts_due(visit.actor, here, started)
    lines = []
    for each in control.every(visit.actor):
        view = views.get(each.service.name) if each.server == here else None
        lines.append(
            ServiceLine(
                each.service,
                each.server,
                view["status"] if view else _stored(each.state),
                view["since"] if view else None,
                view["problem"] if view else "",
                tuple(due.get(each.service.name, ())) if view else (),
                tuple(act for act in _acts(each, activation=activation) if visit.may(f"service.{act}")),
            )
        )
    return lines


def _stored(state: ServiceState) -> str:
    return "Not activated" if not state.activated else "To be started" if state.started else "Stopped"


def _acts(wanted: ServiceOnServer, *, activation: bool) -> tuple[str, ...]:
    state = wanted.state
    if activation and wanted.service.always_activated:
        return ()
    if activation:
        return ("deactivate",) if state.activated else ("activate",)
    if not state.activated:
        return ()
    return ("stop", "restart") if state.started else ("start",)


def _consequence(act: str, service: Service) -> str:
    """What somebody should know before he gives an order; empty if it harms nobody, or is refused anyway."""
    if act == "restart" and service is ADMINISTRATION_WEB:
        return "Everybody is signed out of these pages, and so are you: sign in again in a moment."
    if act == "stop" or (act == "deactivate" and not service.always_activated):
        return service.without
    return ""


def show_activation(visit: Visit) -> Response:
    """Which services a server shall run at all."""
    return _draw(visit)


def show_control(visit: Visit) -> Response:
    """How the services are; start, stop and restart them."""
    return _draw(visit)


def _draw(visit: Visit, code: int = 200, sentence: str = "") -> Response:
    activation = visit.path == SERVICE_ACTIVATION
    visit = visit.foreseeing(question("status"), question("services"))
    return visit.show(
        "services.html",
        code,
        title="Service Activation" if activation else "Control Center",
        lines=service_lines(visit, activation=activation),
        other=("Control Center", CONTROL_CENTER) if activation else ("Service Activation", SERVICE_ACTIVATION),
        sentence=sentence,
    )


def order(visit: Visit) -> Response:
    """Do what a button says, and wait until it is so."""
    act, server = visit.entered("act"), visit.entered("server")
    service = service_named(visit.entered("service")[:64])
    if act not in ORDERS:
        raise Invalid("form", "act", [FieldError("act", act[:20], ", ".join(ORDERS))])
    authorize(visit.actor, f"service.{act}")
    if not visit.is_sure and (consequence := _consequence(act, service)):
        return visit.ask_first(
            question=f"{act.capitalize()} {service.name} on {server}?",
            consequence=consequence,
            fields={"act": act, "server": server, "service": service.name},
            word=act,
        )
    try:
        control = visit.administration.service_control
        view, why = carry_out(control, visit.site.live, visit.actor, act, server, service)
    except Refused as error:
        return _draw(visit, 409, sentence_of(error))
    name = f"{service.name} on {server}"
    if view is None:
        return visit.go(visit.path, f"{name}: {why}.", kind="warning" if why == SLOW else "done")
    if view["problem"]:
        return visit.go(visit.path, f"{name} cannot start: {view['problem']}.", kind="error")
    return visit.go(visit.path, f"{name} is {'restarted' if act == 'restart' else view['status'].lower()}.")
