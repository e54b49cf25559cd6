"""How many messages wait for which directory number, as rows."""

from __future__ import annotations

from sqlalchemy import Connection, delete, insert, select

from ringward.store.tables import message_waiting as table

Row = tuple[str, str, int, int]
"""Number, partition, new and old messages."""


def rows(connection: Connection) -> list[Row]:
    """All numbers that have messages."""
    ordered = select(table).order_by(table.c.number, table.c.partition)
    return [(row.number, row.partition, row.new_messages, row.old_messages) for row in connection.execute(ordered)]


def write(connection: Connection, number: str, partition: str, new: int, old: int) -> None:
    """Keep how many messages a number has; one without any is not kept."""
    connection.execute(delete(table).where(table.c.number == number, table.c.partition == partition))
    if new or old:
        values = {"number": number, "partition": partition, "new_messages": new, "old_messages": old}
        connection.execute(insert(table).values(values))
