"""Who somebody is: passwords of application users and end users, and the lock-out of those who guess."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from ringward.administration.authorization import Actor, rights_of
from ringward.administration.lock_outs import ACCOUNT_KINDS, LockOuts
from ringward.administration.operation import Operations
from ringward.administration.second_factors import SecondFactors
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import CodeWanted, NotAuthenticated, Refused, WrongCode
from ringward.domain.rights import NOTHING
from ringward.domain.rules.password_policy import password_policy
from ringward.domain.rules.sign_in import (
    SIGNED_IN,
    SessionLimits,
    places_of,
    places_of_code,
    session_limits,
)
from ringward.domain.secret import Secret
from ringward.pki.secrets import PasswordHashing
from ringward.store import former_passwords

DEVICE_DAYS = 90
"""How long a browser is known as one of an account's own after the account has signed in there."""
_DAY = 24 * 3600 * 1000
_LONGEST_DEVICE = 200


@dataclass(frozen=True, slots=True)
class Account:
    """An account that has proved who it is."""

    actor: Actor
    credential: str
    """Fingerprint of the stored password and of the second factor: another one means that either was set anew."""
    must_change_password: bool = False
    """The password is older than the policy allows, or somebody else knows it."""
    must_enrol: bool = False
    """A second factor is demanded, and there is none."""
    has_second_factor: bool = False


