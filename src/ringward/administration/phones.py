"""Phones: their numbers come into being with them, and CAPF settings edited at a phone choose its profile."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from ringward.administration.authorization import Actor
from ringward.administration.enrolment import local_time
from ringward.administration.operation import View, Work
from ringward.administration.pending_operation import warning_without_capf, with_operation
from ringward.administration.records import Records, Saved
from ringward.domain.directory_number import DirectoryNumber
from ringward.domain.errors import Invalid, Refused
from ringward.domain.phone import Phone
from ringward.domain.phone_models import capability_of
from ringward.domain.phone_security_profile import PhoneSecurityProfile
from ringward.domain.predefined import nonsecure_profile_name
from ringward.domain.rules.certificate_operation import is_over
from ringward.domain.rules.configuration_encryption import has_manual_key
from ringward.domain.rules.phone_security_profile import matching
from ringward.domain.secret import Secret
from ringward.domain.setting import record_errors
from ringward.domain.vocabulary import CapfAuthenticationMode, CertificateOperation, KeySize, Protocol
from ringward.pki.secrets import random_symmetric_key
from ringward.store.audit import Outcome
from ringward.store.criteria import Comparison, Criterion

RESET = f"{Phone.noun}.reset"
"""The permission to reset a phone, by which the log knows it."""
ORDERED_RESET, _ORDERED_RESTART = {"order": "reset"}, {"order": "restart"}
"""What the log says was ordered."""
T = TypeVar("T")

_NUMBER = re.compile(r" [0-9]{1,6}\Z")
"""A number at the end of a name."""
_STEM = 55
"""Characters of a profile's name that are kept in the name of one made from it; leaves room for a number."""


