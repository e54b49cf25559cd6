"""The node as its pages see it: asked by the threads of their process over the control socket."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ringward.services.control.client import ControlClient
from ringward.services.live_history import SAMPLES

FILES_READ = "files-read"


class NodeForPages:
    """See the module. Connections are kept for the next question: as many as threads ask at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._idle: queue.LifoQueue[ControlClient] = queue.LifoQueue()
        self._history: deque[Mapping[str, Any]] = deque(maxlen=SAMPLES)
        self._files_read: Mapping[str, float] = {}
        self._lock = threading.Lock()

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """See :class:`ringward.web.live.LiveNode`."""
        return self._files_read_by_all() if command == FILES_READ else self._ask(command, arguments or {})

    def _ask(self, command: str, arguments: Mapping[str, Any]) -> Any:
        try:
            client = self._idle.get_nowait()
        except queue.Empty:
            client = ControlClient(self._directory)
        try:
            reply = client.reply(command, arguments)
        finally:
            self._idle.put(client)
        if reply.error:
            raise reply.as_error()
        return reply.answer

    def _files_read_by_all(self) -> Mapping[str, float]:
        """When each phone has last read its file. Of twenty thousand only those are fetched that did meanwhile."""
        with self._lock:
            since = max(self._files_read.values(), default=0.0)
            new = self._ask(FILES_READ, {"since": since})
            if not new.items() <= self._files_read.items():
                self._files_read = self._files_read | new
            return self._files_read

    def history(self) -> Sequence[Mapping[str, Any]]:
        """See :class:`ringward.web.live.LiveNode`; only the samples that are new are fetched."""
        with self._lock:
            after = self._history[-1]["at"] if self._history else 0.0
            self._history.extend(self._ask("history", {"after": after}))
            return list(self._history)

    def close(self) -> None:
        """Hang up."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
