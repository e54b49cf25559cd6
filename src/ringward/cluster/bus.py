"""The bus: how one part of the cluster learns what another has done.

Publishers and subscribers know only the :class:`Bus` interface, so that neither can assume that the other is in
the same process. :class:`LocalBus` is the default, for one process.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ringward.domain.change import Action

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Announcement:
    """A committed change of the configuration, as the change feed has it."""

    noun: str
    key: str
    action: Action
    sequence: int
    """Place in the change feed; grows with every change in the cluster."""


Subscriber = Callable[[Announcement], None]
"""Called in the publisher's thread, so it must be quick and may not wait."""

Unsubscribe = Callable[[], None]
"""Ends a subscription; calling it again does nothing."""


class Bus(Protocol):
    """Publish and subscribe."""

    def publish(self, announcement: Announcement) -> None:
        """Tell every subscriber; never raises because of one of them."""

    def subscribe(self, subscriber: Subscriber) -> Unsubscribe:
        """Have every later announcement passed to the subscriber."""


class LocalBus:
    """The bus of a single process: a list of callables, called in the order in which they subscribed."""

    def __init__(self) -> None:
        self._subscribers: dict[object, Subscriber] = {}

    def publish(self, announcement: Announcement) -> None:
        """Call every subscriber; one that fails is logged and does not keep the others from hearing."""
        for subscriber in tuple(self._subscribers.values()):
            try:
                subscriber(announcement)
            except Exception:
                _log.exception("a subscriber failed on %s", announcement)

    def subscribe(self, subscriber: Subscriber) -> Unsubscribe:
        """Add a subscriber. One that subscribes while an announcement is being made hears only later ones."""
        ticket = object()
        self._subscribers[ticket] = subscriber
        return lambda: _forget(self._subscribers, ticket)


def _forget(subscribers: dict[object, Subscriber], ticket: object) -> None:
    subscribers.pop(ticket, None)
