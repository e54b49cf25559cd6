"""Records for phones that nobody has configured, made one after the other beside the calls (CLUSTER-11)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import AUTO_REGISTRATION_FAILED
from ringward.domain.errors import RingwardError
from ringward.services.call_manager.line_side import LineSide

log = logging.getLogger(__name__)


class Intake:
    """Makes a record of each newcomer that the line side has heard of."""

    def __init__(self, side: LineSide, take_in: Callable[[str, str], object], alarm: Report) -> None:
        """``take_in`` makes a record of a device of a model, in a thread; see :class:`CallManagerService`."""
        self._side = side
        self._take_in = take_in
        self._alarm = alarm
        self._tasks: set[asyncio.Task[None]] = set()
        self._one_by_one = asyncio.Lock()
        side.newcomers.connect(self._newcomer)

    def stop(self) -> None:
        """Make no more records."""
        for task in self._tasks:
            task.cancel()

    def _newcomer(self, device: str, model: str) -> None:
        task = asyncio.get_running_loop().create_task(self._make_phone(device, model))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _make_phone(self, device: str, model: str) -> None:
        """Make a record of an unknown phone; it is answered when the configuration comes that has it."""
        try:
            async with self._one_by_one:
                await asyncio.to_thread(self._take_in, device, model)
        except RingwardError as error:
            said = f"{device} asked to be registered, but is not configured: {error}"
            self._failed(device, said)
        except Exception:
            said = f"{device} asked to be registered; its record could not be made"
            log.exception(said)
            self._failed(device, said)
        else:
            log.info("%s, a %s, was not configured and has got a record by auto-registration", device, model)

    def _failed(self, device: str, said: str) -> None:
        self._alarm(raised(AUTO_REGISTRATION_FAILED, device, said))
        self._side.now = asyncio.get_running_loop().time()
        self._side.newcomers.failed(device, self._side.now)
