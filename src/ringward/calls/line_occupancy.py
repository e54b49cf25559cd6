"""Which lines are in use, and by how many calls."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ringward.calls.connection import Connection
    from ringward.calls.directory import LineAppearance


class LineOccupancy:
    """The connections at each line of each device.

    Lines are known by device and button: the directory with its appearances is replaced while calls go on.
    """

    __slots__ = ("_clock", "_connections", "_idle_since", "on_change")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._connections: dict[tuple[str, int], list[Connection]] = {}
        self._idle_since: dict[tuple[str, int], float] = {}
        """When lines that somebody has asked about became free."""
        self.on_change: Callable[[Connection], None] | None = None
        """Told of each connection that comes or goes, if anybody wants to know."""

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
            if self.on_change is not None:
                self.on_change(connection)

    def remove(self, connection: Connection) -> None:
        """Take a connection away again."""
        line = connection.leg.appearance
        if line is not None:
            key = (line.device, line.index)
            found = self._connections[key]
            found.remove(connection)
            if not found:
                del self._connections[key]
                if key in self._idle_since:
                    self._idle_since[key] = self._clock()
            if self.on_change is not None:
                self.on_change(connection)

    def calls_at(self, line: LineAppearance) -> int:
        """How many calls are at a line; several contacts rung for one call are one call."""
        found = self._connections.get((line.device, line.index))
        if found is None:
            return 0
        return 1 if len(found) == 1 else len({connection.call for connection in found})

    def at(self, line: LineAppearance) -> tuple[Connection, ...]:
        """The connections at a line."""
        return tuple(self._connections.get((line.device, line.index), ()))

    def last_used(self, lines: Iterable[LineAppearance]) -> float:
        """When the last call at any of these lines was over; 0 if none is known of, and infinite during one.

        Lines are remembered from the first time that they are asked about.
        """
        latest = 0.0
        for line in lines:
            key = (line.device, line.index)
            latest = max(latest, self._idle_since.setdefault(key, 0.0))
            if key in self._connections:
                return math.inf
        return latest

    def __len__(self) -> int:
        """How many lines are in use."""
        return len(self._connections)