class Authentication:
    """The use cases of logging in. They take as long for a user that does not exist as for one that does."""

    def __init__(
        self,
        operations: Operations,
        hashing: PasswordHashing,
        lock_outs: LockOuts,
        second_factors: SecondFactors,
    ) -> None:
        self._operations = operations
        self._hashing = hashing
        self._lock_outs = lock_outs
        self._second_factors = second_factors

    def administrator(self, name: str, password: Secret, origin: str, code: str = "") -> Actor:
        """Log an application user in at one go, with the code of the second factor if there is one.

        Raises :class:`NotAuthenticated` (:class:`CodeWanted`, :class:`WrongCode`), :class:`LockedOut`, and
        :class:`Refused` if a second factor is demanded and there is none.
        """
        with self._operations.look() as view:
            user = view.find(ApplicationUser, name)
            rights = rights_of(user, view) if user else NOTHING
        actor, noun = Actor(name, rights, origin), ApplicationUser.noun
        places = places_of(origin, None)
        self._prove_password(actor, noun, password, places)
        account = self.present(actor, is_end_user=False)
        if account is None:  # removed in this very moment
            raise NotAuthenticated
        if account.must_enrol:
            reason = (
                f"a second factor is demanded, and {name} has none yet: sign in to the pages and set it up first"
            )
            self._operations.record_refusal(actor, f"{noun}.log-in", noun, name, reason)
            raise Refused(reason)
        if not account.has_second_factor:
            self._operations.record_login(actor, noun, True)
        elif code:
            self._check_code(actor, code, places)
        else:
            raise self._code_wanted(account, noun, places)
        return actor

    def end_user(self, user_id: str, password: Secret, origin: str) -> EndUser:
        """Log an end user in; raises :class:`NotAuthenticated` or :class:`LockedOut`."""
        actor, noun = Actor(user_id, NOTHING, origin), EndUser.noun
        self._prove_password(actor, noun, password, places_of(origin, None))
        self._operations.record_login(actor, noun, True)
        with self._operations.look() as view:
            return view.get(EndUser, user_id)

    def sign_in(self, name: str, password: Secret, origin: str, *, is_end_user: bool, device: str = "") -> Account:
        """Log an account in for a while; raises :class:`NotAuthenticated` or :class:`LockedOut`.

        ``device``: what :meth:`device_of` gave the browser, if it did. Where the account has a second factor it
        raises :class:`CodeWanted`, with which :meth:`finish` goes on.
        """
        noun, actor = noun_of(is_end_user), Actor(name, NOTHING, origin)
        places = places_of(origin, self._known_device(noun, name, device))
        self._prove_password(actor, noun, password, places)
        account = self.present(actor, is_end_user=is_end_user)
        if account is None:  # removed in this very moment
            raise NotAuthenticated
        if account.has_second_factor:
            raise self._code_wanted(account, noun, places)
        self._operations.record_login(actor, noun, True)
        return account

    def finish(self, name: str, wanted: CodeWanted, code: str, origin: str) -> Account:
        """Log an application user in who has proved the password before, as ``wanted`` says.

        Raises :class:`WrongCode`, :class:`LockedOut`, and :class:`NotAuthenticated` if password or second factor
        have changed meanwhile.
        """
        actor = Actor(name, NOTHING, origin)
        account = self.present(actor, is_end_user=False)
        if account is None or not hmac.compare_digest(account.credential, wanted.credential):
            raise NotAuthenticated
        self._check_code(actor, code, wanted.places)
        return account

    def prove(self, actor: Actor, password: Secret, *, is_end_user: bool) -> None:
        """Check the password of somebody who is signed in; raises :class:`NotAuthenticated` or
        :class:`LockedOut`. Guesses of strangers do not lock it, nor the other way round."""
        noun = noun_of(is_end_user)
        self._prove_password(actor, noun, password, (SIGNED_IN,))
        self._operations.record_login(actor, noun, True)

    def prove_code(self, actor: Actor, code: str) -> None:
        """Use up a code of somebody who is signed in; raises :class:`WrongCode` or :class:`LockedOut`."""
        self._check_code(actor, code, (SIGNED_IN,))

    def present(self, actor: Actor, *, is_end_user: bool) -> Account | None:
        """The account of somebody who logged in before, with the rights it has now; None if it has gone."""
        kind = ACCOUNT_KINDS[noun_of(is_end_user)]
        with self._operations.look() as view:
            user = view.find(kind, actor.name)
            if user is None or not user.password:
                return None
            rights = rights_of(user, view)
            policy = password_policy(enterprise_parameters(view))
            password = former_passwords.present(view.connection, kind.noun, actor.name)
            enrolled_at = None if is_end_user else self._second_factors.enrolled_at(view, actor.name)
            is_demanded = not is_end_user and self._second_factors.is_demanded(view)
        return Account(
            Actor(actor.name, rights, actor.origin),
            sha256(f"{user.password.reveal()}\n{enrolled_at}".encode()).hexdigest(),
            password is not None
            and (password.set_by_another or policy.is_too_old(password.set_at, self._operations.now())),
            must_enrol=is_demanded and enrolled_at is None,
            has_second_factor=enrolled_at is not None,
        )

    def session_limits(self) -> SessionLimits:
        """How long somebody stays signed in."""
        with self._operations.look() as view:
            return session_limits(enterprise_parameters(view))

    def device_of(self, account: Account, *, is_end_user: bool) -> str:
        """What a browser shows at its next attempt, to be known as one in which this account has signed in."""
        text = f"{self._operations.now()}.{secrets.token_urlsafe(16)}"
        stamp = self._operations.secrets.stamp(_device(noun_of(is_end_user), account.actor.name, text))
        return f"{text}.{stamp}"

    def _known_device(self, noun: str, name: str, device: str) -> str | None:
        """The place at which attempts of this browser count; None if it is none of the account's own."""
        if len(device) > _LONGEST_DEVICE or not device.isascii():
            return None
        text, _, stamp = device.rpartition(".")
        made_at = text.partition(".")[0]
        if not made_at.isdigit() or not self._operations.secrets.is_stamp(stamp, _device(noun, name, text)):
            return None
        return text if self._operations.now() - int(made_at) < DEVICE_DAYS * _DAY else None

    def _prove_password(self, actor: Actor, noun: str, password: Secret, places: Sequence[str]) -> None:
        """Check the password. The log tells of wrong ones; of a right one, whoever knows whether it is enough."""
        lock = self._lock_outs.begin(noun, actor.name, places)
        with self._operations.look() as view:
            user = view.find(ACCOUNT_KINDS[noun], actor.name)
        if not self._hashing.verify(user.password if user is not None else None, password):
            self._operations.record_login(actor, noun, False, _locked_for(lock))
            raise NotAuthenticated
        self._lock_outs.succeeded(noun, actor.name, places)

    def _code_wanted(self, account: Account, noun: str, places: tuple[str, ...]) -> CodeWanted:
        """Somebody knows the password; if he comes no further, the log tells of that as well."""
        self._operations.record_login(account.actor, noun, True, act="prove-password")
        return CodeWanted(account.credential, places)

    def _check_code(self, actor: Actor, code: str, places: Sequence[str]) -> None:
        """Use a code up. Wrong ones are counted apart from passwords, which are right at this point."""
        noun, places = ApplicationUser.noun, places_of_code(places)
        lock = self._lock_outs.begin(noun, actor.name, places)
        kind = self._second_factors.take(actor.name, code)
        told = {"second_factor": kind} if kind else {"second_factor": "wrong code"} | _locked_for(lock)
        self._operations.record_login(actor, noun, kind is not None, told)
        if kind is None:
            raise WrongCode
        self._lock_outs.succeeded(noun, actor.name, places)


def _locked_for(lock: int) -> dict[str, str]:
    return {"locked_for": f"{lock} seconds"} if lock else {}


def noun_of(is_end_user: bool) -> str:
    """Which noun an account of this kind is."""
    return EndUser.noun if is_end_user else ApplicationUser.noun


def _device(noun: str, name: str, text: str) -> bytes:
    return f"device\n{noun}\n{name}\n{text}".encode()
