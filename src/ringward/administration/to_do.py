"""What is still to be done before all changes are in force, in the right order, and which phones could be safer.

Services come first, as phones must find them as they shall be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ringward.administration.authorization import Actor, is_allowed
from ringward.administration.due_resets import DueResets, WaitingPhones
from ringward.administration.operation import Operations, View
from ringward.administration.service_control import NOUN as SERVICE
from ringward.administration.service_control import ServiceControl
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.errors import Refused, Unavailable
from ringward.domain.phone import Phone
from ringward.domain.phone_models import CAPABILITIES
from ringward.domain.rules.reset import DeviceAction
from ringward.domain.service import SERVICES
from ringward.domain.vocabulary import ClusterSecurityMode, DeviceSecurityMode
from ringward.store import phone_security

NAMED = 200
"""Phones that could be more secure and are named, where nothing else is asked for."""
Ask = Callable[[str], Any]
"""Asks the running node, in the words of its control socket."""
ASKED = ("status", "registered", "files-read", "services")
"""What it is asked."""


@dataclass(frozen=True, slots=True)
class LessSecure:
    """A phone that is less secure than it could be in a mixed cluster."""

    device: str
    description: str
    reason: str


@dataclass(frozen=True, slots=True)
class ToDo:
    """What is to be done on a node."""

    server: str
    services: Mapping[str, list[str]]
    """The reasons by service that is to be restarted, in the order of the restarts."""
    phones: WaitingPhones
    registered: frozenset[str]
    """Phones that can be told now; others read their files when they come."""
    less_secure: tuple[LessSecure, ...]
    """The first of them by name."""
    less_secure_total: int

    @property
    def is_empty(self) -> bool:
        """Whether all changes are in force."""
        return not self.services and not self.phones

    def reached(self, action: DeviceAction) -> list[str]:
        """The phones that can be told to reset, or to restart, now."""
        return [device for device in self.phones.devices(action) if device in self.registered]

    @property
    def total(self) -> int:
        """How much is to be done."""
        return len(self.services) + len(self.phones)

    def as_json(self, offset: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """What is to be done as ``--json`` and the programming interface have it, in order; all, or a part."""
        end = self.total if limit is None else offset + limit
        first_phone = len(self.services)
        services = [
            {"do": "restart", "what": name, "kind": "service", "reasons": list(reasons)}
            for name, reasons in list(self.services.items())[offset:end]
        ]
        phones = [
            {
                "do": each.action.name.lower(),
                "what": each.device,
                "kind": "phone",
                "registered": each.device in self.registered,
                "reasons": list(each.reasons),
                "requirements": list(each.requirements),
            }
            for each in self.phones[max(0, offset - first_phone) : max(0, end - first_phone)]
        ]
        return [*services, *phones]


class ToDos:
    """The use case."""

    def __init__(self, operations: Operations, services: ServiceControl, resets: DueResets) -> None:
        self._operations = operations
        self._services = services
        self._resets = resets

    def find(self, actor: Actor, ask: Ask, named: int = NAMED) -> ToDo:
        """What is to be done on the node that answers; services only for whoever may see them.

        ``named``: how many of the phones that could be more secure are named.
        """
        server: str = ask("status")["node_name"]
        registered, weak = _registered(ask)
        phones = self._resets.find(actor, ask("files-read"))
        due: Mapping[str, list[str]] = {}
        if is_allowed(actor, f"{SERVICE}.read"):
            started = {view["service"]: view["since"] for view in ask("services") if view["since"]}
            due = self._services.restarts_due(actor, server, started)
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            total, less_secure = _less_secure(view, weak, named)
        in_order = {name: due[name] for name in SERVICES if name in due}
        return ToDo(server, in_order, phones, registered, less_secure, total)


def _registered(ask: Ask) -> tuple[frozenset[str], Mapping[str, str]]:
    """The phones that are registered, and in which mode those are that are less secure than their profile."""
    try:
        present: Mapping[str, Any] = ask("registered")
    except (Refused, Unavailable):  # Cisco CallManager does not run
        return frozenset(), {}
    return frozenset(present["devices"]), present["less_secure"]


_COULD_BE_SECURE = tuple(key for key, row in CAPABILITIES.items() if row.tls_signalling)


def _less_secure(view: View, weak: Mapping[str, str], named: int) -> tuple[int, tuple[LessSecure, ...]]:
    """Phones that could be authenticated or encrypted and are not (CLUSTER-05, SYS-10): how many, and the first of
    them by name."""
    if enterprise_parameters(view).cluster_security_mode is not ClusterSecurityMode.MIXED:
        return 0, ()
    nonsecure = DeviceSecurityMode.NONSECURE
    found = [
        LessSecure(
            row.device, row.description, f"its profile is {nonsecure.label}, though a {row.model} can be secure"
        )
        for row in phone_security.nonsecure(view.connection, _COULD_BE_SECURE, named)
    ]
    found += [
        LessSecure(
            row.device,
            row.description,
            f"it is registered as {weak[row.device]}, though its profile is {row.mode.label}",
        )
        for row in phone_security.rows_of(view.connection, sorted(weak)[:named])
    ]
    total = phone_security.count_nonsecure(view.connection, _COULD_BE_SECURE) + len(weak)
    return total, tuple(sorted(found, key=lambda each: each.device)[:named])
