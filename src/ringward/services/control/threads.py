"""Questions to the node from threads of its own process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import TimeoutError as TooLate
from typing import Any

from ringward.domain.errors import Unavailable

ANSWER_WITHIN = 10.0
"""Seconds after which whoever asks is told that the node does not answer."""

Ask = Callable[[str, dict[str, Any]], Awaitable[Any]]
"""Answers a command as the control socket does."""


class ThreadsQuestions:
    """Made in the loop that answers; asked from any other thread."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask
        self._loop = asyncio.get_running_loop()

    def ask(self, command: str, arguments: Mapping[str, Any] | None = None) -> Any:
        """What the control socket answers to a command; raises :class:`ringward.domain.errors.RingwardError`."""
        future = asyncio.run_coroutine_threadsafe(_answer(self._ask(command, dict(arguments or {}))), self._loop)
        try:
            return future.result(ANSWER_WITHIN)
        except TooLate:
            future.cancel()
            raise Unavailable("the node does not answer; try again in a moment") from None


async def _answer(waited: Awaitable[Any]) -> Any:
    return await waited
