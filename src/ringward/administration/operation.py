"""The one wrapper around every operation: authorise, validate, store and audit in one transaction, then announce.

Nothing else writes the configuration. An operation is written as::

    with operations.change(actor, "region.update") as work:
        work.update(before, replace(before, description="..."))

and is committed as a whole when the block ends, or leaves no trace when an exception passes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import ColumnElement, Connection

from ringward.administration.authorization import Actor, authorize
from ringward.administration.ledger import Ledger
from ringward.cluster.bus import Announcement, Bus
from ringward.domain.change import Action
from ringward.domain.errors import FieldError, Invalid, NotAllowed, NotFound, RingwardError, nearest
from ringward.domain.nouns import NOUNS
from ringward.domain.secret import Secret
from ringward.domain.setting import (
    Noun,
    Reference,
    SettingField,
    differing,
    record_errors,
    references_of,
    settings_of,
    shown,
)
from ringward.pki.secrets import SecretBox
from ringward.store import audit
from ringward.store.audit import AuditEntry, AuditFilter, Outcome
from ringward.store.criteria import Criterion
from ringward.store.database import Database
from ringward.store.repository import Repositories
from ringward.store.transaction import Transaction

_LONGEST_REASON = 500
"""Characters; a reason may quote what a stranger sent."""
_NAMES_COMPARED = 1000
"""Records among whose names the one is looked for that was probably meant: nobody waits for more."""
Clock = Callable[[], float]
"""The time in seconds since 1970."""

N = TypeVar("N", bound=Noun)
P = ParamSpec("P")
R = TypeVar("R")
Found = dict[tuple[str, str], Noun | None]
"""Records by noun and key; None where there is none."""


class View:
    """The configuration within one transaction; what was read once is not read again.

    It is the :class:`ringward.domain.setting.Lookup` of the rules between records.
    """

    def __init__(self, transaction: Transaction, repositories: Repositories, found: Found | None = None) -> None:
        """``found`` is what has been read in the same transaction already."""
        self._transaction = transaction
        self._repositories = repositories
        self._found: Found = {} if found is None else found
        self._read_once: dict[object, Any] = {}

    @property
    def connection(self) -> Connection:
        """The transaction, for what is no record."""
        return self._transaction.connection

    def find(self, kind: type[N], key: str) -> N | None:
        """The record with this key, or None."""
        place = (kind.noun, key)
        if place not in self._found:
            try:
                self._found[place] = self._repositories.of(kind).get(self.connection, key)
            except NotFound:
                self._found[place] = None
        return self._found[place]  # type: ignore[return-value]  # the place names the kind

    def gather(self, kind: type[N], keys: Collection[str]) -> None:
        """Read records at once that :meth:`find` will be asked for one by one."""
        keys = [key for key in keys if (kind.noun, key) not in self._found]
        if not keys:
            return
        self._found.update({(kind.noun, key): None for key in keys})
        records = self._repositories.of(kind).some(self.connection, keys)
        self._found.update({(kind.noun, record.key): record for record in records})

    def get(self, kind: type[N], key: str) -> N:
        """The record with this key; raises :class:`NotFound`."""
        record = self.find(kind, key)
        if record is None:
            raise NotFound(kind.noun, key)
        return record

    def once(self, read: Callable[Concatenate[View, P], R], *arguments: P.args, **named: P.kwargs) -> R:
        """What a function reads here, read once: for what nobody changes in the same operation."""
        question = (read, arguments, tuple(named.items()))
        if question not in self._read_once:
            self._read_once[question] = read(self, *arguments, **named)
        return self._read_once[question]  # type: ignore[no-any-return]  # the question says what it is

    def every(self, kind: type[N]) -> Iterable[N]:
        """All records of a kind."""
        return self.search(kind, ())

    def search(
        self,
        kind: type[N],
        criteria: Iterable[Criterion],
        where: Iterable[ColumnElement[bool]] = (),
        limit: int | None = None,
    ) -> list[N]:
        """The records of a kind that meet every criterion and the conditions besides, at most so many."""
        return self._repositories.of(kind).find(self.connection, criteria, where=where, limit=limit)

    def count(
        self, kind: type[N], criteria: Iterable[Criterion] = (), where: Iterable[ColumnElement[bool]] = ()
    ) -> int:
        """How many records of a kind meet every criterion and the conditions besides."""
        return self._repositories.of(kind).count(self.connection, criteria, where)

    def validate(self, record: Noun, before: Noun | None = None) -> None:
        """Raise :class:`Invalid` with everything that is wrong with a record, by itself or beside the others.

        What it referred to ``before`` is not looked for again: the database lets nothing go that is referred to.
        """
        errors = record_errors(record)
        known = {(each.noun, each.key) for each in references_of(before)} if before is not None else frozenset()
        for reference in references_of(record):
            if (reference.noun, reference.key) not in known and self.find(
                NOUNS[reference.noun], reference.key
            ) is None:
                errors.append(FieldError(reference.field, reference.key, self._allowed(reference)))
        if errors := errors or list(record.cross_errors(self)):
            raise Invalid(record.noun, record.key, errors)

    def _allowed(self, reference: Reference) -> str:
        """What a reference to a record that is not there could be, with the name that comes nearest."""
        meant = nearest(reference.key, self.once(_some_keys, NOUNS[reference.noun]))
        return f"the name of an existing {reference.noun}" + (f", such as {meant!r}" if meant else "")


def _some_keys(view: View, kind: type[Noun]) -> tuple[str, ...]:
    return tuple(record.key for record in view.search(kind, (), limit=_NAMES_COMPARED))


class Work(View):
    """A transaction that changes the configuration; every change is validated, audited and put into the feed."""

    def __init__(
        self,
        transaction: Transaction,
        repositories: Repositories,
        actor: Actor,
        permission: str,
        now: int,
        found: Found | None = None,
    ) -> None:
        super().__init__(transaction, repositories, found)
        self.late = transaction.late
        """Takes rows of what is no record either, to be written with those of others."""
        self.ledger = Ledger()
        self.dry_run = False
        """Whether the transaction shall be undone at its end."""
        self.actor = actor
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
        self.validate(after, before)
        repository = self._repositories.of(type(before))
        if (change := repository.row_change(before, after)) is not None:
            self.late.change(change)
        else:
            repository.update(self.connection, before, after)
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
        """Have an entry written into the audit log, at the end of the transaction."""
        entry = _entry(self._now, self.actor, self._permission, noun, key, outcome, before, after)
        self.ledger.note(entry)

    def announce(self, noun: str, key: str, action: Action) -> None:
        """Have a change appended to the feed at the end of the transaction, and announced once it is committed."""
        self.ledger.announce(self._now, noun, key, action)

    def _forget(self, noun: str, key: str) -> None:
        self._found.pop((noun, key), None)


class _DryRun(Exception):
    """What was done is to be undone."""


class Operations:
    """Begins the operations of all use cases."""

    def __init__(self, database: Database, repositories: Repositories, bus: Bus, clock: Clock) -> None:
        self._database = database
        self._repositories = repositories
        self._bus = bus
        self._clock = clock
        self.newest = 0
        """Of the changes that were made together, the sequence of the last; 0 if there was none."""

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
            yield View(Transaction(connection), self._repositories)

    @contextmanager
    def change(self, actor: Actor, permission: str, noun: str = "", key: str = "") -> Iterator[Work]:
        """An operation that changes something; noun and key are for the log, in case it is denied.

        Raises :class:`NotAllowed`, and :class:`Unavailable` when the database is busy.
        """
        self._authorize(actor, permission, noun, key)
        with suppress(_DryRun):
            with self._database.writing() as connection:
                transaction = Transaction(connection)
                work = Work(transaction, self._repositories, actor, permission, self.now())
                yield work
                if work.dry_run:
                    raise _DryRun
                announcements = work.ledger.write(transaction.connection, self._repositories.secrets)
            self._publish(announcements)

    @contextmanager
    def attempt(self, actor: Actor, permission: str, noun: str = "", key: str = "") -> Iterator[Work]:
        """Like :meth:`change`, where one that fails must not go unseen: the log tells it with the reason."""
        try:
            with self.change(actor, permission, noun, key) as work:
                yield work
        except NotAllowed:
            raise  # it is in the log already
        except RingwardError as error:
            self.record_refusal(actor, permission, noun, key, str(error))
            raise

    @contextmanager
    def together(self, found: Found | None = None) -> Iterator[Operations]:
        """Operations that are committed as one when the block ends, and only then announced.

        They keep in ``found`` what they read, and look there first.

        Many small ones so share the wait for the disk. None of them has happened before the end of the block,
        which raises :class:`Unavailable` when they cannot be committed. One that fails by itself leaves no trace,
        and the others alone.
        """
        with self._database.writing_together() as transaction:
            together = _Together(self, transaction, found)
            yield together
            announcements = together.ledger.write(transaction.connection, self._repositories.secrets)
        together.newest = announcements[-1].sequence if announcements else 0
        self._publish(announcements)

    @contextmanager
    def log(self) -> Iterator[Connection]:
        """A transaction for what is no part of the configuration, such as ended calls."""
        with self._database.writing() as connection:
            yield connection

    def within(self, connection: Connection) -> View:
        """What can be looked at in a transaction that :meth:`log` has begun."""
        return View(Transaction(connection), self._repositories)

    def record_login(
        self,
        actor: Actor,
        noun: str,
        succeeded: bool,
        told: Mapping[str, str] | None = None,
        act: str = "log-in",
    ) -> None:
        """Write an attempt to log in, or a step of it, into the audit log, with what else is to be told of it."""
        outcome = Outcome.DONE if succeeded else Outcome.DENIED
        with self.log() as connection:
            self._append(
                connection, _entry(self.now(), actor, f"{noun}.{act}", noun, actor.name, outcome, {}, told or {})
            )

    def record_refusal(self, actor: Actor, permission: str, noun: str, key: str, reason: str) -> None:
        """Write an attempt that a rule forbade into the audit log, where that must not go unseen."""
        with self.log() as connection:
            entry = _entry(self.now(), actor, permission, noun, key, Outcome.DENIED, {}, _reason(reason))
            self._append(connection, entry)

    def tells_last_of(self, actor: Actor, permission: str, noun: str, key: str, reason: str, since: int) -> bool:
        """Whether the newest entry about this attempt since a moment gives the same reason."""
        wanted = AuditFilter(actor.name, noun, key, permission, Outcome.DENIED, since)
        with self.look() as view:
            newest = audit.entries(view.connection, wanted, limit=1)
        return bool(newest) and newest[0].after == _reason(reason)

    def _authorize(self, actor: Actor, permission: str, noun: str = "", key: str = "") -> None:
        try:
            authorize(actor, permission)
        except NotAllowed:
            with self.log() as connection:
                denied = _entry(self.now(), actor, permission, noun, key, Outcome.DENIED, {}, {})
                self._append(connection, denied)
            raise

    def _append(self, connection: Connection, entry: AuditEntry) -> None:
        audit.append(connection, (entry,), self._repositories.secrets)

    def _publish(self, announcements: Iterable[Announcement]) -> None:
        for announcement in announcements:
            self._bus.publish(announcement)

    @property
    def secrets(self) -> SecretBox:
        """The cluster key, for use cases that judge what it has stamped."""
        return self._repositories.secrets


class _Together(Operations):
    """Operations within one transaction.

    They share what they have read, since nobody else can change it meanwhile; what they leave in log and feed is
    written at the end of all of them, and what they change in rows then at the latest.
    """

    def __init__(self, alone: Operations, transaction: Transaction, found: Found | None) -> None:
        super().__init__(alone._database, alone._repositories, alone._bus, alone._clock)
        self.ledger = Ledger()
        self._transaction = transaction
        self._found: Found = {} if found is None else found

    @contextmanager
    def look(self) -> Iterator[View]:
        yield View(self._transaction, self._repositories, self._found)

    @contextmanager
    def change(self, actor: Actor, permission: str, noun: str = "", key: str = "") -> Iterator[Work]:
        self._authorize(actor, permission, noun, key)
        with suppress(_DryRun):
            try:
                with self._transaction.part() as part:
                    work = Work(part, self._repositories, actor, permission, self.now(), self._found)
                    yield work
                    if work.dry_run:
                        raise _DryRun
            except BaseException:
                self._found.clear()  # among it may be what has been undone
                raise
            self.ledger.take(work.ledger)

    @contextmanager
    def log(self) -> Iterator[Connection]:
        with self._transaction.part() as part:
            yield part.connection

    @contextmanager
    def together(self, found: Found | None = None) -> Iterator[Operations]:
        yield self


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
        now, actor.name, actor.rights.title, actor.origin, permission, noun, key, outcome, before, after
    )


def _reason(text: str) -> dict[str, str]:
    return {"reason": text[:_LONGEST_REASON]}


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
    for item in differing(before, after):
        was, now = getattr(before, item.name), getattr(after, item.name)
        old[item.name], new[item.name] = _word(item, was), _word(item, now)
        if isinstance(was, Secret) and isinstance(now, Secret):
            new[item.name] = "(changed)"
    return old, new


def _word(item: SettingField, value: object) -> str:
    if isinstance(value, Secret):
        return "(set)" if value else ""
    return shown(item, value)
