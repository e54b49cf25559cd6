"""The bus in the process of the pages: what is announced here the node hears of, and the other way round."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from ringward.cluster.bus import Announcement, LocalBus, Subscriber, Unsubscribe


class NodeBus:
    """A :class:`ringward.cluster.bus.Bus` of two processes."""

    def __init__(self, tell_of_change: Callable[[], None], heard: Collection[str]) -> None:
        """``heard``: the nouns whose changes the node announces to this process."""
        self._local = LocalBus()
        self._tell_of_change = tell_of_change
        self._heard = heard
        self._announced_here: set[int] = set()
        """Changes that the node will announce once more, because it does not know by whom they were made."""
        self._lock = threading.Lock()

    def publish(self, announcement: Announcement) -> None:
        """Tell every subscriber here, and the node."""
        if announcement.noun in self._heard:
            with self._lock:
                self._announced_here.add(announcement.sequence)
        self._local.publish(announcement)
        self._tell_of_change()

    def subscribe(self, subscriber: Subscriber) -> Unsubscribe:
        """Have announcements of this process passed on, and those of the node that are among the heard."""
        return self._local.subscribe(subscriber)

    def hear(self, announcement: Announcement) -> None:
        """The node announces a change; of those that were made here all know already."""
        with self._lock:
            if announcement.sequence in self._announced_here:
                self._announced_here.discard(announcement.sequence)
                return
        self._local.publish(announcement)
