"""Does the jobs that have been ordered, a step at a time, beside the calls of the node."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

IDLE = 0.5
"""Seconds between two looks for something to do; one cheap query."""
REST = 1.0
"""For so many times as long as a step took nothing is done after it: calls keep most of the processor."""
RETRY = 5.0
"""Seconds after a step that the database did not take."""

_log = logging.getLogger(__name__)


class JobWorker:
    """See the module."""

    def __init__(self, step: Callable[[], float | None]) -> None:
        """``step`` is called in a thread; it returns seconds until the next one, None if nothing is to be done."""
        self._step = step
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to work; jobs that an earlier run had begun go on."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="job worker")

    async def stop(self) -> None:
        """Work no more; the item that is being done is done to its end."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            began = loop.time()
            try:
                pause = await asyncio.to_thread(self._step)
                rest = IDLE if pause is None else max(pause, REST * (loop.time() - began))
            except Exception:
                _log.exception("no job could be gone on with; there will be another try")
                rest = RETRY
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._stopping.wait()
