"""The states of services that are not as the installation left them."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from ringward.domain.service import ServiceState
from ringward.store.tables import service_state


def service_states(connection: Connection) -> dict[tuple[str, str], ServiceState]:
    """By server and service."""
    return {
        (row.server, row.service): ServiceState(row.activated, row.started, row.restarts)
        for row in connection.execute(select(service_state))
    }


def write_service_state(connection: Connection, server: str, service: str, state: ServiceState) -> None:
    """Keep the state of a service on a server."""
    table = service_state
    connection.execute(delete(table).where(table.c.server == server, table.c.service == service))
    values = {
        "server": server,
        "service": service,
        "activated": state.activated,
        "started": state.started,
        "restarts": state.restarts,
    }
    connection.execute(insert(table), values)
