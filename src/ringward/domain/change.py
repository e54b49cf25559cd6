"""What can happen to a record; the change feed, the bus and the audit log say it alike."""

from __future__ import annotations

from enum import Enum


class Action(Enum):
    """A change of a record. Those who follow changes see a rename as the old key removed and the new one added."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
