"""One's own second factor: set up by a code of it; turned off and given new codes by password and code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ringward.administration.authorization import Actor
from ringward.administration.own_account import UPDATE, own
from ringward.administration.second_factors import NOUN, OfferedKey, SecondFactor
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import FieldError, Invalid, WrongCode
from ringward.domain.secret import Secret

if TYPE_CHECKING:
    from ringward.administration.authentication import Authentication
    from ringward.administration.operation import Operations
    from ringward.administration.own_account import OwnAccount
    from ringward.administration.second_factors import SecondFactors


class OwnSecondFactor:
    """The use cases. The actor is an application user who has signed in.

    All of them raise :class:`Invalid` for a wrong password or code, and :class:`LockedOut` after too many.
    """

    def __init__(
        self,
        operations: Operations,
        own_account: OwnAccount,
        authentication: Authentication,
        second_factors: SecondFactors,
    ) -> None:
        self._operations = operations
        self._own_account = own_account
        self._authentication = authentication
        self._second_factors = second_factors

    def look(self, actor: Actor) -> SecondFactor:
        """Whether the actor has one."""
        return self._second_factors.of(actor.name)

    def offer(self, actor: Actor) -> OfferedKey:
        """A key to be set up."""
        return self._second_factors.offer(actor.name)

    def turn_on(self, actor: Actor, present: Secret, offered: OfferedKey, code: str) -> Sequence[Secret]:
        """Set up the key that was offered; returns the recovery codes. Raises :class:`Refused` if there is one."""
        self._prove_password(actor, present)
        with self._operations.change(own(actor), UPDATE, NOUN, actor.name) as work:
            work.get(ApplicationUser, actor.name)
            return self._second_factors.enrol_within(work, actor.name, offered, code)

    def renew_codes(self, actor: Actor, present: Secret, code: str) -> Sequence[Secret]:
        """New recovery codes instead of the old ones."""
        self._prove(actor, present, code)
        with self._operations.change(own(actor), UPDATE, NOUN, actor.name) as work:
            return self._second_factors.renew_codes_within(work, actor.name)

    def turn_off(self, actor: Actor, present: Secret, code: str) -> None:
        """Do without."""
        self._prove(actor, present, code)
        with self._operations.change(own(actor), UPDATE, NOUN, actor.name) as work:
            self._second_factors.remove_within(work, actor.name)

    def prove(self, actor: Actor, present: Secret, code: str) -> None:
        """Prove once more who it is, by all that the account signs in with: for what must not be done by somebody
        who finds a browser open."""
        if self.look(actor).enrolled_at is None:
            self._prove_password(actor, present)
        else:
            self._prove(actor, present, code)

    def _prove_password(self, actor: Actor, present: Secret) -> None:
        self._own_account.prove(actor, present, is_end_user=False)

    def _prove(self, actor: Actor, present: Secret, code: str) -> None:
        self._prove_password(actor, present)
        try:
            self._authentication.prove_code(actor, code)
        except WrongCode as error:
            raise Invalid(NOUN, actor.name, [FieldError("code", "(hidden)", str(error))]) from None
