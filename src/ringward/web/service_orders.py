"""Orders to the services of a server, as pages and programs give them: ordered, then waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ringward.administration.authorization import Actor
from ringward.administration.service_control import ServiceControl, ServiceOnServer
from ringward.domain.errors import Unavailable
from ringward.domain.service import Service
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
    try:
        views: dict[str, Mapping[str, Any]] = {each["service"]: each for each in live.ask("settle")}
    except Unavailable:
        return None, SLOW
    return views[service.name], ""
