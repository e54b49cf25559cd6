"""The node as its pages see it: asked by the threads of their process over the control socket."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ringward.services.control.client import ControlClient
from ringward.services.control.messages import Request
from ringward.services.live_history import SAMPLES
from ringward.web.live import Question

T = TypeVar("T")


class _Growing(Protocol):
    """An answer that grows: only what is new is fetched. Several threads may fetch the same at a time."""

    @property
    def since(self) -> Mapping[str, Any]:
        """Arguments that say what is known already."""

    def take(self, new: Any) -> Any:
        """Add what came; returns the whole answer."""


class _History:
    """Samples of the recent past, oldest first."""

    def __init__(self) -> None:
        self._samples: deque[Mapping[str, Any]] = deque(maxlen=SAMPLES)

    @property
    def _end(self) -> float:
        return float(self._samples[-1]["at"]) if self._samples else 0.0

    @property
    def since(self) -> Mapping[str, Any]:
        return {"after": self._end}

    def take(self, new: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        end = self._end
        self._samples.extend(each for each in new if each["at"] > end)
        return list(self._samples)


class _FilesRead:
    """When each phone has last read its file; of twenty thousand only those are fetched that did meanwhile."""

    def __init__(self) -> None:
        self._read: dict[str, float] = {}

    @property
    def since(self) -> Mapping[str, Any]:
        return {"since": max(self._read.values(), default=0.0)}

    def take(self, new: Mapping[str, float]) -> Mapping[str, float]:
        if not new.items() <= self._read.items():
            self._read = {**self._read, **new}
        return self._read


class NodeForPages:
    """See the module. Connections are kept for the next question: as many as threads ask at once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._idle: queue.LifoQueue[ControlClient] = queue.LifoQueue()
        self._growing: Mapping[str, _Growing] = {"history": _History(), "files-read": _FilesRead()}
        self._lock = threading.Lock()
        """Of what grows; the node is asked without it."""

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """See :class:`ringward.web.live.LiveNode`."""
        request = self._request((command, arguments or {}))
        reply = self._with_client(lambda client: client.reply(request.command, request.arguments))
        if reply.error:
            raise reply.as_error()
        return self._whole(command, reply.answer)

    def ask_together(self, questions: Sequence[Question]) -> Sequence[Any]:
        """See :class:`ringward.web.live.LiveNode`."""
        requests = [self._request(each) for each in questions]
        replies = self._with_client(lambda client: client.replies(requests))
        return [
            reply.as_error() if reply.error else self._whole(command, reply.answer)
            for (command, _), reply in zip(questions, replies, strict=True)
        ]

    def _request(self, question: Question) -> Request:
        command, arguments = question
        if command in self._growing:
            with self._lock:
                arguments = self._growing[command].since
        return Request(command, dict(arguments))

    def _whole(self, command: str, answer: Any) -> Any:
        if command not in self._growing:
            return answer
        with self._lock:
            return self._growing[command].take(answer)

    def _with_client(self, use: Callable[[ControlClient], T]) -> T:
        try:
            client = self._idle.get_nowait()
        except queue.Empty:
            client = ControlClient(self._directory)
        try:
            return use(client)
        finally:
            self._idle.put(client)

    def close(self) -> None:
        """Hang up."""
        while not self._idle.empty():
            self._idle.get_nowait().close()
