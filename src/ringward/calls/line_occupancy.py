"""Which lines are in use, and by how many calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringward.calls.connection import Connection
    from ringward.calls.directory import LineAppearance


class LineOccupancy:
    """The connections at each line of each device.

    Lines are known by device and button: the directory with its appearances is replaced while calls go on.
    """

    __slots__ = ("_connections",)

    def __init__(self) -> None:
        self._connections: dict[tuple[str, int], list[Connection]] = {}

    def add(self, connection: Connection) -> None:
        """Count a connection at its line, if it has one."""
        line = connection.leg.appearance
        if line is not None:
            key = (line.device, line.index)
            found = self._connections.get(key)
            if found is None:
                self._connections[key] = [connection]
            else:
                found.append(connection)

    def remove(self, connection: Connection) -> None:
        """Take a connection away again."""
        line = connection.leg.appearance
        if line is not None:
            key = (line.device, line.index)
            found = self._connections[key]
            found.remove(connection)
            if not found:
                del self._connections[key]

    def calls_at(self, line: LineAppearance) -> int:
        """How many calls are at a line; several contacts rung for one call are one call."""
        found = self._connections.get((line.device, line.index))
        if found is None:
            return 0
        return 1 if len(found) == 1 else len({connection.call for connection in found})

    def __len__(self) -> int:
        """How many lines are in use."""
        return len(self._connections)
