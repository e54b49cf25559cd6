"""Which phones must be reset or restarted before changes are in force at them (RST-01 to RST-26, R-21).

A phone is done with a change when it was told to reset since, or has read its file since. That it has registered
since proves nothing: after a restart of the node every phone does, with the file it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, View
from ringward.administration.pending_changes import pending_changes, reason_of
from ringward.administration.phones import RESET
from ringward.domain.nouns import NOUNS
from ringward.domain.phone import Phone
from ringward.domain.rules.reset import DeviceAction, Due, Scope
from ringward.domain.setting import settings_of
from ringward.store import audit, phone_places
from ringward.store.audit import AuditEntry, AuditFilter, Outcome

_LOOKED_AT = 10_000
"""Resets and new phones that are looked at, the latest ones."""

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


class DueResets:
    """The use case."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._known: tuple[int, list[tuple[str, list[_Change]]]] | None = None
        """What followed from the log up to an entry: a look at all phones costs much, and pages ask often."""

    def find(self, actor: Actor, files_read: Mapping[str, float]) -> list[DueReset]:
        """The phones that changes wait for, by name.

        ``files_read``: when each phone has last read its file, as far as the node knows, in seconds since 1970.
        """
        with self._operations.read(actor, f"{Phone.noun}.read") as view:
            newest = audit.entries(view.connection, AuditFilter(), limit=1)
            number = newest[0].number if newest else 0
            known = self._known
            if known is None or known[0] != number:
                known = self._known = number, _changes_by_phone(view)
        found: list[DueReset] = []
        made: dict[tuple[int, ...], DueReset] = {}
        for name, changes in known[1]:
            read = files_read.get(name, 0) * 1000
            waiting = tuple(each for each in changes if each.entry.at >= read)
            if waiting:
                key = tuple(map(id, waiting))  # thousands of phones often wait for the same changes
                alike = made.get(key)
                if alike is None:
                    alike = made[key] = _due_reset(name, waiting)
                found.append(DueReset(name, alike.action, alike.reasons, alike.requirements))
        return found


def _changes_by_phone(view: View) -> list[tuple[str, list[_Change]]]:
    """The changes that each phone was not told to reset for since, oldest first; phones by name."""
    changes = _by_place(pending_changes(view.connection))
    if not changes:
        return []
    told, new = _told(view), _added(view)
    by_phone: dict[str, dict[tuple[int, Due], _Change]] = {}
    for place, waiting in changes.items():
        for name in phone_places.devices_in(view.connection, *place):
            for change in waiting:
                if change.entry.number > max(new.get(name, 0), told.get((name, change.due.devices), 0)):
                    by_phone.setdefault(name, {})[change.entry.number, change.due] = change
    return [
        (name, [by_phone[name][each] for each in sorted(by_phone[name], key=_number)]) for name in sorted(by_phone)
    ]


def _by_place(changes: Iterable[tuple[AuditEntry, tuple[Due, ...]]]) -> dict[Place, list[_Change]]:
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


def _told(view: View) -> dict[tuple[str, DeviceAction], int]:
    """Place in the log of the last order that did what is asked, by phone; a reset does what a restart does."""
    told: dict[tuple[str, DeviceAction], int] = {}
    wanted = AuditFilter(permission=RESET, outcome=Outcome.DONE)
    for entry in audit.entries(view.connection, wanted, limit=_LOOKED_AT):
        told.setdefault((entry.key, DeviceAction.RESTART), entry.number)
        if entry.after.get("order") == "reset":
            told.setdefault((entry.key, DeviceAction.RESET), entry.number)
    return told


def _added(view: View) -> dict[str, int]:
    """Place in the log where each phone was added: what was changed before, it has never known otherwise."""
    wanted = AuditFilter(noun=Phone.noun, outcome=Outcome.ADDED)
    added: dict[str, int] = {}
    for entry in audit.entries(view.connection, wanted, limit=_LOOKED_AT):
        added.setdefault(entry.key, entry.number)
    return added


def _number(key: tuple[int, Due]) -> tuple[int, str]:
    number, due = key
    return number, due.scope


def _due_reset(device: str, changes: Sequence[_Change]) -> DueReset:
    return DueReset(
        device,
        max(each.due.devices for each in changes),
        tuple(dict.fromkeys(reason_of(each.entry) for each in changes)),
        tuple(sorted({each.due.requirement for each in changes} - {""})),
    )
