"""Enterprise parameters, for the whole cluster, and service parameters, per server and service (ADMIN-09,
ADMIN-15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View, Work
from ringward.administration.records import Saved
from ringward.administration.stored_parameters import enterprise_parameters, service_parameters
from ringward.domain.change import Action
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import ChangedMeanwhile, FieldError, Invalid, NotFound
from ringward.domain.parameters import read_parameters, with_texts
from ringward.domain.ports import FIXED_TCP_PORTS
from ringward.domain.rules.certificate_renewal import SHORTEST_TURN
from ringward.domain.rules.reset import due_after
from ringward.domain.server import Server
from ringward.domain.service_parameters import (
    SERVICE_PARAMETERS,
    CallManagerParameters,
    CapfParameters,
    CtlProviderParameters,
)
from ringward.domain.setting import Noun, settings_of, shown
from ringward.store import parameters
from ringward.store.audit import Outcome

P = TypeVar("P", bound=Noun)

_ENTERPRISE = EnterpriseParameters.noun
_SERVICE = "service-parameters"
Unless = Callable[[Noun], bool]
"""Whether parameters are not any more what somebody saw of them."""


class Parameters:
    """The use cases of System > Enterprise Parameters and System > Service Parameters."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def enterprise(self, actor: Actor) -> EnterpriseParameters:
        """All enterprise parameters, defaults included."""
        with self._operations.read(actor, f"{_ENTERPRISE}.read") as view:
            return enterprise_parameters(view)

    def set_enterprise(
        self, actor: Actor, texts: Mapping[str, str], *, unless: Unless | None = None
    ) -> Saved[EnterpriseParameters]:
        """Enter parameters by name or label, all or none; ``unless`` those of now say that they must not be.

        Raises :class:`NotFound`, :class:`Invalid`, :class:`ChangedMeanwhile`, and :class:`Refused` for one that is
        only shown: the cluster security mode is set by the CTL client alone (CLUSTER-04).
        """
        with self._operations.change(actor, f"{_ENTERPRISE}.update", _ENTERPRISE) as work:
            stored = parameters.enterprise_texts(work.connection)
            before = read_parameters(EnterpriseParameters, stored)
            if unless is not None and unless(before):
                raise ChangedMeanwhile(_ENTERPRISE, "")
            stored = with_texts(stored, EnterpriseParameters, texts)
            after = read_parameters(EnterpriseParameters, stored)
            parameters.write_enterprise_texts(work.connection, stored)
            return Saved(after, _saved(work, _ENTERPRISE, "", before, after) + _warnings(before, after))

    def services(self) -> tuple[str, ...]:
        """The services that have parameters."""
        return tuple(SERVICE_PARAMETERS)

    def service(self, actor: Actor, server: str, service: str) -> Noun:
        """All parameters of a service on a server, defaults included; raises :class:`NotFound`."""
        kind = _kind_of(service)
        with self._operations.read(actor, f"{_SERVICE}.read") as view:
            view.get(Server, server)
            return read_parameters(kind, parameters.service_texts(view.connection, server, service))

    def set_service(
        self, actor: Actor, server: str, service: str, texts: Mapping[str, str], *, unless: Unless | None = None
    ) -> Saved[Noun]:
        """Enter parameters of a service on a server, by name or label, all or none; ``unless`` as above.

        Raises :class:`NotFound`, :class:`Invalid`, :class:`ChangedMeanwhile`, and :class:`Refused` for one that is
        only shown.
        """
        kind = _kind_of(service)
        key = f"{server}/{service}"
        with self._operations.change(actor, f"{_SERVICE}.update", _SERVICE, key) as work:
            work.get(Server, server)
            stored = parameters.service_texts(work.connection, server, service)
            before = read_parameters(kind, stored)
            if unless is not None and unless(before):
                raise ChangedMeanwhile(_SERVICE, key)
            stored = with_texts(stored, kind, texts)
            after = read_parameters(kind, stored)
            _check_port(work.get(Server, server), after)
            parameters.write_service_texts(work.connection, server, service, stored)
            notes = _saved(work, _SERVICE, key, before, after)
            return Saved(after, notes + _realm_notes(work) + _renewal_notes(after))


def _renewal_notes(after: Noun) -> tuple[str, ...]:
    if not (isinstance(after, CapfParameters) and after.renews_nobody):
        return ()
    hours = f"From {after.renewal_begin} to {after.renewal_end}"
    least = SHORTEST_TURN // timedelta(minutes=1)
    return (f"{hours} no certificate is renewed: a phone needs at least {least} minutes.",)


def _warnings(before: EnterpriseParameters, after: EnterpriseParameters) -> tuple[str, ...]:
    if not after.admit_old_phones or before.admit_old_phones:
        return ()
    return (
        "Warning: TLS 1.0, SHA-1 and keys of 512 bits can be broken today. Whoever breaks them may listen to the "
        "signalling of phones that use them, or pass for such a phone. Switch this off again as soon as you can.",
    )


def _check_port(server: Server, after: Noun) -> None:
    """No two services of a node on one port (PORT-10)."""
    if not isinstance(after, CtlProviderParameters):
        return
    taken = FIXED_TCP_PORTS.items() - {("CTL Provider", CtlProviderParameters().port_number)}
    used = {port: name for name, port in taken} | {port: name for name, port in server.tcp_ports().items()}
    if after.port_number in used:
        allowed = f"a port that is not used by {used[after.port_number]}"
        raise Invalid(after.title, "Port Number", [FieldError("port_number", str(after.port_number), allowed)])


def _kind_of(service: str) -> type[Noun]:
    try:
        return SERVICE_PARAMETERS[service]
    except KeyError:
        raise NotFound("service", service) from None


def _saved(work: Work, noun: str, key: str, before: P, after: P) -> tuple[str, ...]:
    """Put a change into log and feed; returns what is to be done now."""
    changed = [
        item for item in settings_of(type(after)) if getattr(before, item.name) != getattr(after, item.name)
    ]
    if not changed:
        return ()
    was = {item.name: shown(item, getattr(before, item.name)) for item in changed}
    now = {item.name: shown(item, getattr(after, item.name)) for item in changed}
    work.note(noun, key, Outcome.UPDATED, was, now)
    work.announce(noun, key, Action.UPDATED)
    return tuple(due.text for due in due_after(after.noun, was))


def _realm_notes(view: View) -> tuple[str, ...]:
    """Digest credentials are bound to the realm, so the servers of a cluster should have the same (SIPD-17)."""
    realms = {each.sip_station_realm for each in service_parameters(view, CallManagerParameters).values()}
    if len(realms) < 2:
        return ()
    return (f"The SIP Station Realm differs between the servers: {', '.join(sorted(realms))}.",)
