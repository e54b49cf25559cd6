"""Undo of a change that was just made, while nobody has changed the record since."""

from __future__ import annotations

from dataclasses import dataclass

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.errors import Refused
from ringward.domain.setting import Noun, settings_of


@dataclass(frozen=True, slots=True)
class Undo:
    """One change: the record before (None: it was added) and after (None: it was removed)."""

    record: Noun
    """The record as it is to be again; of one that was added, as it is."""
    before: Noun | None
    after: Noun | None

    @classmethod
    def of_adding(cls, record: Noun) -> Undo:
        """Undoes that a record was added."""
        return cls(record, None, record)

    @classmethod
    def of_changing(cls, before: Noun, after: Noun) -> Undo:
        """Undoes that a record was changed."""
        return cls(before, before, after)

    @classmethod
    def of_removing(cls, record: Noun) -> Undo:
        """Undoes that a record was removed."""
        return cls(record, record, None)

    def perform(self, administration: Administration, actor: Actor) -> str:
        """Take the change back, as an operation of its own; returns a sentence about it.

        Raises :class:`Refused` when the record is not as the change left it, and whatever the operation raises.
        """
        record = self.record
        records = administration.records(type(record))
        title = f"{record.title} {record.key}"
        if self.after is None:
            records.add(actor, record)
            return f"{title} is there again."
        if records.get(actor, self.after.key) != self.after:
            raise Refused(f"{title} has been changed since; it stays as it is")
        if self.before is None:
            records.remove(actor, record.key)
            return f"{title} is removed again."
        before = self.before
        changes = {
            item.name: getattr(before, item.name)
            for item in settings_of(type(before))
            if getattr(before, item.name) != getattr(self.after, item.name)
        }
        records.update(actor, self.after.key, changes)
        return f"{title} is as it was before."
