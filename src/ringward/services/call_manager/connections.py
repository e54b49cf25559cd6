"""Connections of the line side: how many there may be, and which has to go for another.

A connection by which a phone is registered stays. One by which nothing is registered is a stranger's, whatever it
sends; it has to register soon, and when there is no room the oldest of them makes room for the newest.
"""

from __future__ import annotations

import resource
from collections import Counter
from collections.abc import Callable

from ringward.domain.address import source_of
from ringward.pki.device_certificate import DeviceCertificate
from ringward.protocols.sip.flow import Flow
from ringward.services.call_manager.admission import Budget, Sources

MAX_CONNECTIONS = 12_000
"""Connections of a node; a cluster of this kind serves some thousand phones a node."""
MAX_CONNECTIONS_PER_SOURCE = 2_000
"""Connections from one address; a whole office may be behind one."""
RESERVED_FILES = 400
"""File descriptors that connections leave to everything else: the database, transfers of files, the log."""
CONNECTION_BUDGET = Budget(burst=2_000, rate=50)
"""New connections of one address: an office boots at once, but not again and again."""
REGISTRATION_TIMEOUT = 32.0
"""Seconds that a connection may be without a registration: a request may take so long to be answered (timer F)."""
PARTIAL_MESSAGE_TIMEOUT = 30.0
"""Seconds that the rest of a message may take to come."""


class Visitor:
    """One connection, from the moment it is accepted."""

    __slots__ = ("address", "certificate", "close", "flow", "partial_since", "since", "source")

    def __init__(self, address: str, close: Callable[[], None], now: float) -> None:
        self.address = address
        self.source = source_of(address)
        self.close = close
        """Ends the connection, whatever has become of it."""
        self.since = now
        """From when on nothing has been registered by it."""
        self.certificate: DeviceCertificate | None = None
        """By which it has proved to be a device's."""
        self.flow: Flow | None = None
        """Its messages' flow, once they can come."""
        self.partial_since: float | None = None
        """When the message began that has not come whole yet."""

    def is_gone(self) -> None:
        """The connection has ended: refer to nothing that refers to this, so that its memory is free at once.

        For TLS that is some 50 KB, and a busy node searches for cycles but seldom.
        """
        self.close, self.flow = _nothing, None


def _nothing() -> None:
    """What is left to do to end a connection that has ended."""


class Connections:
    """See the module; one table for all listeners of a node."""

    def __init__(self, is_registered: Callable[[Flow], bool], limit: int = MAX_CONNECTIONS) -> None:
        """``is_registered``: whether anything is registered by a flow now."""
        self._is_registered = is_registered
        self._limit = limit
        self._strangers: dict[Visitor, None] = {}
        self._settled: dict[Visitor, None] = {}
        self._sources: Counter[str] = Counter()
        self._arrivals = Sources(CONNECTION_BUDGET)

    def enter(self, visitor: Visitor, now: float) -> str:
        """Take a new connection in; returns an empty text, or why it is refused. May close another one for it."""
        source = visitor.source
        if not self._arrivals.find(source, now).take(CONNECTION_BUDGET, 1, now):
            return "it connects too often"
        if self._sources[source] >= MAX_CONNECTIONS_PER_SOURCE:
            if not self._make_room(source):
                return "it has too many connections"
        elif len(self) >= self._limit and not self._make_room(None):
            return "there are too many connections"
        self._strangers[visitor] = None
        self._sources[source] += 1
        return ""

    def _make_room(self, source: str | None) -> bool:
        """Close the oldest stranger, of one source or of all."""
        for visitor in list(self._strangers):
            if source is not None and visitor.source != source:
                continue
            if visitor.flow is not None and self._is_registered(visitor.flow):
                self._settle(visitor)
                continue
            self.leave(visitor)
            visitor.close()
            return True
        return False

    def leave(self, visitor: Visitor) -> None:
        """A connection is gone."""
        if visitor in self._strangers:
            del self._strangers[visitor]
        elif visitor in self._settled:
            del self._settled[visitor]
        else:
            return
        self._sources[visitor.source] -= 1
        if not self._sources[visitor.source]:
            del self._sources[visitor.source]

    def overdue(self, now: float) -> list[tuple[Visitor, str]]:
        """Connections to be closed, and why; to be asked for every second or so."""
        found: list[tuple[Visitor, str]] = []
        for visitor in list(self._settled):
            if visitor.flow is None or not self._is_registered(visitor.flow):
                del self._settled[visitor]
                self._strangers[visitor] = None
                visitor.since = now
            elif self._is_stuck(visitor, now):
                found.append((visitor, "the rest of a message did not come in time"))
        for visitor in list(self._strangers):
            if visitor.flow is not None and self._is_registered(visitor.flow):
                self._settle(visitor)
            elif now - visitor.since >= REGISTRATION_TIMEOUT:
                found.append((visitor, "nobody registered by it"))
        return found

    def _settle(self, visitor: Visitor) -> None:
        del self._strangers[visitor]
        self._settled[visitor] = None

    @staticmethod
    def _is_stuck(visitor: Visitor, now: float) -> bool:
        return visitor.partial_since is not None and now - visitor.partial_since >= PARTIAL_MESSAGE_TIMEOUT

    def __len__(self) -> int:
        return len(self._strangers) + len(self._settled)


def room_for_connections() -> int:
    """How many connections this process may have, after it has been given all the file descriptors it can get."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard or hard == resource.RLIM_INFINITY:
        wanted = MAX_CONNECTIONS + RESERVED_FILES
        soft = max(soft, wanted if hard == resource.RLIM_INFINITY else min(wanted, hard))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(MAX_CONNECTIONS, soft - RESERVED_FILES))
