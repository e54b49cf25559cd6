"""End users and application users: records with passwords."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from ringward.administration.authorization import Actor, authorize_upon, rights_of
from ringward.administration.operation import Operations, Work
from ringward.administration.records import Records, Saved
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import FieldError, Invalid, Refused
from ringward.domain.rules.password_policy import password_policy
from ringward.domain.secret import Secret
from ringward.pki.secrets import PasswordHashing
from ringward.store import former_passwords
from ringward.store.former_passwords import FormerPassword
from ringward.store.repository import Repositories

A = TypeVar("A", bound=EndUser | ApplicationUser)


class Accounts(Records[A]):
    """Users, of whose passwords only a hash is kept."""

    def __init__(
        self, operations: Operations, repositories: Repositories, kind: type[A], hashing: PasswordHashing
    ) -> None:
        super().__init__(operations, repositories, kind)
        self._hashing = hashing

    def set_password(self, actor: Actor, key: str, password: Secret, confirmation: Secret) -> Saved[A]:
        """Set a password for somebody who has forgotten it, entered twice (ADMIN-13).

        Whoever signs in with it must choose one that nobody else knows. Raises :class:`Invalid`,
        :class:`NotFound`, and :class:`Refused` if the account may do more than the actor.
        """
        _confirm(self.kind.noun, key, "password", password, confirmation)
        with self._operations.change(actor, self._permission("set-password"), self.kind.noun, key) as work:
            saved = self.update_within(work, key, {"password": password})
            former_passwords.set_by_another(work.connection, self.kind.noun, key)
            return Saved(saved)

    def _check(self, work: Work, before: A | None, after: A | None) -> None:
        """Nobody hands out more rights than he has, or lays hands on an account that has more (AUTHZ-19)."""
        super()._check(work, before, after)
        for user in (before, after):
            if user is not None:
                authorize_upon(work.actor, user, work)

    def _prepared(self, work: Work, before: A | None, after: A) -> A:
        """A password that was entered is replaced by its hash, if the policy allows it."""
        password = after.password
        if not _is_new_password(before, after) or password is None:
            return after
        policy = password_policy(enterprise_parameters(work))
        fault = policy.fault(password.reveal(), after.key)
        if fault is None and before is not None and policy.history:
            # First, so that nobody tries out an administrator's passwords here.
            authorize_upon(work.actor, before, work)
            known = former_passwords.former_passwords(work.connection, self._operations.secrets, *_place(before))
            if any(self._hashing.verify(each.hash, password) for each in known[: policy.history]):
                fault = f"none of the last {policy.history} passwords" if policy.history > 1 else "another one"
        if fault is not None:
            raise Invalid(after.noun, after.key, [FieldError("password", "(hidden)", fault)])
        return replace(after, password=self._hashing.hash(password))

    def add_within(self, work: Work, record: A) -> A:
        """Add an account; its password begins to age."""
        added = super().add_within(work, record)
        self._note_password(work, None, added)
        return added

    def update_within(self, work: Work, key: str, changes: Mapping[str, Any]) -> A:
        """Update an account; a new password begins to age."""
        before = work.get(self.kind, key)
        after = super().update_within(work, key, changes)
        self._note_password(work, before, after)
        return after

    def _note_password(self, work: Work, before: A | None, after: A) -> None:
        if after.password is not None and _is_new_password(before, after):
            known = FormerPassword(after.password, self._operations.now())
            former_passwords.add(work.connection, self._operations.secrets, *_place(after), known)


def _is_new_password(before: EndUser | ApplicationUser | None, after: EndUser | ApplicationUser) -> bool:
    return after.password is not None and (before is None or after.password != before.password)


def _place(user: EndUser | ApplicationUser) -> tuple[str, str]:
    return user.noun, user.key


class EndUsers(Accounts[EndUser]):
    """People; they also have digest credentials for their SIP phones."""

    def set_digest_credentials(
        self, actor: Actor, key: str, credentials: Secret, confirmation: Secret
    ) -> Saved[EndUser]:
        """Set the Digest Credentials, entered twice (SIPD-18); raises :class:`Invalid` and :class:`NotFound`."""
        _confirm(self.kind.noun, key, "digest_credentials", credentials, confirmation)
        return self.update(actor, key, {"digest_credentials": credentials})


class ApplicationUsers(Accounts[ApplicationUser]):
    """Accounts for administration."""

    def _check(self, work: Work, before: ApplicationUser | None, after: ApplicationUser | None) -> None:
        """The cluster must keep somebody who can log in and do everything."""
        super()._check(work, before, after)
        if before is None or not _does_everything(before, work):
            return
        if after is not None and _does_everything(after, work):
            return
        others = (user for user in work.every(ApplicationUser) if user.key != before.key)
        if not any(_does_everything(user, work) for user in others):
            raise Refused(f"{before.key} is the only administrator who can log in: make another one first")


def _does_everything(user: ApplicationUser, work: Work) -> bool:
    return bool(user.password) and rights_of(user, work).include(("*",))


def _confirm(noun: str, key: str, field: str, secret: Secret, confirmation: Secret) -> None:
    if secret != confirmation:
        raise Invalid(noun, key, [FieldError(field, "(hidden)", "the same text in both fields")])
