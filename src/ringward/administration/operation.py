"""The one wrapper around every operation: authorise, validate, store and audit in one transaction, then announce.

Nothing else writes the configuration. An operation is written as::

    with operations.change(actor, "region.update") as work:
        work.update(before, replace(before, description="..."))

and is committed as a whole when the block ends, or leaves no trace when an exception passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import Connection

from ringward.administration.authorization import Actor, authorize
from ringward.cluster.bus import Announcement, Bus
from ringward.domain.change import Action
from ringward.domain.errors import FieldError, Invalid, NotAllowed, NotFound
from ringward.domain.nouns import NOUNS
from ringward.domain.secret import Secret
from ringward.domain.setting import Noun, SettingField, record_errors, references_of, settings_of, shown
from ringward.store import audit, feed
from ringward.store.audit import AuditEntry, Outcome
from ringward.store.criteria import Criterion
from ringward.store.database import Database
from ringward.store.repository import Repositories

Clock = Callable[[], float]
"""The time in seconds since 1970."""

N = TypeVar("N", bound=Noun)


class View:
    """The configuration within one transaction; what was read once is not read again.

    It is the :class:`ringward.domain.setting.Lookup` of the rules between records.
    """

    def __init__(self, connection: Connection, repositories: Repositories) -> None:
        self.connection = connection
        self._repositories = repositories
        self._found: dict[tuple[str, str], Noun | None] = {}

    def find(self, kind: type[N], key: str) -> N | None:
        """The record with this key, or None."""
        place = (kind.noun, key)
        if place not in self._found:
            try:
                self._found[place] = self._repositories.of(kind).get(self.connection, key)
            except NotFound:
                self._found[place] = None
        return self._found[place]  # type: ignore[return-value]  # the place names the kind

    def get(self, kind: type[N], key: str) -> N:
        """The record with this key; raises :class:`NotFound`."""
        record = self.find(kind, key)
        if record is None:
            raise NotFound(kind.noun, key)
        return record

    def every(self, kind: type[N]) -> Iterable[N]:
        """All records of a kind."""
        return self.search(kind, ())

    def search(self, kind: type[N], criteria: Iterable[Criterion]) -> list[N]:
        """The records of a kind that meet every criterion."""
        return self._repositories.of(kind).find(self.connection, criteria)

    def count(self, kind: type[N], criteria: Iterable[Criterion] = ()) -> int:
        """How many records of a kind meet every criterion."""
        return self._repositories.of(kind).count(self.connection, criteria)

    def validate(self, record: Noun) -> None:
        """Raise :class:`Invalid` with everything that is wrong with a record, by itself or beside the others."""
        errors = record_errors(record)
        for reference in references_of(record):
            if self.find(NOUNS[reference.noun], reference.key) is None:
                allowed = f"the name of an existing {reference.noun}"
                errors.append(FieldError(reference.field, reference.key, allowed))
        if errors := errors or list(record.cross_errors(self)):
            raise Invalid(record.noun, record.key, errors)


class Work(View):
    """A transaction that changes the configuration; every change is validated, audited and put into the feed."""

    def __init__(
        self, connection: Connection, repositories: Repositories, actor: Actor, permission: str, now: int
    ) -> None:
        super().__init__(connection, repositories)
        self.announcements: list[Announcement] = []
        self.dry_run = False
        """Whether the transaction shall be undone at its end."""
        self._actor = actor
        self._permission = permission
        self._now = now

    def add(self, record: N) -> N:
        """Store a new record; raises :class:`Invalid` or :class:`AlreadyExists`."""
        record = record.settled()
        self.validate(record)
        self._repositories.of(type(record)).add(self.connection, record)
        self._forget(record.noun, record.key)
        self.note(record.noun, record.key, Outcome.ADDED, {}, _values(record))
        self.announce(record.noun, record.key, Action.ADDED)
        return record

    def update(self, before: N, after: N) -> N:
        """Store a record's new state, under a new key perhaps; raises :class:`Invalid` or :class:`AlreadyExists`.

        A record that stays as it was leaves no trace in log and feed.
        """
        after = after.settled()
        if after == before:
            return before
        self.validate(after)
        self._repositories.of(type(before)).update(self.connection, before.key, after)
        if after.key == before.key:
            self._forget(before.noun, before.key)
            self.announce(before.noun, before.key, Action.UPDATED)
        else:
            self._found.clear()  # records that refer to the renamed one have changed with it
            self.announce(before.noun, before.key, Action.REMOVED)
            self.announce(after.noun, after.key, Action.ADDED)
        self.note(before.noun, before.key, Outcome.UPDATED, *_difference(before, after))
        return after

    def remove(self, record: Noun) -> None:
        """Remove a record; raises :class:`InUse`."""
        self._repositories.of(type(record)).remove(self.connection, record.key)
        self._forget(record.noun, record.key)
        self.note(record.noun, record.key, Outcome.REMOVED, _values(record), {})
        self.announce(record.noun, record.key, Action.REMOVED)

    def note(
        self, noun: str, key: str, outcome: Outcome, before: Mapping[str, str], after: Mapping[str, str]
    ) -> None:
        """Write an entry into the audit log."""
        audit.append(
            self.connection, _entry(self._now, self._actor, self._permission, noun, key, outcome, before, after)
        )

    def announce(self, noun: str, key: str, action: Action) -> None:
        """Append a change to the feed, and announce it once it is committed."""
        sequence = feed.append(self.connection, self._now, noun, key, action)
        self.announcements.append(Announcement(noun, key, action, sequence))

    def _forget(self, noun: str, key: str) -> None:
        self._found.pop((noun, key), None)


class Operations:
    """Begins the operations of all use cases."""

    def __init__(self, database: Database, repositories: Repositories, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._repositories = repositories
        self._bus = bus
        self._clock = clock

    def now(self) -> int:
        """The time in milliseconds since 1970."""
        return int(self._clock() * 1000)

    @contextmanager
    def read(self, actor: Actor, permission: str) -> Iterator[View]:
        """An operation that only looks; raises :class:`NotAllowed`."""
        self._authorize(actor, permission)
        with self.look() as view:
            yield view

    @contextmanager
    def look(self) -> Iterator[View]:
        """A look of the system itself, on nobody's behalf."""
        with self._database.reading() as connection:
            yield View(connection, self._repositories)

    @contextmanager
    def change(self, actor: Actor, permission: str, noun: str = "", key: str = "") -> Iterator[Work]:
        """An operation that changes something; noun and key are for the log, in case it is denied.

        Raises :class:`NotAllowed`, and :class:`Unavailable` when the database is busy.
        """
        self._authorize(actor, permission, noun, key)
        with self._database.writing() as connection:
            work = Work(connection, self._repositories, actor, permission, self.now())
            yield work
            if work.dry_run:
                connection.rollback()
        if not work.dry_run:
            for announcement in work.announcements:
                self._bus.publish(announcement)

    @contextmanager
    def log(self) -> Iterator[Connection]:
        """A transaction for what is no part of the configuration, such as ended calls."""
        with self._database.writing() as connection:
            yield connection

    def record_login(self, actor: Actor, noun: str, succeeded: bool) -> None:
        """Write an attempt to log in into the audit log."""
        outcome = Outcome.DONE if succeeded else Outcome.DENIED
        with self.log() as connection:
            audit.append(
                connection, _entry(self.now(), actor, f"{noun}.log-in", noun, actor.name, outcome, {}, {})
            )

    def _authorize(self, actor: Actor, permission: str, noun: str = "", key: str = "") -> None:
        try:
            authorize(actor, permission)
        except NotAllowed:
            with self.log() as connection:
                audit.append(connection, _entry(self.now(), actor, permission, noun, key, Outcome.DENIED, {}, {}))
            raise


def _entry(
    now: int,
    actor: Actor,
    permission: str,
    noun: str,
    key: str,
    outcome: Outcome,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> AuditEntry:
    return AuditEntry(
        now, actor.name, actor.role.value, actor.origin, permission, noun, key, outcome, before, after
    )


def _values(record: Noun) -> dict[str, str]:
    """The fields of a record that hold something, in words; of secrets only that they are set."""
    return {
        item.name: _word(item, getattr(record, item.name))
        for item in settings_of(type(record))
        if item.setting.applies_to(record) and getattr(record, item.name) not in (None, "", ())
    }


def _difference(before: Noun, after: Noun) -> tuple[dict[str, str], dict[str, str]]:
    """The fields that differ, as they were and as they are; of secrets only that they changed."""
    old, new = {}, {}
    for item in settings_of(type(before)):
        was, now = getattr(before, item.name), getattr(after, item.name)
        if was != now:
            old[item.name], new[item.name] = _word(item, was), _word(item, now)
            if isinstance(was, Secret) and isinstance(now, Secret):
                new[item.name] = "(changed)"
    return old, new


def _word(item: SettingField, value: object) -> str:
    if isinstance(value, Secret):
        return "(set)" if value else ""
    return shown(item, value)
