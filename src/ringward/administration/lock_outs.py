"""Lock-outs of those who guess passwords, and the administrators' look at them.

They are in the database: a restart gives nobody new guesses, and the command line can unlock what a node has
locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ringward.administration.authorization import Actor, authorize_upon
from ringward.administration.operation import Operations, View
from ringward.administration.stored_parameters import enterprise_parameters
from ringward.domain.alarm import Report, raised
from ringward.domain.alarm_catalogue import ACCOUNT_LOCKED_OUT
from ringward.domain.application_user import ApplicationUser
from ringward.domain.end_user import EndUser
from ringward.domain.errors import LockedOut, NotFound
from ringward.domain.rules.sign_in import FORGOTTEN_AFTER, guessing
from ringward.store import lock_outs
from ringward.store.audit import Outcome
from ringward.store.lock_outs import Failures

NOUN = "lock-out"
ACCOUNT_KINDS: dict[str, type[ApplicationUser] | type[EndUser]] = {
    ApplicationUser.noun: ApplicationUser,
    EndUser.noun: EndUser,
}


@dataclass(frozen=True, slots=True)
class LockedAccount:
    """An account that is locked for somebody. It need not exist: strangers guess names as well."""

    failures: Failures
    exists: bool


class LockOuts:
    """See the module."""

    def __init__(self, operations: Operations, alarm: Report) -> None:
        self._operations = operations
        self._alarm = alarm

    def begin(self, noun: str, name: str, places: Sequence[str]) -> int:
        """Count an attempt as failed before it is checked, so that many at once gain nothing.

        Returns the seconds for which nothing will be checked if it does fail. Raises :class:`LockedOut` while the
        account is locked from one of the places; that attempt does not count.
        """
        now = self._operations.now()
        with self._operations.log() as connection:
            lock_outs.forget_old(connection, now - FORGOTTEN_AFTER * 1000, now)
            known = lock_outs.of_account(connection, noun, name)
            until = max((known[place].locked_until for place in places if place in known), default=0)
            if now < until:
                raise LockedOut(max(1, round((until - now) / 1000)))
            rules = guessing(enterprise_parameters(self._operations.within(connection)))
            longest = 0
            for place in places:
                failures = known[place].failures + 1 if place in known else 1
                lock = rules.lock_after(place, failures)
                longest = max(longest, lock)
                lock_outs.put(connection, Failures(noun, name, place, failures, now + lock * 1000, now))
        if longest:
            said = f"{name} is locked out for {longest} seconds after wrong passwords"
            self._alarm(raised(ACCOUNT_LOCKED_OUT, name, said))
        return longest

    def succeeded(self, noun: str, name: str, places: Sequence[str]) -> None:
        """Forget the wrong attempts that were counted at these places."""
        with self._operations.log() as connection:
            lock_outs.forget(connection, noun, name, places)

    def find(self, actor: Actor) -> list[LockedAccount]:
        """What is locked now."""
        with self._operations.read(actor, f"{NOUN}.read") as view:
            found = lock_outs.locked(view.connection, self._operations.now())
            return [LockedAccount(each, _account(view, each.noun, each.name) is not None) for each in found]

    def unlock(self, actor: Actor, noun: str, name: str) -> None:
        """Let an account be tried again at once, from everywhere.

        Raises :class:`NotFound` if it is not locked, and :class:`Refused` if it may do more than the actor.
        """
        with self._operations.change(actor, f"{NOUN}.unlock", noun, name) as work:
            account = _account(work, noun, name)
            if account is not None:
                authorize_upon(actor, account, work)
            now = self._operations.now()
            known = lock_outs.of_account(work.connection, noun, name).values()
            if not any(each.locked_until > now for each in known):
                raise NotFound(f"locked {noun}", name)
            lock_outs.forget(work.connection, noun, name)
            work.note(noun, name, Outcome.DONE, {}, {"unlocked": "true"})


def _account(view: View, noun: str, name: str) -> ApplicationUser | EndUser | None:
    return view.find(ACCOUNT_KINDS[noun], name) if noun in ACCOUNT_KINDS else None
