"""Brings to the node what happens in the process of the pages: that something has changed, and alarms.

Whoever tells it never waits: a thread asks over the control socket. Of changes the node is told no more than that
there are some, once for as many as there were meanwhile: it reads the change feed itself.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from ringward.domain.alarm import AlarmEvent
from ringward.domain.errors import RingwardError, Unavailable
from ringward.services.control.client import ControlClient

TRIES = 20
RETRY_INTERVAL = 0.5
"""Seconds between two tries: the socket comes a moment after the first page, when the node starts."""
CAPACITY = 1_000
"""Alarms that wait for the node; more are stored, and nobody else hears of them."""

_log = logging.getLogger(__name__)


class Messenger:
    """See the module."""

    def __init__(self, directory: Path, store: Callable[[AlarmEvent], None]) -> None:
        """``store`` keeps an alarm that could not be brought to the node."""
        self._client = ControlClient(directory)
        self._store = store
        self._waiting: queue.Queue[AlarmEvent | None] = queue.Queue(CAPACITY)
        """Alarms, and None for a look whether there is anything else to do."""
        self._has_changed = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Bring what waits, and end."""
        self._stopping.set()
        self._wake()
        self._thread.join()
        self._client.close()

    def tell_of_change(self) -> None:
        """Something has been committed here."""
        if not self._has_changed.is_set():
            self._has_changed.set()
            self._wake()

    def tell_of_alarm(self, event: AlarmEvent) -> None:
        """Something is wrong, or no more."""
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            _log.warning("too many alarms wait for the node; this one is only stored: %s", event.line())
            self._store(event)

    def _wake(self) -> None:
        with contextlib.suppress(queue.Full):  # then it is awake, and looks after each alarm
            self._waiting.put_nowait(None)

    def _run(self) -> None:
        while not (self._stopping.is_set() and self._waiting.empty() and not self._has_changed.is_set()):
            event = self._waiting.get()
            if self._has_changed.is_set():
                self._has_changed.clear()
                self._bring("changed", {})
            if event is not None and not self._bring("alarm", asdict(event)):
                self._store(event)

    def _bring(self, command: str, arguments: dict[str, object]) -> bool:
        for _ in range(TRIES):
            try:
                self._client.ask(command, **arguments)
            except Unavailable:
                if self._stopping.wait(RETRY_INTERVAL):
                    return False
            except RingwardError:
                _log.exception("the node did not take %s", command)
                return False
            else:
                return True
        return False
