"""Second factors of administrators: the keys of their authenticators, their recovery codes, and taking them away.

What somebody does with his own is in :mod:`ringward.administration.own_second_factor`; where codes are asked for,
in :mod:`ringward.administration.authentication`.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ringward.administration.authorization import Actor, authorize_upon
from ringward.administration.operation import Operations, View, Work
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import FieldError, Invalid, NotFound, Refused
from ringward.domain.rules.one_time_code import KEY_LENGTH, accepted_step, is_code, key_address, key_text
from ringward.domain.secret import Secret
from ringward.domain.server import Server
from ringward.store import second_factors as store
from ringward.store.audit import Outcome
from ringward.store.second_factors import StoredFactor

NOUN = "second-factor"
READ, ADD, REMOVE = f"{NOUN}.read", f"{NOUN}.add", f"{NOUN}.remove"
ISSUER = "Ringward"
RECOVERY_CODES = 10
LONGEST_CODE = 40
"""Characters that are looked at: a recovery code with all the spaces that people put in."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits without those that look alike."""
_GROUPS, _GROUP_LENGTH = 3, 4
"""With 31 letters to choose from, 59 bits: beyond guessing, and short enough to be copied by hand."""
_NEVER = -1


@dataclass(frozen=True, slots=True)
class OfferedKey:
    """A key for an authenticator; it counts once a code of it has come back."""

    account: str
    """By which the authenticator shows it."""
    key: Secret
    """In hexadecimal digits."""

    @property
    def text(self) -> str:
        """For typing."""
        return key_text(bytes.fromhex(self.key.reveal()))

    @property
    def address(self) -> str:
        """For the picture."""
        return key_address(bytes.fromhex(self.key.reveal()), self.account, ISSUER)


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """What is told of an account's second factor."""

    user: str
    enrolled_at: int | None
    """Milliseconds since 1970; None for an account that has none."""
    codes_left: int


