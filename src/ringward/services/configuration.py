"""The configuration that the services of a node work by: one reading for all of them.

As everything comes from the same reading, a phone's file and the call manager never differ by a change that only
one of them has seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from ringward.administration.snapshot import ClusterConfiguration
from ringward.domain.server import Server


class PresentConfiguration:
    """The configuration as last read, until it is told that something has changed. Safe between threads."""

    def __init__(self, read: Callable[[ClusterConfiguration | None], ClusterConfiguration], server: str) -> None:
        """``read`` is given what was read before, for what has not changed since; None the first time."""
        self._read = read
        self._server = server
        self._lock = threading.Lock()
        self._current = read(None)

    def refresh(self) -> None:
        """Take in what has changed."""
        with self._lock:
            self._current = self._read(self._current)

    @property
    def current(self) -> ClusterConfiguration:
        """What was read last."""
        return self._current

    @property
    def server(self) -> Server:
        """The record of this node."""
        return self._current.of(Server)[self._server]
