"""The use cases that every noun has: add, update, copy, rename, remove, get, find, dependents.

Nouns with rules of their own have a subclass that overrides the hooks at the end of :class:`Records`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View, Work
from ringward.domain.errors import FieldError, Invalid, Refused
from ringward.domain.parameters import EnterpriseParameters, read_parameters
from ringward.domain.setting import Noun, SettingField, settings_of
from ringward.store import parameters
from ringward.store.criteria import Criterion
from ringward.store.repository import Repositories

N = TypeVar("N", bound=Noun)


@dataclass(frozen=True, slots=True)
class Saved(Generic[N]):
    """A record as it was stored, and what the administrator should now know or do."""

    record: N
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[N]):
    """Part of the results of a search."""

    records: tuple[N, ...]
    total: int
    """Number of results on all pages."""
    offset: int
    """Place of the first record of this page among the results, from 0."""
    criteria: tuple[Criterion, ...]
    """What was searched for; given to the next search it searches within these results (ADMIN-02)."""


class Records(Generic[N]):
    """The use cases of one noun. Every method authorises the actor and raises :class:`NotAllowed` otherwise."""

    def __init__(self, operations: Operations, repositories: Repositories, kind: type[N]) -> None:
        self.kind = kind
        self._operations = operations
        self._repository = repositories.of(kind)

    def add(self, actor: Actor, record: N) -> Saved[N]:
        """Store a new record; raises :class:`Invalid`, :class:`AlreadyExists` or :class:`Refused`."""
        with self._operations.change(actor, self._permission("add"), self.kind.noun, record.key) as work:
            return self.add_within(work, record)

    def update(self, actor: Actor, key: str, changes: Mapping[str, Any]) -> Saved[N]:
        """Change fields of a record, by field name.

        Raises :class:`NotFound`, :class:`Invalid`, :class:`AlreadyExists` (a key field was changed to one that is
        taken) or :class:`Refused`.
        """
        with self._operations.change(actor, self._permission("update"), self.kind.noun, key) as work:
            return self.update_within(work, key, changes)

    def copy(self, actor: Actor, key: str, changes: Mapping[str, Any]) -> Saved[N]:
        """Add a record like another (ADMIN-05); the changes must give it a key of its own.

        Secrets and what only the system sets are not copied. Raises what :meth:`add` raises, and
        :class:`NotFound`.
        """
        with self._operations.change(actor, self._permission("add"), self.kind.noun, key) as work:
            source = work.get(self.kind, key)
            own = {
                item.name: item.default
                for item in settings_of(self.kind)
                if item.setting.secret or item.setting.read_only
            }
            return self.add_within(work, self._changed(source, own | dict(changes)))

    def rename(self, actor: Actor, key: str, new_key: str) -> Saved[N]:
        """Give a record another key; whatever refers to it follows (PSP-07). Raises what :meth:`update` raises."""
        names = [item.name for item in settings_of(self.kind) if item.setting.key]
        return self.update(actor, key, dict(zip(names, self.kind.split_key(new_key), strict=True)))

    def remove(self, actor: Actor, *keys: str) -> tuple[str, ...]:
        """Remove records, all or none (Delete Selected, ADMIN-06); returns notes.

        Raises :class:`NotFound`, :class:`InUse` (ADMIN-40) or :class:`Refused`.
        """
        with self._operations.change(actor, self._permission("remove"), self.kind.noun, ", ".join(keys)) as work:
            notes: dict[str, None] = {}
            for key in keys:
                record = work.get(self.kind, key)
                self._check(work, record, None)
                work.remove(record)
                notes |= dict.fromkeys(self._notes(work, record, None))
            return tuple(notes)

    def get(self, actor: Actor, key: str) -> N:
        """One record; raises :class:`NotFound`."""
        with self._operations.read(actor, self._permission("read")) as view:
            return view.get(self.kind, key)

    def find(
        self,
        actor: Actor,
        criteria: Iterable[Criterion] = (),
        *,
        order: str = "",
        descending: bool = False,
        offset: int = 0,
        limit: int | None = None,
        within: Page[N] | None = None,
    ) -> Page[N]:
        """Search, in all records or within the results of an earlier search (ADMIN-01, ADMIN-02).

        Without criteria all records are found. Raises :class:`Invalid` for a field that cannot be searched.
        """
        conditions = (*(within.criteria if within else ()), *criteria)
        with self._operations.read(actor, self._permission("read")) as view:
            records = self._repository.find(
                view.connection, conditions, order=order, descending=descending, offset=offset, limit=limit
            )
            total = len(records)
            if offset or limit is not None:
                total = self._repository.count(view.connection, conditions)
        return Page(tuple(records), total, offset, conditions)

    def dependents(self, actor: Actor, key: str) -> Sequence[tuple[str, str]]:
        """The records that use this one, as (noun, key) (ADMIN-14).

        Raises :class:`Refused` while the enterprise parameter is off, and :class:`NotFound`.
        """
        with self._operations.read(actor, self._permission("read")) as view:
            texts = parameters.enterprise_texts(view.connection)
            if not read_parameters(EnterpriseParameters, texts).enable_dependency_records:
                raise Refused(
                    "dependency records are off: set the enterprise parameter Enable Dependency Records to true "
                    "first; finding them takes much processor time on a large cluster"
                )
            view.get(self.kind, key)
            return self._repository.dependents(view.connection, key)

    # Within an operation that has begun already, of one record or of many.

    def add_within(self, work: Work, record: N) -> Saved[N]:
        """Add a record as part of a larger operation."""
        self._check_read_only(None, record)
        record = self._prepared(work, None, record)
        self._check(work, None, record)
        record = work.add(record)
        return Saved(record, tuple(self._notes(work, None, record)))

    def update_within(self, work: Work, key: str, changes: Mapping[str, Any]) -> Saved[N]:
        """Update a record as part of a larger operation."""
        before = work.get(self.kind, key)
        after = self._changed(before, changes)
        self._check_read_only(before, after)
        after = self._prepared(work, before, after)
        if after == before:
            return Saved(before)
        self._check(work, before, after)
        after = work.update(before, after)
        return Saved(after, tuple(self._notes(work, before, after)))

    def _permission(self, act: str) -> str:
        return f"{self.kind.noun}.{act}"

    def _changed(self, record: N, changes: Mapping[str, Any]) -> N:
        known = [each.name for each in fields(record)]  # type: ignore[arg-type]  # every noun is a dataclass
        unknown = [FieldError(name, "", ", ".join(known)) for name in changes if name not in known]
        if unknown:
            raise Invalid(record.noun, record.key, unknown)
        return replace(record, **changes)  # type: ignore[type-var]

    def _check_read_only(self, before: N | None, after: N) -> None:
        """What only the system sets cannot be entered, also not by a crafted request."""
        for item in settings_of(self.kind):
            if item.setting.read_only and getattr(after, item.name) != _kept(item, before):
                raise Refused(f"{item.setting.label} of {self.kind.noun} {after.key!r} cannot be set")

    # Hooks for nouns with rules of their own.

    def _prepared(self, work: Work, before: N | None, after: N) -> N:
        """The record that is to be stored for one that was entered."""
        return after

    def _check(self, work: Work, before: N | None, after: N | None) -> None:
        """Raise :class:`Refused` for a change that the noun forbids; None stands for a record that is not
        there."""

    def _notes(self, view: View, before: N | None, after: N | None) -> Iterable[str]:
        """What the administrator should know or do after a change."""
        return ()


def _kept(item: SettingField, before: Noun | None) -> Any:
    return item.default if before is None else getattr(before, item.name)
