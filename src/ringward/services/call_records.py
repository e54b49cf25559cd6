"""Call detail records on their way from the call manager into the database.

The call manager hands a record over without waiting; a thread of its own writes what has gathered, many in one
transaction. A database that is busy or full delays records, it does not lose them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

R = TypeVar("R")

INTERVAL = 0.5
"""Seconds between two looks at the queue: what a killed process may lose, and how often the disk must sync."""
BATCH = 1000
"""Records in one transaction; keeps other writers from waiting for long."""
RETRY_INTERVAL = 2.0
"""Seconds before a failed write is tried again."""
LAST_ATTEMPTS = 5
"""Tries at shutdown before the rest is given up, with a word in the log."""
CAPACITY = 200_000
"""Records kept while the database takes none; at 100 calls a second more than half an hour."""

_log = logging.getLogger(__name__)


class CallRecordWriter(Generic[R]):
    """A queue and the thread that empties it into ``write``."""

    def __init__(
        self,
        write: Callable[[Sequence[R]], None],
        *,
        interval: float = INTERVAL,
        retry_interval: float = RETRY_INTERVAL,
        capacity: int = CAPACITY,
    ) -> None:
        self._write = write
        self._interval = interval
        self._retry_interval = retry_interval
        self._waiting: deque[R] = deque()
        self._capacity = capacity
        self._refused = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="call records", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, record: R) -> None:
        """Take a record; returns at once. Called by the call manager on its hot path."""
        if len(self._waiting) < self._capacity:
            self._waiting.append(record)
            return
        self._refused += 1
        if self._refused == 1 or self._refused % 10_000 == 0:
            _log.error("the database takes no call records; %d are lost", self._refused)

    def stop(self) -> None:
        """Write everything that was put before, then end; blocks meanwhile."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._interval):
            while self._waiting and not self._stopping.is_set():
                if not self._write_some():
                    self._stopping.wait(self._retry_interval)
        for _ in range(LAST_ATTEMPTS):
            while self._waiting:
                if not self._write_some():
                    time.sleep(self._interval)
                    break
            else:
                return
        _log.error("%d call records could not be stored and are lost", len(self._waiting))

    def _write_some(self) -> bool:
        """Write one batch; it leaves the queue only once it is stored."""
        batch = [self._waiting[position] for position in range(min(BATCH, len(self._waiting)))]
        try:
            self._write(batch)
        except Exception:
            _log.exception("%d call records could not be stored yet", len(self._waiting))
            return False
        for _ in batch:
            self._waiting.popleft()
        return True
