"""Who is signed in, as administrators see it and end it. The sessions themselves are the web application's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ringward.administration.authorization import Actor
from ringward.administration.lock_outs import ACCOUNT_KINDS
from ringward.administration.operation import Operations
from ringward.administration.own_account import UPDATE, own
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import NotFound
from ringward.store.audit import Outcome

NOUN = "session"
T = TypeVar("T")


class SignIns:
    """The use cases."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def find(self, actor: Actor, look: Callable[[], T]) -> T:
        """What ``look`` tells of the sessions."""
        with self._operations.read(actor, f"{NOUN}.read"):
            return look()

    def end(self, actor: Actor, noun: str, name: str, act: Callable[[], int]) -> int:
        """Sign an account out, by ``act``, which returns of how many browsers; raises :class:`NotFound`.

        It may be an account with more rights than the actor has: signing out takes nothing away.
        """
        if noun not in ACCOUNT_KINDS:
            raise NotFound("kind of account", noun)
        with self._operations.change(actor, f"{NOUN}.end", noun, name) as work:
            return self._ended(work.note, noun, name, act)

    def end_own(self, actor: Actor, act: Callable[[], int], noun: str = ApplicationUser.noun) -> int:
        """Sign the actor out elsewhere."""
        with self._operations.change(own(actor), UPDATE, noun, actor.name) as work:
            return self._ended(work.note, noun, actor.name, act)

    @staticmethod
    def _ended(note: Callable[..., None], noun: str, name: str, act: Callable[[], int]) -> int:
        count = act()
        if not count:
            raise NotFound("session of", name)
        note(noun, name, Outcome.DONE, {}, {"sessions_ended": str(count)})
        return count
