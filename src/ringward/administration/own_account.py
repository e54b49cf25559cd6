"""One's own account: what everybody who is signed in may change of it, whatever his rights are.

No use case here takes anybody else's name, so nobody needs a permission for them beyond being signed in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ringward.administration.authorization import Actor
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import FieldError, Invalid, NotAuthenticated
from ringward.domain.rights import Rights
from ringward.domain.rules.password_policy import PasswordPolicy, password_policy
from ringward.domain.secret import Secret

if TYPE_CHECKING:
    from ringward.administration.accounts import ApplicationUsers, EndUsers
    from ringward.administration.authentication import Authentication
    from ringward.administration.operation import Operations

UPDATE = "own-account.update"


class OwnAccount:
    """The use cases. The actor has signed in."""

    def __init__(
        self,
        operations: Operations,
        end_users: EndUsers,
        application_users: ApplicationUsers,
        authentication: Authentication,
    ) -> None:
        self._operations = operations
        self._end_users = end_users
        self._application_users = application_users
        self._authentication = authentication

    def password_policy(self) -> PasswordPolicy:
        """What a new password must be like."""
        with self._operations.look() as view:
            return password_policy(enterprise_parameters(view))

    def set_password(
        self, actor: Actor, present: Secret, new: Secret, again: Secret, *, is_end_user: bool
    ) -> None:
        """Change the password of whoever knows the present one.

        Raises :class:`Invalid`, and :class:`LockedOut` after too many wrong guesses.
        """
        self.prove(actor, present, is_end_user=is_end_user)
        noun = EndUser.noun if is_end_user else ApplicationUser.noun
        if new != again:
            raise Invalid(noun, actor.name, [FieldError("password", "(hidden)", "the same text in both fields")])
        if not new.reveal():
            raise Invalid(noun, actor.name, [FieldError("password", "(hidden)", "something")])
        users = self._end_users if is_end_user else self._application_users
        with self._operations.change(own(actor), UPDATE, noun, actor.name) as work:
            users.update_within(work, actor.name, {"password": new})

    def prove(self, actor: Actor, password: Secret, *, is_end_user: bool) -> None:
        """A browser left open must not be enough to take the account over: who sits there knows the password.

        Raises :class:`Invalid`, and :class:`LockedOut` after too many wrong guesses.
        """
        noun = EndUser.noun if is_end_user else ApplicationUser.noun
        try:
            self._authentication.prove(actor, password, is_end_user=is_end_user)
        except NotAuthenticated:
            wrong = FieldError("present", "(hidden)", "your present password")
            raise Invalid(noun, actor.name, [wrong]) from None


def own(actor: Actor) -> Actor:
    """The actor as master of his own account."""
    rights = Rights(actor.rights.title, (*actor.rights.permissions, "own-account.*"))
    return replace(actor, rights=rights)
