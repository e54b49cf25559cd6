"""Records on their way from a service into the database: of calls, and of trust lists that phones fetched.

The service hands a record over without waiting; a thread of its own writes what has gathered, many in one
transaction. A database that is busy or full delays records, it does not lose them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from ringward.domain.alarm import Report, cleared, raised
from ringward.domain.alarm_catalogue import DATABASE_NOT_WRITABLE
from ringward.services.alarm_log import log_alarm

R = TypeVar("R")

INTERVAL = 0.2
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


class RecordWriter(Generic[R]):
    """A queue and the thread that empties it into ``write``."""

    def __init__(
        self,
        write: Callable[[Sequence[R]], None],
        *,
        what: str = "call records",
        alarm: Report = log_alarm,
        interval: float = INTERVAL,
        retry_interval: float = RETRY_INTERVAL,
        capacity: int = CAPACITY,
    ) -> None:
        """``what`` they are, for the log."""
        self._what = what
        self._alarm = alarm
        self._has_failed = False
        self._write = write
        self._interval = interval
        self._retry_interval = retry_interval
        self._waiting: deque[R] = deque()
        self._capacity = capacity
        self._refused = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=what, daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def put(self, record: R) -> None:
        """Take a record; returns at once. Called on hot paths."""
        if len(self._waiting) < self._capacity:
            self._waiting.append(record)
            return
        self._refused += 1
        if self._refused == 1 or self._refused % 10_000 == 0:
            self._alarm(
                raised(DATABASE_NOT_WRITABLE, self._what, f"the database takes none; {self._refused} are lost")
            )

    def stop(self) -> None:
        """Write everything that was put before, then end; blocks meanwhile."""
        self._stopping.set()
        if self._thread.ident is not None:  # otherwise it was never started
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
        _log.error("%d %s could not be stored and are lost", len(self._waiting), self._what)

    def _write_some(self) -> bool:
        """Write one batch; it leaves the queue only once it is stored."""
        batch = [self._waiting[position] for position in range(min(BATCH, len(self._waiting)))]
        try:
            self._write(batch)
        except Exception:
            _log.exception("%d %s could not be stored yet", len(self._waiting), self._what)
            self._has_failed = True
            text = f"{len(self._waiting)} could not be stored yet"
            self._alarm(raised(DATABASE_NOT_WRITABLE, self._what, text))
            return False
        if self._has_failed:
            self._has_failed = False
            self._alarm(cleared(DATABASE_NOT_WRITABLE, self._what))
        for _ in batch:
            self._waiting.popleft()
        return True
