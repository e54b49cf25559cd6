"""Brings changes of the configuration to the services of this node, whoever made them.

The command line writes to the same database from its own processes. A cheap look at the database several times a
second tells whether anyone has committed; a change made in this process is looked at without waiting. What is new
in the change feed is announced on the bus, and the services get the configuration as it is now.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from ringward.administration import message_waiting
from ringward.cluster.bus import Announcement, Bus
from ringward.domain.alarm import Report, cleared, raised
from ringward.domain.alarm_catalogue import CONFIGURATION_NOT_READ
from ringward.services.alarm_log import log_alarm
from ringward.services.configuration import PresentConfiguration
from ringward.store import feed
from ringward.store.database import Database

INTERVAL = 0.25
"""Seconds between two looks; how long a change made by another process takes to reach the services at most."""
REST = 9
"""For so many times as long as a reading took, nothing is read after it: while thousands of phones enrol, each of
which is a change, calls keep most of the processor."""
LONGEST_REST = 5.0
"""Seconds."""
RETRY_INTERVAL = 2.0
"""Seconds before a configuration that could not be read is tried again."""

_log = logging.getLogger(__name__)


class ChangeWatcher:
    """Watches the database and keeps the services up to date."""

    def __init__(
        self,
        database: Database,
        bus: Bus,
        configuration: PresentConfiguration,
        tell: Callable[[Sequence[feed.Change]], Awaitable[None]],
        alarm: Report = log_alarm,
    ) -> None:
        """``tell`` passes changes on to the services, once the configuration is the new one."""
        self._database = database
        self._bus = bus
        self._configuration = configuration
        self._tell = tell
        self._alarm = alarm
        self._has_failed = False
        self._sequence = 0
        self._announced_here: set[int] = set()
        self._watch: feed.Watch | None = None
        self._loop = asyncio.get_running_loop()
        self._announced = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._reading = asyncio.Lock()
        self._has_read = asyncio.Event()
        """Of the present moment: each reading sets it, and puts a new one in its place."""
        self._unsubscribe = bus.subscribe(self._hear)

    async def start(self) -> None:
        """Begin to watch, from the configuration as it has been read already."""
        self._sequence = self._configuration.current.sequence
        self._watch = feed.Watch(self._database)
        self._task = asyncio.create_task(self._run(self._watch), name="change watcher")

    async def stop(self) -> None:
        """End watching."""
        self._unsubscribe()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._watch is not None:
            self._watch.close()

    async def _run(self, watch: feed.Watch) -> None:
        due = True  # something may have happened between the first reading and the start of the watch
        loop = asyncio.get_running_loop()
        while True:
            rest = 0.0
            try:
                if watch.changed() or due:
                    due = True
                    self._announced.clear()
                    began = loop.time()
                    await self._catch_up()
                    rest = min(REST * (loop.time() - began), LONGEST_REST)
                    due = False
                    self._recovered()
            except Exception:
                said = "a change of the configuration could not be read; services go on with the one before"
                _log.exception(said)
                self._has_failed = True
                self._alarm(raised(CONFIGURATION_NOT_READ, "configuration", said))
                await asyncio.sleep(RETRY_INTERVAL)
            await asyncio.sleep(rest)
            with suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL):
                    await self._announced.wait()

    def _recovered(self) -> None:
        if self._has_failed:
            self._has_failed = False
            self._alarm(cleared(CONFIGURATION_NOT_READ, "configuration"))

    def look_now(self) -> None:
        """Somebody says that something has been changed; to be called in the event loop."""
        self._announced.set()

    def _hear(self, announcement: Announcement) -> None:
        """Somebody in this process, in any thread, has changed something, or the watcher itself announces it."""
        self._announced_here.add(announcement.sequence)
        if announcement.sequence > self._sequence and not self._announced.is_set():
            # Whoever finds it set is seen as well: it is reset before the changes are read.
            self._loop.call_soon_threadsafe(self._announced.set)

    async def catch_up(self, matters: Callable[[feed.Change], bool]) -> None:
        """Take in what has been changed until now, before something is done that builds on it.

        Changes that do not matter for that are waited for by nobody, as there may be thousands of them.
        What reading them or passing them on raises is raised here.
        """
        async with self._reading:  # what is being read now is taken in first
            if any(map(matters, await asyncio.to_thread(self._new_changes))):
                await self._read()

    async def has_caught_up(self, within: float) -> bool:
        """Wait until what has been changed until now is taken in, so many seconds at most; whether it is.

        Unlike :meth:`catch_up` this has nothing read sooner than calls allow: whoever makes one change after the
        other goes at that pace.
        """
        newest = await asyncio.to_thread(self._newest)
        self.look_now()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._sequence < newest:
                    await self._has_read.wait()
        return self._sequence >= newest

    async def _catch_up(self) -> None:
        async with self._reading:
            await self._read()

    async def _read(self) -> None:
        changes = await asyncio.to_thread(self._new_changes)
        if not changes:
            return
        # First the configuration, then the caches built from it: the other way round a request in between would
        # fill them with the old one again.
        if any(change.noun != message_waiting.NOUN for change in changes):  # a message is no configuration
            await asyncio.to_thread(self._configuration.refresh)
        await self._tell(changes)
        self._sequence = changes[-1].sequence
        for change in changes:
            if change.sequence not in self._announced_here:
                self._bus.publish(Announcement(change.noun, change.key, change.action, change.sequence))
        self._announced_here = {sequence for sequence in self._announced_here if sequence > self._sequence}
        self._has_read.set()
        self._has_read = asyncio.Event()

    def _newest(self) -> int:
        with self._database.reading() as connection:
            return feed.last_sequence(connection)

    def _new_changes(self) -> list[feed.Change]:
        with self._database.reading() as connection:
            return feed.since(connection, self._sequence)
