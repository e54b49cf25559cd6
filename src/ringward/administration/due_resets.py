"""Which phones must be reset or restarted before changes are in force at them (RST-01 to RST-26, R-21).

A phone is done with a change when it was told to reset since, or has read its file since. That it has registered
since proves nothing: after a restart of the node every phone does, with the file it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.administration.pending_changes import LOOKED_AT, PendingChange, pending_changes, reason_of
from ringward.administration.phones import ORDERED_RESET, RESET
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.rules.reset import DeviceAction, Due, Scope
from ringward.domain.setting import settings_of
from ringward.store import audit, phone_places
from ringward.store.audit import AuditEntry, AuditFilter, Outcome

Place = tuple[Scope, str, str]
"""A set of phones: the scope, and noun and key of the record it is seen from, where that matters."""
_RECORD_DOES_NOT_MATTER = (Scope.ALL_PHONES, Scope.ALL_DEVICES, Scope.DEFAULT_BRIDGE)


@dataclass(frozen=True, slots=True)
class DueReset:
    """A phone that changes wait for."""

    device: str
    action: DeviceAction
    reasons: tuple[str, ...]
    requirements: tuple[str, ...]
    """The rows of the guide's table."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A change as one set of phones sees it."""

    entry: AuditEntry
    due: Due


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What follows from the log up to an entry."""

    number: int
    """Of the entry."""
    log: Sequence[PendingChange]
    """The changes in it, oldest first."""
    since: int
    """When the oldest of them was made, in milliseconds since 1970."""
    changes: Mapping[str, tuple[_Change, ...]]
    """Those that each phone was not told to reset for since, oldest first; phones that wait for the same share one
    value."""
    phones: tuple[DueReset, ...]
    """The same phones by name, for a node that has seen none of them read its file."""


class DueResets:
    """The use case."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._known: _Waiting | None = None
        """A look at all phones costs much, and pages ask often."""

    def find(self, actor: Actor, files_read: Mapping[str, float]) -> Sequence[DueReset]:
        """The phones that changes wait for, by name.

        ``files_read``: when each phone has last read its file, as far as the node knows, in seconds since 1970.
        """
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            newest = audit.entries(view.connection, AuditFilter(), limit=1)
            number = newest[0].number if newest else 0
            known = self._known
            if known is None or known.number != number:
                known = self._known = _waiting(view, number, known)
        read = {name: at * 1000 for name, at in files_read.items() if at * 1000 > known.since}
        if known.changes.keys().isdisjoint(read):
            return known.phones
        alike = _Alike()
        return [
            found
            for each in known.phones
            if (found := alike.since(read[each.device], each, known.changes) if each.device in read else each)
        ]


