"""Undo of a change that was just made, while nobody has made another one since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.domain.enterprise_parameters import EnterpriseParameters
from ringward.domain.errors import ChangedMeanwhile, Refused
from ringward.domain.setting import Noun, format_value, settings_of
from ringward.web.navigation import list_path, record_path


class Undo(Protocol):
    """A change that can be taken back."""

    @property
    def path(self) -> str:
        """The page that shows how things are then."""

    def perform(self, administration: Administration, actor: Actor) -> str:
        """Take the change back, as an operation of its own; returns a sentence about it.

        Raises :class:`Refused` when there was another change since, and whatever the operation raises.
        """


@dataclass(frozen=True, slots=True)
class UndoOfRecord:
    """A change of one record: before (None: it was added) and after (None: it was removed)."""

    record: Noun
    """The record as it is to be again; of one that was added, as it is."""
    before: Noun | None
    after: Noun | None

    @classmethod
    def of_adding(cls, record: Noun) -> UndoOfRecord:
        """Undoes that a record was added."""
        return cls(record, None, record)

    @classmethod
    def of_changing(cls, before: Noun, after: Noun) -> UndoOfRecord:
        """Undoes that a record was changed."""
        return cls(before, before, after)

    @classmethod
    def of_removing(cls, record: Noun) -> UndoOfRecord:
        """Undoes that a record was removed."""
        return cls(record, record, None)

    @property
    def path(self) -> str:
        """See :class:`Undo`."""
        return list_path(self.record.noun) if self.before is None else record_path(self.record)

    def perform(self, administration: Administration, actor: Actor) -> str:
        """See :class:`Undo`."""
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


@dataclass(frozen=True, slots=True)
class UndoOfParameters:
    """A change of parameters: of the enterprise, or of a service on a server."""

    before: Noun
    after: Noun
    path: str
    server: str = ""
    service: str = ""

    def perform(self, administration: Administration, actor: Actor) -> str:
        """See :class:`Undo`."""
        parameters, texts = administration.parameters, self._texts()
        try:
            if isinstance(self.after, EnterpriseParameters):
                parameters.set_enterprise(actor, texts, unless=self._is_another)
            else:
                parameters.set_service(actor, self.server, self.service, texts, unless=self._is_another)
        except ChangedMeanwhile:
            raise Refused(f"{self.after.title}: changed again since; all stays as it is") from None
        return f"{self.after.title}: as before."

    def _texts(self) -> Mapping[str, str]:
        """What was changed, as it was."""
        return {
            item.name: format_value(item, getattr(self.before, item.name))
            for item in settings_of(type(self.before))
            if getattr(self.before, item.name) != getattr(self.after, item.name)
        }

    def _is_another(self, present: Noun) -> bool:
        return present != self.after
