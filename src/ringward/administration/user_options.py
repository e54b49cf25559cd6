"""User Options: what end users see and change of their own, and of nobody else (HTTPS-13, SIPD-18)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ringward.administration.authorization import Actor
from ringward.administration.call_records import CallPage, calls_within
from ringward.domain.end_user import EndUser
from ringward.domain.errors import FieldError, Invalid
from ringward.domain.phone import Phone
from ringward.domain.secret import Secret
from ringward.store.call_records import CallFilter
from ringward.store.criteria import Comparison, Criterion

if TYPE_CHECKING:
    from ringward.administration.accounts import EndUsers
    from ringward.administration.operation import Operations, View
    from ringward.administration.own_account import OwnAccount

READ, UPDATE = "own-data.read", "own-data.update"
"""Whoever has these has them for his own account only: every use case here takes the actor's name for it."""
_OWN = ("owner", "digest_user")
"""Fields of a phone that make it somebody's own."""


class UserOptions:
    """The use cases. The actor is an end user who has signed in."""

    def __init__(self, operations: Operations, end_users: EndUsers, own_account: OwnAccount) -> None:
        self._operations = operations
        self._end_users = end_users
        self._own_account = own_account

    def account(self, actor: Actor) -> EndUser:
        """The actor's own record."""
        with self._operations.read(actor, READ) as view:
            return view.get(EndUser, actor.name)

    def phones(self, actor: Actor) -> tuple[Phone, ...]:
        """The phones that the actor owns or is the digest user of."""
        with self._operations.read(actor, READ) as view:
            return _phones_of(view, actor.name)

    def calls(self, actor: Actor, *, offset: int = 0, limit: int = 50) -> CallPage:
        """The calls from and to these phones, newest first."""
        with self._operations.read(actor, READ) as view:
            devices = tuple(each.device_name for each in _phones_of(view, actor.name))
            return calls_within(view, CallFilter(devices=devices), offset=offset, limit=limit)

    def set_digest_credentials(self, actor: Actor, present: Secret, new: Secret, again: Secret) -> None:
        """Change the Digest Credentials; ``present`` is the password.

        Raises :class:`Invalid`, and :class:`LockedOut` after too many wrong guesses.
        """
        self._own_account.prove(actor, present, is_end_user=True)
        if new != again:
            raise _wrong(actor, "the same text in both fields")
        if not new.reveal():
            raise _wrong(actor, "something")
        with self._operations.change(actor, UPDATE, EndUser.noun, actor.name) as work:
            self._end_users.update_within(work, actor.name, {"digest_credentials": new})


def _wrong(actor: Actor, allowed: str) -> Invalid:
    return Invalid(EndUser.noun, actor.name, [FieldError("digest_credentials", "(hidden)", allowed)])


def _phones_of(view: View, user_id: str) -> tuple[Phone, ...]:
    """Compared exactly at last, as criteria do not distinguish letter case and user IDs do."""
    found: dict[str, Phone] = {}
    for field in _OWN:
        for phone in view.search(Phone, [Criterion(field, Comparison.IS_EXACTLY, user_id)]):
            if getattr(phone, field) == user_id:
                found[phone.device_name] = phone
    return tuple(found.values())