class SecondFactors:
    """See the module."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def find(self, actor: Actor) -> list[SecondFactor]:
        """Every application user who can sign in, with or without a second factor."""
        with self._operations.read(actor, READ) as view:
            known = store.every(view.connection)
            names = [each.key for each in view.every(ApplicationUser) if each.password]
            return [SecondFactor(name, *known.get(name, (None, 0))) for name in sorted(names)]

    def of(self, user: str) -> SecondFactor:
        """What is told of one account, to itself."""
        with self._operations.look() as view:
            return SecondFactor(user, *store.every(view.connection).get(user, (None, 0)))

    def offer(self, user: str) -> OfferedKey:
        """A new key. Nothing is stored yet."""
        with self._operations.look() as view:
            server = next((each.key for each in view.every(Server)), "")
        return OfferedKey(f"{user}@{server}" if server else user, Secret(secrets.token_hex(KEY_LENGTH)))

    def enrol(self, actor: Actor, user: str, offered: OfferedKey, code: str) -> Sequence[Secret]:
        """Set up another account's second factor: for whoever sits beside its owner.

        Returns the recovery codes, which are shown this once. Raises :class:`Invalid` for a wrong code,
        :class:`NotFound`, and :class:`Refused` if there is one already or the account may do more than the actor.
        """
        with self._operations.change(actor, ADD, NOUN, user) as work:
            authorize_upon(actor, work.get(ApplicationUser, user), work)
            return self.enrol_within(work, user, offered, code)

    def enrol_within(self, work: Work, user: str, offered: OfferedKey, code: str) -> Sequence[Secret]:
        """Set it up; raises :class:`Invalid` for a wrong code and :class:`Refused` if there is one already."""
        if store.enrolled_at(work.connection, user) is not None:
            raise Refused(f"{user} has a second factor already: turn it off first")
        now = self._operations.now()
        key = bytes.fromhex(offered.key.reveal())
        step = accepted_step(key, _typed(code), now, _NEVER)
        if step is None:
            allowed = "the six digits that the authenticator shows now; does its clock tell the right time?"
            raise Invalid(NOUN, user, [FieldError("code", "(hidden)", allowed)])
        made = _new_codes()
        factor = StoredFactor(user, offered.key, step, now)
        store.put(work.connection, self._operations.secrets, factor, map(self._stamp, made))
        work.note(NOUN, user, Outcome.ADDED, {}, {"recovery_codes": str(len(made))})
        return made

    def renew_codes(self, actor: Actor, user: str) -> Sequence[Secret]:
        """Make another account new recovery codes instead of the old ones; raises as :meth:`remove` does."""
        with self._operations.change(actor, ADD, NOUN, user) as work:
            authorize_upon(actor, work.get(ApplicationUser, user), work)
            return self.renew_codes_within(work, user)

    def renew_codes_within(self, work: Work, user: str) -> Sequence[Secret]:
        """New recovery codes instead of the old ones; raises :class:`NotFound` without a second factor."""
        if store.enrolled_at(work.connection, user) is None:
            raise NotFound(NOUN, user)
        left, made = len(store.stamps_of(work.connection, user)), _new_codes()
        store.put_codes(work.connection, user, map(self._stamp, made))
        work.note(
            NOUN, user, Outcome.UPDATED, {"recovery_codes": str(left)}, {"recovery_codes": f"{len(made)} new"}
        )
        return made

    def remove(self, actor: Actor, user: str) -> None:
        """Take another account's second factor away, for somebody who has lost it.

        Raises :class:`NotFound`, and :class:`Refused` for one's own (a browser left open must not be enough) or
        that of an account with more rights.
        """
        with self._operations.change(actor, REMOVE, NOUN, user) as work:
            if user == actor.name:
                raise Refused("your own second factor is turned off on your own page, with a code of it")
            authorize_upon(actor, work.get(ApplicationUser, user), work)
            self.remove_within(work, user)

    def remove_within(self, work: Work, user: str) -> None:
        """Take it away; raises :class:`NotFound`."""
        if not store.remove(work.connection, user):
            raise NotFound(NOUN, user)
        work.note(NOUN, user, Outcome.REMOVED, {"second_factor": "set up"}, {})

    # -- for signing in ----------------------------------------------------------------------------------

    @staticmethod
    def enrolled_at(view: View, user: str) -> int | None:
        """When an account's second factor was set up, if it has one."""
        return store.enrolled_at(view.connection, user)

    @staticmethod
    def is_demanded(view: View) -> bool:
        """Whether no administrator may do anything without one."""
        return enterprise_parameters(view).second_factor_demanded

    def take(self, user: str, code: str) -> str | None:
        """Use a code up: returns of what kind it was, None if it is wrong.

        Looking and noting are one transaction, so one code is never taken twice, however many come at once.
        """
        text = _typed(code)
        with self._operations.log() as connection:
            factor = store.of(connection, self._operations.secrets, user)
            if factor is None:
                return None
            if is_code(text):
                key = bytes.fromhex(factor.key.reveal())
                step = accepted_step(key, text, self._operations.now(), factor.last_step)
                if step is None:
                    return None
                store.used(connection, user, step)
                return "code"
            stamps = store.stamps_of(connection, user)
            content = _stamped(text)
            found = [each for each in stamps if self._operations.secrets.is_stamp(each, content)]
            if not found:
                return None
            store.use_code(connection, user, found[0])
            return f"recovery code, {len(stamps) - 1} left"

    def _stamp(self, code: Secret) -> str:
        return self._operations.secrets.stamp(_stamped(_typed(code.reveal())))


def _new_codes() -> list[Secret]:
    def group() -> str:
        return "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH))

    return [Secret("-".join(group() for _ in range(_GROUPS))) for _ in range(RECOVERY_CODES)]


def _typed(code: str) -> str:
    """A code without what people put between its parts."""
    return "".join(each for each in code[:LONGEST_CODE].lower() if each.isascii() and each.isalnum())


def _stamped(text: str) -> bytes:
    return f"recovery code\n{text}".encode()
