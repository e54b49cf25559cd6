"""The use cases that every noun has: add, update, copy, rename, remove, get, find, dependents.

Nouns with rules of their own have a subclass that overrides the hooks at the end of :class:`Records`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Generic, TypeVar

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, Work
from ringward.administration.stored_parameters import enterprise_parameters, service_parameters
from ringward.domain.errors import ChangedMeanwhile, FieldError, Invalid, Refused
from ringward.domain.predefined import check_change, check_removal
from ringward.domain.rules.reset import due_after
from ringward.domain.rules.save_messages import save_messages
from ringward.domain.service_parameters import CallManagerParameters
from ringward.domain.setting import Noun, SettingField, differing, settings_of
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
            record = self.add_within(work, record)
        return Saved(record, self._notes(None, record))

    def update(
        self, actor: Actor, key: str, changes: Mapping[str, Any], *, unless: Callable[[N], bool] | None = None
    ) -> Saved[N]:
        """Change fields of a record, by field name; ``unless`` the record as it is now says that it must not be.

        Raises :class:`NotFound`, :class:`Invalid`, :class:`AlreadyExists` (a key field was changed to one that is
        taken), :class:`Refused` or :class:`ChangedMeanwhile`.
        """
        with self._operations.change(actor, self._permission("update"), self.kind.noun, key) as work:
            before = work.get(self.kind, key)
            if unless is not None and unless(before):
                raise ChangedMeanwhile(self.kind.noun, key)
            after = self.update_within(work, key, changes)
        return Saved(after, self._notes(before, after))

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
            record = self.add_within(work, self._changed(source, own | dict(changes)))
        return Saved(record, self._notes(None, record))

    def rename(self, actor: Actor, key: str, new_key: str) -> Saved[N]:
        """Give a record another key; whatever refers to it follows (PSP-07). Raises what :meth:`update` raises."""
        names = [item.name for item in settings_of(self.kind) if item.setting.key]
        return self.update(actor, key, dict(zip(names, self.kind.split_key(new_key), strict=True)))

    def remove(self, actor: Actor, *keys: str) -> None:
        """Remove records, all or none (Delete Selected, ADMIN-06).

        Raises :class:`NotFound`, :class:`InUse` (ADMIN-40) or :class:`Refused`.
        """
        with self._operations.change(actor, self._permission("remove"), self.kind.noun, ", ".join(keys)) as work:
            for key in keys:
                record = work.get(self.kind, key)
                self._check(work, record, None)
                work.remove(record)

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
            if not enterprise_parameters(view).enable_dependency_records:
                raise Refused(
                    "dependency records are off: set the enterprise parameter Enable Dependency Records to true "
                    "first; finding them takes much processor time on a large cluster"
                )
            view.get(self.kind, key)
            return self._repository.dependents(view.connection, key)

    # Within an operation that has begun already, of one record or of many.

    def add_within(self, work: Work, record: N) -> N:
        """Add a record as part of a larger operation."""
        self._check_read_only(None, record)
        record = self._prepared(work, None, record)
        self._check(work, None, record)
        return work.add(record)

    def update_within(self, work: Work, key: str, changes: Mapping[str, Any]) -> N:
        """Update a record as part of a larger operation."""
        before = work.get(self.kind, key)
        after = self._changed(before, changes)
        self._check_read_only(before, after)
        after = self._prepared(work, before, after)
        self._check(work, before, after)
        return work.update(before, after)

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

    def _notes(self, before: N | None, after: N) -> tuple[str, ...]:
        """What the administrator should do or know now; looked up after the commit: nobody waits for it."""
        changed = [item.name for item in differing(before, after)] if before is not None else []
        dues = [due.text for due in due_after(self.kind.noun, changed)]
        with self._operations.look() as view:
            bridge = any(
                each.built_in_bridge_enable for each in service_parameters(view, CallManagerParameters).values()
            )
            return (*dues, *save_messages(after, view, built_in_bridge_enable=bridge))

    # Hooks for nouns with rules of their own.

    def _prepared(self, work: Work, before: N | None, after: N) -> N:
        """The record that is to be stored for one that was entered."""
        return after

    def _check(self, work: Work, before: N | None, after: N | None) -> None:
        """Raise :class:`Refused` for a change that must not be; None stands for no record."""
        if before is not None and after is not None:
            check_change(before, after)
        elif before is not None:
            check_removal(before)


def _kept(item: SettingField, before: Noun | None) -> Any:
    return item.default if before is None else getattr(before, item.name)
