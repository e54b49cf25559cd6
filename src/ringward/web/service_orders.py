"""Orders to the services of a server, as pages and programs give them: ordered, then waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringward.administration.authorization import Actor
from ringward.administration.service_control import ServiceControl, ServiceOnServer
from ringward.domain.errors import Unavailable
from ringward.domain.service import ADMINISTRATION_WEB, Service
from ringward.web.live import LiveNode

Order = Callable[[ServiceControl, Actor, str, Service], ServiceOnServer]

ORDERS: Mapping[str, Order] = {
    "activate": ServiceControl.activate,
    "deactivate": ServiceControl.deactivate,
    "start": ServiceControl.start,
    "stop": ServiceControl.stop,
    "restart": ServiceControl.restart,
}
ELSEWHERE = "it is so from the next start of that server on"
PAGES_END = (
    "these pages end with this answer; after a restart sign in again, after a stop they come back by the command "
    "ringward service start"
)
SLOW = "this takes a while; look again in a moment"


def carry_out(
    control: ServiceControl, live: LiveNode, actor: Actor, act: str, server: str, service: Service
) -> tuple[Mapping[str, Any] | None, str]:
    """Give an order of :data:`ORDERS`; returns how the service is then, or None and why that is not known yet.

    Raises what the use cases raise.
    """
    ORDERS[act](control, actor, server, service)
    if server != live.ask("status")["node_name"]:
        return None, ELSEWHERE
    if service is ADMINISTRATION_WEB:
        return None, PAGES_END
    try:
        views: dict[str, Mapping[str, Any]] = {each["service"]: each for each in live.ask("settle")}
    except Unavailable:
        return None, SLOW
    return views[service.name], ""