class Phones(Records[Phone]):
    """The use cases of Phone Configuration."""

    def reset(self, actor: Actor, key: str, tell: Callable[[], T], *, restart: bool = False) -> T:
        """Have a phone boot anew, or only register anew (ADMIN-07).

        ``tell`` has the running node carry it out; what it refuses is not in the log as done. Raises
        :class:`NotFound`, and what ``tell`` raises.
        """
        with self._operations.change(actor, RESET, Phone.noun, key) as work:
            return self.reset_within(work, key, tell, restart=restart)

    def reset_within(self, work: Work, key: str, tell: Callable[[], T], *, restart: bool) -> T:
        """Reset a phone as part of a larger operation."""
        work.get(Phone, key)
        work.note(Phone.noun, key, Outcome.DONE, {}, _ORDERED_RESTART if restart else ORDERED_RESET)
        return tell()

    def awaits_capf(self, work: Work, key: str) -> bool:
        """Whether a phone still has time for a certificate operation. Raises :class:`NotFound`."""
        phone = work.get(Phone, key)
        is_pending = phone.certificate_operation is not CertificateOperation.NONE
        return is_pending and not is_over(phone.operation_completes_by, local_time(self._operations.now()))

    def trace(self, actor: Actor, key: str, tell: Callable[[], T], *, level: str = "", seconds: int = 0) -> T:
        """Begin to trace a phone, or with no seconds end it; the log tells who read along, and for how long.

        ``tell`` has the running node carry it out; what that refuses is not in the log as done.
        """
        words = {"trace": level, "minutes": str(seconds // 60)} if seconds else {"trace": "ended"}
        with self._operations.change(actor, f"{Phone.noun}.trace", Phone.noun, key) as work:
            work.note(Phone.noun, key, Outcome.DONE, {}, words)
            return tell()

    def profiles(self, actor: Actor, model: str, protocol: Protocol) -> tuple[PhoneSecurityProfile, ...]:
        """The profiles that a phone of this model and protocol may have (PSP-13)."""
        with self._operations.read(actor, self._permission("read")) as view:
            return tuple(_profiles(view, model, protocol))

    def edit_capf_settings(
        self,
        actor: Actor,
        key: str,
        authentication_mode: CapfAuthenticationMode | None = None,
        key_size: KeySize | None = None,
    ) -> Saved[Phone]:
        """Edit CAPF settings at the phone: it gets the profile that has them, a new one if there is none.

        Other phones of its former profile keep theirs (PSP-08, PSP-10, PSP-11). Raises :class:`NotFound` and
        :class:`Invalid`.
        """
        with self._operations.change(actor, self._permission("update"), self.kind.noun, key) as work:
            before = work.get(Phone, key)
            profile, made = self.profile_with(work, before, authentication_mode, key_size)
            after = self.update_within(work, key, {"security_profile": profile.name})
        notes = self._notes(before, after)
        return Saved(after, (f"Made the profile {profile.name!r}.", *notes) if made else notes)

    def generate_symmetric_key(self, actor: Actor, key: str) -> tuple[Secret, Saved[Phone]]:
        """Make a new symmetric key for a phone whose files are encrypted with one (CFGENC-13, CFGENC-18).

        Returns it once, for whoever enters it at the phone. Raises :class:`NotFound` and :class:`Refused`.
        """
        with self._operations.change(actor, self._permission("update"), self.kind.noun, key) as work:
            before = work.get(Phone, key)
            row = capability_of(before.model, before.protocol)
            if row is None or not has_manual_key(row):
                model = f"{before.model} with {before.protocol.value}"
                raise Refused(f"the file of a {model} is not encrypted with a symmetric key")
            made = random_symmetric_key(row.key_bits)
            after = self.update_within(work, key, {"symmetric_key": made})
        return made, Saved(after, self._notes(before, after))

    def copy(self, actor: Actor, key: str, changes: Mapping[str, Any]) -> Saved[Phone]:
        """Add a phone like another; an operation that is pending for the other is not its."""
        none = {"certificate_operation": CertificateOperation.NONE, "operation_completes_by": ""}
        return super().copy(actor, key, none | dict(changes))

    def profile_with(
        self,
        work: Work,
        phone: Phone,
        authentication_mode: CapfAuthenticationMode | None,
        key_size: KeySize | None,
    ) -> tuple[PhoneSecurityProfile, bool]:
        """The profile like a phone's that has these CAPF settings, and whether it had to be made."""
        given = {"authentication_mode": authentication_mode, "key_size": key_size}
        return self.profile_like(work, phone, {name: value for name, value in given.items() if value})

    def profile_like(
        self, work: Work, phone: Phone, changes: Mapping[str, Any], name: str = ""
    ) -> tuple[PhoneSecurityProfile, bool]:
        """The profile like a phone's with something changed, and whether it had to be made.

        ``name``: what it is called then; else it is named after the present one.
        """
        present = work.get(PhoneSecurityProfile, phone.security_profile)
        wanted = replace(present, **changes, predefined=False).settled()
        if errors := record_errors(wanted):
            raise Invalid(wanted.noun, wanted.key, errors)
        profile = matching(wanted, (present, *_profiles(work, phone.model, phone.protocol)))
        if profile is not None:
            return profile, False
        return work.add(replace(wanted, name=_free_name(work, name or wanted.name, is_new=bool(name)))), True

    def _notes(self, before: Phone | None, after: Phone) -> tuple[str, ...]:
        """What a new operation needs (CAPF-03). Another symmetric key than the one in the phone leaves it without
        a configuration (CFGENC-19)."""
        notes = list(super()._notes(before, after))
        none = CertificateOperation.NONE
        was = none if before is None else before.certificate_operation
        if after.certificate_operation is not none and after.certificate_operation is not was:
            with self._operations.look() as view:
                notes += filter(None, [warning_without_capf(view)])
        if before is not None and before.symmetric_key and before.symmetric_key != after.symmetric_key:
            notes.append(
                "Its symmetric key has changed: the phone reads no file until that is entered at it, too."
            )
        return tuple(notes)

    def _prepared(self, work: Work, before: Phone | None, after: Phone) -> Phone:
        """A model without security gets its nonsecure profile (PSP-03); numbers that are new are made."""
        after = with_operation(work, before, after, self._operations.now())
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


def _free_name(view: View, name: str, *, is_new: bool) -> str:
    """A name for a profile: a new one itself if it is free, else with the first number that makes it so."""
    if is_new and view.find(PhoneSecurityProfile, name) is None:
        return name
    stem = _NUMBER.sub("", name)  # what was made from "Desk 2" is called "Desk 3", not "Desk 2 2"
    number = 2
    while view.find(PhoneSecurityProfile, numbered := f"{stem[:_STEM].rstrip()} {number}") is not None:
        number += 1
    return numbered
