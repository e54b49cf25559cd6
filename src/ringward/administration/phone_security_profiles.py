"""Phone security profiles: for which phones one is, stays as it is while there are some."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ringward.administration.authorization import Actor
from ringward.administration.operation import Work
from ringward.administration.records import Records, Saved
from ringward.domain.errors import Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.vocabulary import CapfAuthenticationMode
from ringward.store import phone_security
from ringward.store.criteria import Comparison, Criterion


class PhoneSecurityProfiles(Records[PhoneSecurityProfile]):
    """The use cases of phone security profiles."""

    def add(self, actor: Actor, record: PhoneSecurityProfile) -> Saved[PhoneSecurityProfile]:
        """Store a new profile; says so where its mode has decided its transport (PSP-22)."""
        presets = PhoneSecurityProfile(record.name, record.model, record.protocol)
        asked = record.transport_type if record.transport_type is not presets.transport_type else None
        return _with_transport(super().add(actor, record), asked)

    def update(
        self,
        actor: Actor,
        key: str,
        changes: Mapping[str, Any],
        *,
        unless: Callable[[PhoneSecurityProfile], bool] | None = None,
    ) -> Saved[PhoneSecurityProfile]:
        """Change a profile; says so where its mode has decided its transport (PSP-22)."""
        saved = super().update(actor, key, changes, unless=unless)
        return _with_transport(saved, changes.get("transport_type"))

    def _check(self, work: Work, before: PhoneSecurityProfile | None, after: PhoneSecurityProfile | None) -> None:
        """A profile of other phones than those that have it would be one that they must not have (PSP-13)."""
        super()._check(work, before, after)
        if before is None or after is None:
            return
        if (before.model, before.protocol) == (after.model, after.protocol):
            return
        if users := self._repository.dependents(work.connection, before.key):
            (_, first), *others = users
            more = f" and {len(others)} more" if others else ""
            raise Refused(
                f"{before.key!r} is in use by {first}{more}, so it stays a profile for {before.model} with "
                f"{before.protocol.value}"
            )

    def _notes(self, before: PhoneSecurityProfile | None, after: PhoneSecurityProfile) -> tuple[str, ...]:
        return (*super()._notes(before, after), *self._without_string(before, after))

    def _without_string(self, before: PhoneSecurityProfile | None, after: PhoneSecurityProfile) -> Iterator[str]:
        """Phones whose operation can no longer succeed, since nobody has made a string for it (CAPF-14)."""
        by_string = CapfAuthenticationMode.AUTHENTICATION_STRING
        if before is None or after.authentication_mode is not by_string or before.authentication_mode is by_string:
            return
        mine = Criterion("security_profile", Comparison.IS_EXACTLY, after.key)
        with self._operations.look() as view:
            count = view.count(Phone, [mine], [phone_security.awaits_without_string()])
        if count:
            phones = "A phone has" if count == 1 else f"{count} phones have"
            yield f"{phones} a pending certificate operation and no authentication string: give it anew with one."


def _with_transport(saved: Saved[PhoneSecurityProfile], asked: object) -> Saved[PhoneSecurityProfile]:
    profile = saved.record
    if asked is None or asked is profile.transport_type:
        return saved
    only, mode = profile.transport_type.value, profile.device_security_mode.label
    note = f"Transport Type is {only}: with Device Security Mode {mode} nothing else is."
    return Saved(profile, (note, *saved.notes))
