"""Has phones renew their certificates at quiet hours: a look at the calendar every minute."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ringward.domain.job import Job

_log = logging.getLogger(__name__)

INTERVAL = 60.0


class Renewal:
    """See the module."""

    def __init__(self, begin_wave: Callable[[], Job | None], *, interval: float = INTERVAL) -> None:
        """``begin_wave`` is called in a thread; it orders the job of the phones that are next, if any."""
        self._begin_wave = begin_wave
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """Look no more; a wave that has begun goes on."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            try:
                job = await asyncio.to_thread(self._begin_wave)
                if job is not None:
                    _log.info("%s phones are to renew their certificates: job %s", job.total, job.number)
            except Exception:
                _log.exception("no certificates could be renewed; there will be another look")
            await asyncio.sleep(self._interval)
