"""Tools > Service Activation and Tools > Control Center: which services run on which server (SVC-01, SVC-02).

What is stored is what the administrator wants. Each server sees to its own services, at once when it runs and
otherwise with its next start.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.administration.pending_changes import PendingLog, reason_of
from ringward.domain.change import Action
from ringward.domain.errors import Refused
from ringward.domain.server import Server
from ringward.domain.service import SERVICES, Service, ServiceState, state_at_installation
from ringward.store.audit import AuditEntry, Outcome
from ringward.store.service_states import service_states, write_service_state

NOUN = "service"
"""Under which changes are announced, with the key ``server/service``."""


@dataclass(frozen=True, slots=True)
class ServiceOnServer:
    """A service, where, and what is wanted of it there."""

    server: str
    service: Service
    state: ServiceState

    @property
    def key(self) -> str:
        """Its name in log and feed."""
        return f"{self.server}/{self.service.name}"


class ServiceControl:
    """The use cases of services."""

    def __init__(self, operations: Operations, log: PendingLog) -> None:
        self._operations = operations
        self._log = log

    def every(self, actor: Actor) -> list[ServiceOnServer]:
        """All services of all servers."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            return list(_every(view, (server.name for server in view.every(Server))))

    def wanted(self, server: str) -> dict[str, ServiceState]:
        """What is wanted of the services of one server, for the server itself, by service."""
        with self._operations.look() as view:
            return {each.service.name: each.state for each in _every(view, [server])}

    def restarts_due(self, actor: Actor, server: str, started: Mapping[str, float]) -> dict[str, list[str]]:
        """Which services of a server must be restarted for changes made since they were started, and for which.

        ``started``: when each runs since, by service, in seconds since the epoch.
        """
        due: dict[str, list[str]] = {}
        if not started:
            return due
        with self._operations.read(actor, f"{NOUN}.read") as view:
            _, changes = self._log.read(view.connection)
        for entry, asked in changes:
            for service in (
                sorted({each.service_name for each in asked} - {""}) if _concerns(server, entry) else ()
            ):
                if entry.at > started.get(service, math.inf) * 1000:
                    due.setdefault(service, []).append(reason_of(entry))
        return due

    def activate(self, actor: Actor, server: str, service: Service) -> ServiceOnServer:
        """Have a service run on a server; raises :class:`Refused` where it must not (SVC-04)."""
        return self._change(actor, "activate", server, service, _activated)

    def deactivate(self, actor: Actor, server: str, service: Service) -> ServiceOnServer:
        """Have a service run no more on a server, also not after its next start; raises :class:`Refused`."""
        return self._change(
            actor, "deactivate", server, service, lambda state: replace(state, activated=False, started=False)
        )

    def start(self, actor: Actor, server: str, service: Service) -> ServiceOnServer:
        """Start a service that was stopped; raises :class:`Refused` if it is not activated."""
        return self._change(actor, "start", server, service, lambda state: replace(state, started=True))

    def stop(self, actor: Actor, server: str, service: Service) -> ServiceOnServer:
        """Stop a service until it is started again; raises :class:`Refused` if it is not activated."""
        return self._change(actor, "stop", server, service, lambda state: replace(state, started=False))

    def restart(self, actor: Actor, server: str, service: Service) -> ServiceOnServer:
        """Stop a service and start it, also one that was stopped; raises :class:`Refused` if not activated."""
        return self._change(
            actor,
            "restart",
            server,
            service,
            lambda state: replace(state, started=True, restarts=state.restarts + 1),
        )

    def _change(
        self,
        actor: Actor,
        act: str,
        server: str,
        service: Service,
        change: Callable[[ServiceState], ServiceState],
    ) -> ServiceOnServer:
        """Store the new state, and put it into log and feed; of what was so already only the act is logged."""
        key = f"{server}/{service.name}"
        with self._operations.change(actor, f"{NOUN}.{act}", NOUN, key) as work:
            record = work.get(Server, server)
            (before,) = (each for each in _every(work, [server]) if each.service == service)
            if act == "activate" and service.first_node_only and not record.first_node:
                raise Refused(f"{service.name} runs on the first node only, and {server} is another one")
            if act == "deactivate" and service.always_activated:
                raise Refused(
                    f"{service.name} is always activated; to have nobody reach the pages: "
                    f'ringward service stop "{service.short_name}"'
                )
            if act in ("start", "stop", "restart") and not before.state.activated:
                raise Refused(
                    f"{service.name} is not activated on {server}; first: ringward service activate "
                    f'"{service.short_name}"'
                )
            after = replace(before, state=change(before.state))
            if after != before:
                write_service_state(work.connection, server, service.name, after.state)
                work.announce(NOUN, key, Action.UPDATED)
            words = {"state": "restarted"} if act == "restart" else _words(after.state)
            work.note(NOUN, key, Outcome.DONE, _words(before.state), words)
            return after


def services_that_run(view: View) -> dict[str, frozenset[str]]:
    """The names of the services that shall run, by server."""
    servers = [server.name for server in view.every(Server)]
    found = [each for each in _every(view, servers) if each.state.runs]
    return {name: frozenset(each.service.name for each in found if each.server == name) for name in servers}


def states_of(view: View, service: Service) -> tuple[ServiceState, ...]:
    """What is wanted of a service on each server."""
    servers = [server.name for server in view.every(Server)]
    return tuple(each.state for each in _every(view, servers) if each.service is service)


def _concerns(server: str, entry: AuditEntry) -> bool:
    """Whether a change asks for something on a server."""
    if entry.noun == "service-parameters":
        return entry.key.partition("/")[0] == server
    return entry.noun != Server.noun or entry.key == server


def _activated(state: ServiceState) -> ServiceState:
    return state if state.activated else replace(state, activated=True, started=True)


def _every(view: View, servers: Iterable[str]) -> Iterable[ServiceOnServer]:
    stored = service_states(view.connection)
    for server in servers:
        for service in SERVICES.values():
            state = stored.get((server, service.name)) or state_at_installation(service)
            yield ServiceOnServer(server, service, state)


def _words(state: ServiceState) -> dict[str, str]:
    if not state.activated:
        return {"state": "not activated"}
    return {"state": "started" if state.started else "stopped"}
