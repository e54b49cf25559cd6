"""Looks again and again which backups are due, and has them made."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

INTERVAL = 20.0
"""Seconds between two looks: schedules name hours."""

_log = logging.getLogger(__name__)


class BackupWatch:
    """See the module."""

    def __init__(self, order_due: Callable[[], None], interval: float = INTERVAL) -> None:
        """``order_due`` is called in a thread."""
        self._order_due = order_due
        self._interval = interval
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="backup watch")

    async def stop(self) -> None:
        """Look no more; a look that is going on ends first."""
        self._stopping.set()
        if self._task is not None:
            await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await asyncio.to_thread(self._order_due)
            except Exception:
                _log.exception("it could not be looked which backups are due; there will be another try")
            try:
                async with asyncio.timeout(self._interval):
                    await self._stopping.wait()
            except TimeoutError:
                pass
