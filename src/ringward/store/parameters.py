"""The texts of enterprise and service parameters that are not at their default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from ringward.store.tables import enterprise_parameter, service_parameter


def enterprise_texts(connection: Connection) -> dict[str, str]:
    """The enterprise parameters by name."""
    return {row.name: row.value for row in connection.execute(select(enterprise_parameter))}


def write_enterprise_texts(connection: Connection, texts: Mapping[str, str]) -> None:
    """Replace all enterprise parameters."""
    connection.execute(delete(enterprise_parameter))
    if texts:
        connection.execute(
            insert(enterprise_parameter), [{"name": name, "value": value} for name, value in texts.items()]
        )


def service_texts(connection: Connection, server: str, service: str) -> dict[str, str]:
    """The parameters of one service on one server by name."""
    table = service_parameter
    statement = select(table).where(table.c.server == server, table.c.service == service)
    return {row.name: row.value for row in connection.execute(statement)}


def all_service_texts(connection: Connection) -> dict[tuple[str, str], dict[str, str]]:
    """All service parameters: by server and service, then by name."""
    texts: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in connection.execute(select(service_parameter)):
        texts[row.server, row.service][row.name] = row.value
    return dict(texts)


def write_service_texts(connection: Connection, server: str, service: str, texts: Mapping[str, str]) -> None:
    """Replace all parameters of one service on one server."""
    table = service_parameter
    connection.execute(delete(table).where(table.c.server == server, table.c.service == service))
    if texts:
        rows = [{"server": server, "service": service, "name": name, "value": texts[name]} for name in texts]
        connection.execute(insert(table), rows)
