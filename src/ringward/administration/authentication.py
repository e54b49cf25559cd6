"""Who somebody is: passwords of application users and end users, and the lock-out of those who guess."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

from ringward.administration.authorization import Actor
from ringward.administration.operation import Clock, Operations
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import LockedOut, NotAuthenticated
from ringward.domain.secret import Secret
from ringward.domain.vocabulary import PermissionsRole
from ringward.pki.secrets import PasswordHashing

FREE_ATTEMPTS = 5
"""Wrong passwords before the first lock-out; people mistype."""
FIRST_LOCK = 30
"""Seconds of the first lock-out; each further wrong password doubles it."""
LONGEST_LOCK = 3600
"""Seconds: a guesser gets 24 guesses a day, and a locked-out administrator need not wait longer than this."""
_MOST_ACCOUNTS = 10_000
"""Names whose failures are remembered; a stranger must not fill the memory with names he makes up."""


@dataclass(slots=True)
class _Failures:
    count: int
    locked_until: float


class LockOut:
    """Counts failed attempts per account; safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, account: str) -> None:
        """Count an attempt as failed before it is checked, so that many at once gain nothing.

        Raises :class:`LockedOut` while the account is locked; that attempt does not count.
        """
        now = self._clock()
        with self._lock:
            failures = self._failures.setdefault(account, _Failures(0, now))
            if now < failures.locked_until:
                raise LockedOut(max(1, round(failures.locked_until - now)))
            failures.count += 1
            if failures.count >= FREE_ATTEMPTS:
                delay = FIRST_LOCK * 2 ** min(failures.count - FREE_ATTEMPTS, 10)
                failures.locked_until = now + min(delay, LONGEST_LOCK)
            self._failures.move_to_end(account)
            if len(self._failures) > _MOST_ACCOUNTS:
                self._failures.popitem(last=False)

    def succeeded(self, account: str) -> None:
        """Forget the failures of an account."""
        with self._lock:
            self._failures.pop(account, None)


class Authentication:
    """The use cases of logging in. They take as long for a user that does not exist as for one that does."""

    def __init__(self, operations: Operations, hashing: PasswordHashing, clock: Clock) -> None:
        self._operations = operations
        self._hashing = hashing
        self._lock_out = LockOut(clock)

    def administrator(self, name: str, password: Secret, origin: str) -> Actor:
        """Log an application user in; raises :class:`NotAuthenticated` or :class:`LockedOut`."""
        with self._operations.look() as view:
            user = view.find(ApplicationUser, name)
        role = user.permissions_role if user else PermissionsRole.READ_ONLY
        actor = Actor(name, role, origin)
        self._check(actor, ApplicationUser.noun, user.password if user else None, password)
        return actor

    def end_user(self, user_id: str, password: Secret, origin: str) -> EndUser:
        """Log an end user in; raises :class:`NotAuthenticated` or :class:`LockedOut`."""
        with self._operations.look() as view:
            user = view.find(EndUser, user_id)
        actor = Actor(user_id, PermissionsRole.READ_ONLY, origin)
        self._check(actor, EndUser.noun, user.password if user else None, password)
        if user is None:
            raise NotAuthenticated
        return user

    def _check(self, actor: Actor, noun: str, stored: Secret | None, password: Secret) -> None:
        account = f"{noun} {actor.name}"
        self._lock_out.begin(account)
        correct = self._hashing.verify(stored, password)
        self._operations.record_login(actor, noun, correct)
        if not correct:
            raise NotAuthenticated
        self._lock_out.succeeded(account)
