"""Pages take turns: few are made at a time, so that each is done soon, however many are asked for.

All threads of the process share one interpreter: fifty pages that are made side by side would all be done as late
as the last one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_A_TIME = 4
"""One is being written while others wait for the database or the node; more would not be done sooner."""


class Turns:
    """See the module. Threads wait here; those who wait for the node or the database hold their turn."""

    def __init__(self) -> None:
        self._free = threading.BoundedSemaphore(AT_A_TIME)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and keep it for the time of the block."""
        with self._free:
            yield
