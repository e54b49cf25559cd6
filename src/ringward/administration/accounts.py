"""End users and application users: records with passwords."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from ringward.administration.authorization import Actor
from ringward.administration.operation import Operations, Work
from ringward.administration.records import Records, Saved
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import FieldError, Invalid, Refused
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import PermissionsRole
from ringward.pki.secrets import PasswordHashing
from ringward.store.repository import Repositories

A = TypeVar("A", bound=EndUser | ApplicationUser)

_SHORTEST_PASSWORD = 8
"""Characters (NIST SP 800-63B 5.1.1.1)."""
_LONGEST_PASSWORD = 128
"""Characters; bounds the work of hashing what a stranger types."""


class Accounts(Records[A]):
    """Users, of whose passwords only a hash is kept."""

    def __init__(
        self, operations: Operations, repositories: Repositories, kind: type[A], hashing: PasswordHashing
    ) -> None:
        super().__init__(operations, repositories, kind)
        self._hashing = hashing

    def set_password(self, actor: Actor, key: str, password: Secret, confirmation: Secret) -> Saved[A]:
        """Set the password, entered twice (ADMIN-13); raises :class:`Invalid` and :class:`NotFound`."""
        _confirm(self.kind.noun, key, "password", password, confirmation)
        return self.update(actor, key, {"password": password})

    def _prepared(self, work: Work, before: A | None, after: A) -> A:
        """A password that was entered is replaced by its hash."""
        password = after.password
        if password is None or (before is not None and password == before.password):
            return after
        if not _SHORTEST_PASSWORD <= len(password.reveal()) <= _LONGEST_PASSWORD:
            allowed = f"{_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters"
            raise Invalid(after.noun, after.key, [FieldError("password", "(hidden)", allowed)])
        return replace(after, password=self._hashing.hash(password))


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
        """The cluster must keep somebody who can log in and change things."""
        super()._check(work, before, after)
        if before is None or not _can_administer(before) or (after is not None and _can_administer(after)):
            return
        others = (user for user in work.every(ApplicationUser) if user.key != before.key)
        if not any(_can_administer(user) for user in others):
            raise Refused(f"{before.key} is the only administrator who can log in: make another one first")


def _can_administer(user: ApplicationUser) -> bool:
    return user.permissions_role is PermissionsRole.ADMINISTRATOR and bool(user.password)


def _confirm(noun: str, key: str, field: str, secret: Secret, confirmation: Secret) -> None:
    if secret != confirmation:
        raise Invalid(noun, key, [FieldError(field, "(hidden)", "the same text in both fields")])
