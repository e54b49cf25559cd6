"""Ends a node gracefully: no new calls, and the stop once the last call is over or time is up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

LOOK = 0.25
"""Seconds between two looks at whether calls are left."""
LONGEST = 24 * 3600.0
"""Seconds that a drain may last at most."""

_log = logging.getLogger(__name__)


class Drain:
    """At most one at a time."""

    def __init__(self, refuse: Callable[[bool], None], calls: Callable[[], int], done: Callable[[], None]) -> None:
        """``refuse`` begins or ends the refusal of new calls; ``calls`` counts those up; ``done`` stops it."""
        self._refuse = refuse
        self._calls = calls
        self._done = done
        self._task: asyncio.Task[None] | None = None

    def begin(self, limit: float) -> None:
        """Drain for at most ``limit`` seconds; a second order sets the limit anew."""
        self.cancel()
        self._refuse(True)
        _log.warning("the node takes no new calls, and stops when the present ones are over or in %g s", limit)
        self._task = asyncio.get_running_loop().create_task(self._run(min(limit, LONGEST)))

    def cancel(self) -> None:
        """Take calls again, if a drain goes on."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
            self._refuse(False)

    async def _run(self, limit: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + limit
        while self._calls() and loop.time() < until:  # noqa: ASYNC110  (the engine tells nobody of ended calls)
            await asyncio.sleep(LOOK)
        left = self._calls()
        _log.warning("drained: the node stops, %s", f"and {left} calls end with it" if left else "no call is left")
        self._done()