class _Alike:
    """Makes what is due for phones; thousands of them often wait for the same changes."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], tuple[tuple[_Change, ...], DueReset]] = {}

    def make(self, device: str, changes: Iterable[_Change]) -> tuple[tuple[_Change, ...], DueReset]:
        """What is due for a phone, and its changes as one value for all that have the same ones."""
        waiting = tuple(changes)
        key = tuple(map(id, waiting))
        if (made := self._made.get(key)) is None:
            made = self._made[key] = waiting, _due_reset(device, waiting)
        shared, due = made
        return shared, _of(device, due)

    def since(self, at: float, due: DueReset, changes: Mapping[str, Sequence[_Change]]) -> DueReset | None:
        """What is left to a phone that has read its file; ``at`` in milliseconds since 1970."""
        left = [each for each in changes[due.device] if each.entry.at >= at]
        return self.make(due.device, left)[1] if left else None


def _of(device: str, alike: DueReset) -> DueReset:
    return DueReset(device, alike.action, alike.reasons, alike.requirements)


def _waiting(view: View, number: int, before: _Waiting | None) -> _Waiting:
    """What follows from the log up to the entry with this number; ``before``: what was known of its beginning."""
    log = _log(view, number, before)
    by_place = _by_place(log)
    entries = [each.entry for changes in by_place.values() for each in changes]
    if not entries:
        return _Waiting(number, log, 0, {}, ())
    places: dict[str, list[int]] = {}
    for index, place in enumerate(by_place):
        for name in phone_places.devices_in(view.connection, *place):
            places.setdefault(name, []).append(index)
    settled, alike = _Settled.beyond(view, min(each.number for each in entries) - 1), _Alike()
    every = list(by_place.values())
    of_places: dict[tuple[int, ...], tuple[tuple[_Change, ...], DueReset]] = {}
    changes: dict[str, tuple[_Change, ...]] = {}
    phones = []
    for name in sorted(places):
        here = tuple(places[name])
        if (made := of_places.get(here)) is None:
            merged = sorted((each for index in here for each in every[index]), key=_order)
            made = of_places[here] = alike.make(name, merged)
        if name in settled.phones:
            if left := settled.left(name, made[0]):
                changes[name], due = alike.make(name, left)
                phones.append(due)
        else:
            changes[name] = made[0]
            phones.append(_of(name, made[1]))
    return _Waiting(number, log, min(each.at for each in entries), changes, tuple(phones))


def _log(view: View, number: int, before: _Waiting | None) -> Sequence[PendingChange]:
    """The changes up to an entry, of which only those are read that are not known yet."""
    if before is None or before.number > number:
        return pending_changes(view.connection)
    new = pending_changes(view.connection, beyond=before.number)
    return [*before.log, *(each for each in new if each[0].number <= number)][-LOOKED_AT:]


@dataclass(frozen=True, slots=True)
class _Settled:
    """Places in the log from which on a phone is done with what was before, by phone."""

    added: Mapping[str, int]
    """What was changed before it was added it has never known otherwise."""
    told: Mapping[DeviceAction, Mapping[str, int]]
    """A reset does what a restart does."""
    phones: frozenset[str]
    """All that are meant above."""

    @classmethod
    def beyond(cls, view: View, number: int) -> _Settled:
        """As it follows from the entries after the one with this number."""
        added = audit.last_of_each_key(
            view.connection, AuditFilter(noun=Phone.noun, outcome=Outcome.ADDED, beyond=number)
        )
        told = AuditFilter(permission=RESET, outcome=Outcome.DONE, beyond=number)
        restarted = audit.last_of_each_key(view.connection, told)
        reset = audit.last_of_each_key(view.connection, told, after=ORDERED_RESET)
        return cls(
            added,
            {DeviceAction.RESTART: restarted, DeviceAction.RESET: reset},
            frozenset(added) | frozenset(restarted),
        )

    def left(self, name: str, changes: Sequence[_Change]) -> Sequence[_Change]:
        """Those of the changes that a phone waits for."""
        added = self.added.get(name, 0)
        return [
            each for each in changes if each.entry.number > max(added, self.told[each.due.devices].get(name, 0))
        ]


def _by_place(changes: Iterable[PendingChange]) -> dict[Place, list[_Change]]:
    """The changes by the phones they concern, under the names that their records have now."""
    places: dict[Place, list[_Change]] = {}
    renamed: dict[tuple[str, str], str] = {}
    for entry, dues in reversed(list(changes)):  # the latest first, so that later names are known
        key = renamed.get((entry.noun, entry.key), entry.key)
        if (later := _new_key(entry)) != entry.key:
            key = renamed[entry.noun, entry.key] = renamed.get((entry.noun, later), later)
        for due in dues:
            if due.devices is not DeviceAction.NONE:
                place = (
                    (due.scope, "", "") if due.scope in _RECORD_DOES_NOT_MATTER else (due.scope, entry.noun, key)
                )
                places.setdefault(place, []).append(_Change(entry, due))
    return places


def _new_key(entry: AuditEntry) -> str:
    """The key that a record had after a change."""
    kind = NOUNS.get(entry.noun)
    if kind is None:
        return entry.key
    names = [item.name for item in settings_of(kind) if item.setting.key]
    if not any(name in entry.after for name in names):
        return entry.key
    parts = zip(names, kind.split_key(entry.key), strict=False)
    return kind.join_key([entry.after.get(name, part) for name, part in parts])


def _order(change: _Change) -> tuple[int, str]:
    return change.entry.number, change.due.scope


def _due_reset(device: str, changes: Sequence[_Change]) -> DueReset:
    return DueReset(
        device,
        max(each.due.devices for each in changes),
        tuple(dict.fromkeys(reason_of(each.entry) for each in changes)),
        tuple(sorted({each.due.requirement for each in changes} - {""})),
    )
