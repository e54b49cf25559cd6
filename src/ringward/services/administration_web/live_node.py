"""The node as its pages see it: asked from the threads of the web service, answered in the node's own."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import TimeoutError as TooLate
from typing import Any

from ringward.domain.errors import Unavailable

Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Answers a command as the control socket does."""
Sample = Callable[[], Mapping[str, Any]]

SAMPLE_INTERVAL = 10.0
"""Seconds between two samples of the history."""
SAMPLES = 361
"""An hour of them."""
ANSWER_WITHIN = 10.0
"""Seconds after which a page is told that the node does not answer."""


class NodeForPages:
    """See the module; made in the node's own loop."""

    def __init__(self, ask: Ask, sample: Sample) -> None:
        self._ask = ask
        self._sample = sample
        self._loop = asyncio.get_running_loop()
        self._history: deque[Mapping[str, Any]] = deque(maxlen=SAMPLES)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin with the history."""
        self._take()

    def stop(self) -> None:
        """Take no more samples."""
        if self._timer is not None:
            self._timer.cancel()

    def _take(self) -> None:
        self._history.append({"at": time.time(), **self._sample()})
        self._timer = self._loop.call_later(SAMPLE_INTERVAL, self._take)

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """See :class:`ringward.web.live.LiveNode`."""
        future = asyncio.run_coroutine_threadsafe(_answer(self._ask(command, dict(arguments or {}))), self._loop)
        try:
            return future.result(ANSWER_WITHIN)
        except TooLate:
            future.cancel()
            raise Unavailable("the node does not answer; try again in a moment") from None

    def history(self) -> Sequence[Mapping[str, Any]]:
        """See :class:`ringward.web.live.LiveNode`."""
        return list(self._history)


async def _answer(waited: Awaitable[Any]) -> Any:
    return await waited
