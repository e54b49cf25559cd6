"""Which phones must be reset or restarted before changes are in force at them (RST-01 to RST-26, R-21).

A phone is done with a change when it was told to reset since, or has read its file since. That it has registered
since proves nothing: after a restart of the node every phone does, with the file it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.administration.pending_changes import PendingChange, PendingLog, reason_of
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
class _Due:
    """What is due for all phones that the same changes concern: of thousands there is one."""

    changes: tuple[_Change, ...]
    """Oldest first."""
    action: DeviceAction
    reasons: tuple[str, ...]
    requirements: tuple[str, ...]


class WaitingPhones(Sequence[DueReset]):
    """The phones that changes wait for, by name. Each is described when somebody looks at it: pages show some of
    twenty thousand."""

    def __init__(self, due: Mapping[str, _Due]) -> None:
        """``due``: by device, in the order of their names."""
        self._due = due
        self._names = tuple(due)

    def __len__(self) -> int:
        return len(self._names)

    @overload
    def __getitem__(self, index: int) -> DueReset: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[DueReset]: ...
    def __getitem__(self, index: int | slice) -> DueReset | Sequence[DueReset]:
        if isinstance(index, slice):
            return [self._of(name) for name in self._names[index]]
        return self._of(self._names[index])

    def _of(self, name: str) -> DueReset:
        due = self._due[name]
        return DueReset(name, due.action, due.reasons, due.requirements)

    def devices(self, action: DeviceAction) -> list[str]:
        """Those that are to be reset, or to be restarted, by name."""
        return [name for name, due in self._due.items() if due.action is action]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """What follows from the log up to an entry."""

    number: int
    """Of the entry."""
    since: int
    """When the oldest of its changes was made, in milliseconds since 1970."""
    due: Mapping[str, _Due]
    """By device, in the order of their names: what each phone was not told to reset for since."""
    phones: WaitingPhones
    """The same, for a node that has seen none of them read its file."""


class DueResets:
    """The use case."""

    def __init__(self, operations: Operations, log: PendingLog) -> None:
        self._operations = operations
        self._log = log
        self._known: _Waiting | None = None
        """A look at all phones costs much, and pages ask often."""

    def find(self, actor: Actor, files_read: Mapping[str, float]) -> WaitingPhones:
        """The phones that changes wait for.

        ``files_read``: when each phone has last read its file, as far as the node knows, in seconds since 1970.
        """
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            number, changes = self._log.read(view.connection)
            known = self._known
            if known is None or known.number != number:
                known = self._known = _waiting(view, number, changes)
        since = known.since / 1000
        read = {name: at for name, at in files_read.items() if at > since and name in known.due}
        if not read:
            return known.phones
        due, alike = dict(known.due), _Alike()
        for name, at in read.items():
            if left := alike.since(at * 1000, due[name]):
                due[name] = left
            else:
                del due[name]
        return WaitingPhones(due)


class _Alike:
    """Makes what is due for phones; thousands of them often wait for the same changes."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, ...], _Due] = {}

    def make(self, changes: Iterable[_Change]) -> _Due:
        """What is due for these changes, as one value for all phones that have the same ones."""
        waiting = tuple(changes)
        key = tuple(map(id, waiting))
        if (made := self._made.get(key)) is None:
            made = self._made[key] = _due_of(waiting)
        return made

    def since(self, at: float, due: _Due) -> _Due | None:
        """What is left to a phone that has read its file; ``at`` in milliseconds since 1970."""
        left = [each for each in due.changes if each.entry.at >= at]
        return self.make(left) if left else None


def _waiting(view: View, number: int, log: Iterable[PendingChange]) -> _Waiting:
    """What follows from the log up to the entry with this number."""
    by_place = _by_place(log)
    entries = [each.entry for changes in by_place.values() for each in changes]
    due = _due_of_each(view, by_place, min(each.number for each in entries)) if entries else {}
    return _Waiting(number, min((each.at for each in entries), default=0), due, WaitingPhones(due))


def _due_of_each(view: View, by_place: Mapping[Place, Sequence[_Change]], oldest: int) -> dict[str, _Due]:
    """What is due by device; ``oldest``: number of the oldest entry of the log that asks for something."""
    places: dict[str, tuple[int, ...]] = {}
    for index, place in enumerate(by_place):
        names = phone_places.devices_in(view.connection, *place)
        if places:
            for name in names:
                places[name] = (*places.get(name, ()), index)
        else:  # often there is this one alone, with all phones in it
            places = dict.fromkeys(names, (index,))
    settled, alike = _Settled.beyond(view, oldest - 1), _Alike()
    every = list(by_place.values())
    of_places = {
        here: alike.make(sorted((each for index in here for each in every[index]), key=_order))
        for here in set(places.values())
    }
    found = {name: of_places[places[name]] for name in sorted(places)}
    for name in settled.phones & found.keys():
        if left := settled.left(name, found[name].changes):
            found[name] = alike.make(left)
        else:
            del found[name]
    return found


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


def _due_of(changes: tuple[_Change, ...]) -> _Due:
    return _Due(
        changes,
        max(each.due.devices for each in changes),
        tuple(dict.fromkeys(reason_of(each.entry) for each in changes)),
        tuple(sorted({each.due.requirement for each in changes} - {""})),
    )
