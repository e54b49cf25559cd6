"""The services of a server, by the guide's names (SVC-03): each can be activated, started and stopped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ringward.domain.errors import NotFound, nearest

_MAKER = "cisco "


@dataclass(frozen=True, slots=True)
class Service:
    """One service as Tools > Service Activation knows it."""

    name: str
    description: str
    without: str
    """What is missing while it does not run."""
    activated_at_installation: bool
    """Whether a fresh server runs it without being told to (SVC-04)."""
    abbreviation: str = ""
    """What it is called for short, if it is."""
    always_activated: bool = False
    """Whether it can be stopped, but not be deactivated: nobody shall be without it after the next start."""
    first_node_only: bool = False
    """Whether it may be active on the first node alone (CLUSTER-21, SVC-04)."""

    @property
    def short_name(self) -> str:
        """The name without the maker's, as people type it."""
        return self.name[len(_MAKER) :] if self.name.lower().startswith(_MAKER) else self.name


@dataclass(frozen=True, slots=True)
class ServiceState:
    """What an administrator wants of a service on a server; the server sees to it."""

    activated: bool
    started: bool = True
    """Whether it runs while it is activated; a service that was stopped stays so until it is started."""
    restarts: int = 0
    """How often a restart was ordered: a service that runs since before the last order starts anew."""

    @property
    def runs(self) -> bool:
        """Whether it shall run."""
        return self.activated and self.started


CALL_MANAGER = Service(
    "Cisco CallManager",
    "Registers phones and connects calls.",
    "No phone is registered here and nobody can call. Those who talk go on, and can neither hold nor transfer.",
    activated_at_installation=True,
)
TFTP = Service(
    "Cisco TFTP",
    "Gives phones their files by TFTP and HTTP.",
    "Phones that start or are reset get no files: they go on with those they have.",
    activated_at_installation=True,
)
CTL_PROVIDER = Service(
    "Cisco CTL Provider",
    "Brings the CTL client's work onto this server.",
    "The CTL client cannot change the CTL file or the cluster security mode.",
    activated_at_installation=False,
)

CAPF = Service(
    "Cisco Certificate Authority Proxy Function",
    "Issues phones their certificates (CAPF).",
    "No phone gets a certificate or has one renewed.",
    activated_at_installation=False,
    abbreviation="CAPF",
    first_node_only=True,
)

ADMINISTRATION_WEB = Service(
    "Cisco Tomcat",
    "Serves the pages and the programming interface over HTTPS.",
    "These pages and the programming interface are gone, until somebody types: ringward service start tomcat",
    activated_at_installation=True,
    always_activated=True,
)
"""By the name that its certificate has in the guide (CERT-05)."""

SERVICES: Mapping[str, Service] = MappingProxyType(
    {each.name: each for each in (TFTP, CALL_MANAGER, CAPF, CTL_PROVIDER, ADMINISTRATION_WEB)}
)
"""All services by name, in the order in which a server starts them."""


def service_named(text: str) -> Service:
    """The service with this name, in any case and with or without "Cisco", or short; raises :class:`NotFound`."""
    wanted = text.strip().lower()
    for service in SERVICES.values():
        if wanted in (service.name.lower(), service.short_name.lower(), service.abbreviation.lower() or None):
            return service
    names = [
        name for each in SERVICES.values() for name in (each.name, each.short_name, each.abbreviation) if name
    ]
    raise NotFound("service", text, nearest(text, names))


def state_at_installation(service: Service) -> ServiceState:
    """The state of a service that nobody has touched."""
    return ServiceState(service.activated_at_installation)
