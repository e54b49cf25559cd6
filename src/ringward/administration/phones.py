"""Phones: their numbers come into being with them, and CAPF settings edited at a phone choose its profile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from ringward.administration.authorization import Actor
from ringward.administration.operation import View, Work
from ringward.administration.records import Records, Saved
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import Invalid
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rules.phone_security_profile import matching
from ringward.domain.setting import record_errors
from ringward.domain.vocabulary import CapfAuthenticationMode, Protocol
from ringward.store.criteria import Comparison, Criterion

_STEM = 55
"""Characters of a profile's name that are kept in the name of one made from it; leaves room for a number."""


class Phones(Records[Phone]):
    """The use cases of Phone Configuration."""

    def profiles(self, actor: Actor, model: str, protocol: Protocol) -> tuple[PhoneSecurityProfile, ...]:
        """The profiles that a phone of this model and protocol may have (PSP-13)."""
        with self._operations.read(actor, self._permission("read")) as view:
            return tuple(_profiles(view, model, protocol))

    def edit_capf_settings(
        self,
        actor: Actor,
        key: str,
        authentication_mode: CapfAuthenticationMode | None = None,
        key_size: int | None = None,
    ) -> Saved[Phone]:
        """Edit CAPF settings at the phone: it gets the profile that has them, a new one if there is none.

        Other phones of its former profile keep theirs (PSP-08, PSP-10, PSP-11). Raises :class:`NotFound` and
        :class:`Invalid`.
        """
        with self._operations.change(actor, self._permission("update"), self.kind.noun, key) as work:
            before = work.get(Phone, key)
            present = work.get(PhoneSecurityProfile, before.security_profile)
            wanted = replace(
                present,
                authentication_mode=authentication_mode or present.authentication_mode,
                key_size=key_size or present.key_size,
                predefined=False,
            )
            if errors := record_errors(wanted):
                raise Invalid(wanted.noun, wanted.key, errors)
            profile = matching(wanted, (present, *_profiles(work, before.model, before.protocol)))
            made = profile is None
            if profile is None:
                profile = work.add(replace(wanted, name=_free_name(work, wanted)))
            after = self.update_within(work, key, {"security_profile": profile.name})
        notes = self._notes(before, after)
        return Saved(after, (f"Made the profile {profile.name!r}.", *notes) if made else notes)

    def _prepared(self, work: Work, before: Phone | None, after: Phone) -> Phone:
        """A model without security gets its nonsecure profile (PSP-03); numbers that are new are made."""
        row = capability_of(after.model, after.protocol)
        if not after.security_profile and row is not None and not row.tls_signalling:
            after = replace(after, security_profile=nonsecure_profile_name(after.model, after.protocol))
        for line in after.lines:
            if work.find(DirectoryNumber, line.directory_number) is None:
                self._make_number(work, line.directory_number)
        return after

    def _make_number(self, work: Work, key: str) -> None:
        """A number typed into a line exists from then on; what is no number is an error of the line."""
        number, partition = DirectoryNumber.split_key(key)
        with suppress(Invalid):
            work.add(DirectoryNumber(number, partition))


def _profiles(view: View, model: str, protocol: Protocol) -> list[PhoneSecurityProfile]:
    criteria = [
        Criterion("model", Comparison.IS_EXACTLY, model),
        Criterion("protocol", Comparison.IS_EXACTLY, protocol.value),
    ]
    return view.search(PhoneSecurityProfile, criteria)


def _free_name(view: View, profile: PhoneSecurityProfile) -> str:
    """A name for a profile made from another one: the other's name and the first number that is free."""
    number = 2
    while view.find(PhoneSecurityProfile, name := f"{profile.name[:_STEM]} {number}") is not None:
        number += 1
    return name
