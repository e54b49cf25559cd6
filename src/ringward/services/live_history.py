"""Samples of the recent past, for the charts of pages."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

SAMPLE_INTERVAL = 10.0
"""Seconds between two samples."""
SAMPLES = 361
"""An hour of them."""


class LiveHistory:
    """Phones and calls by security, as they were; made and used in the node's own loop."""

    def __init__(self, sample: Callable[[], Mapping[str, Any]]) -> None:
        self._sample = sample
        self._loop = asyncio.get_running_loop()
        self._samples: deque[Mapping[str, Any]] = deque(maxlen=SAMPLES)
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin."""
        self._take()

    def stop(self) -> None:
        """Take no more samples."""
        if self._timer is not None:
            self._timer.cancel()

    def _take(self) -> None:
        self._samples.append({"at": time.time(), **self._sample()})
        self._timer = self._loop.call_later(SAMPLE_INTERVAL, self._take)

    def after(self, moment: float) -> list[Mapping[str, Any]]:
        """The samples that were taken after a moment (seconds since 1970), oldest first."""
        return [each for each in self._samples if each["at"] > moment]
