"""Brings changes of the configuration to the services of this node, whoever made them.

The command line writes to the same database from its own processes. A cheap look at the database several times a
second tells whether anyone has committed. What is new in the change feed is announced on the bus, and the services
get the configuration as it is now.
"""

from __future__ import annotations

import asyncio
import logging

from ringward.cluster.bus import Announcement, Bus
from ringward.services.call_manager.service import CallManagerService
from ringward.services.configuration import PresentConfiguration
from ringward.services.tftp.library import FileLibrary
from ringward.store import feed
from ringward.store.database import Database

INTERVAL = 0.25
"""Seconds between two looks; how long a change made by another process takes to reach the services at most."""
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
        library: FileLibrary,
        call_manager: CallManagerService,
    ) -> None:
        self._database = database
        self._bus = bus
        self._configuration = configuration
        self._library = library
        self._call_manager = call_manager
        self._sequence = 0
        self._announced_here: set[int] = set()
        self._watch: feed.Watch | None = None
        self._task: asyncio.Task[None] | None = None
        self._unsubscribe = bus.subscribe(lambda announcement: self._announced_here.add(announcement.sequence))

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
        while True:
            try:
                if watch.changed() or due:
                    due = True
                    await self._catch_up()
                    due = False
            except Exception:
                _log.exception(
                    "a change of the configuration could not be read; services go on with the one before"
                )
                await asyncio.sleep(RETRY_INTERVAL)
            await asyncio.sleep(INTERVAL)

    async def _catch_up(self) -> None:
        changes = await asyncio.to_thread(self._new_changes)
        if not changes:
            return
        # First the configuration, then the caches built from it: the other way round a request in between would
        # fill them with the old one again.
        await asyncio.to_thread(self._configuration.refresh)
        for change in changes:
            self._library.invalidate(change.noun, change.key)
        await self._call_manager.configuration_changed()
        for change in changes:
            if change.sequence not in self._announced_here:
                self._bus.publish(Announcement(change.noun, change.key, change.action, change.sequence))
        self._sequence = changes[-1].sequence
        self._announced_here = {sequence for sequence in self._announced_here if sequence > self._sequence}

    def _new_changes(self) -> list[feed.Change]:
        with self._database.reading() as connection:
            return feed.since(connection, self._sequence)
