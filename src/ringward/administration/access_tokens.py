"""Access tokens: by what programs prove to the programming interface on whose behalf they come."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

from ringward.administration.authorization import Actor, authorize_upon, rights_of
from ringward.administration.operation import Operations
from ringward.domain.access_token import DEFAULT_DAYS, LONGEST_DAYS
from ringward.domain.application_user import ApplicationUser
from ringward.domain.errors import AlreadyExists, FieldError, Invalid, NotAuthenticated, NotFound
from ringward.domain.rights import NOTHING
from ringward.domain.secret import Secret
from ringward.domain.setting import NAME_PATTERN
from ringward.store import access_tokens
from ringward.store.access_tokens import StoredToken
from ringward.store.audit import Outcome

PREFIX = "rw_"
"""Begins each token, so that one that leaked into a text is recognised by those who search for secrets."""
_DAY = 24 * 3600 * 1000
_NOUN = "access-token"
_MAX_NAME = 64


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; its text is shown this once."""

    record: StoredToken
    token: Secret


class AccessTokens:
    """The use cases of access tokens. A token can do what its account can, as long as the account is there."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def find(self, actor: Actor) -> list[StoredToken]:
        """All tokens, also those that have expired."""
        with self._operations.read(actor, f"{_NOUN}.read") as view:
            return access_tokens.every(view.connection)

    def add(self, actor: Actor, name: str, user: str, days: int = DEFAULT_DAYS) -> NewToken:
        """Make a token for an account, good for some days.

        Raises :class:`Invalid`, :class:`AlreadyExists` (the name), :class:`NotFound` (the account), or
        :class:`Refused` if the account may do more than the actor: he would gain its rights by the token.
        """
        with self._operations.change(actor, f"{_NOUN}.add", _NOUN, name) as work:
            if not re.fullmatch(NAME_PATTERN, name) or len(name) > _MAX_NAME:
                raise Invalid(_NOUN, name, [FieldError("name", name[:_MAX_NAME], f"up to {_MAX_NAME} letters")])
            if not 1 <= days <= LONGEST_DAYS:
                raise Invalid(_NOUN, name, [FieldError("days", str(days), f"from 1 to {LONGEST_DAYS}")])
            authorize_upon(actor, work.get(ApplicationUser, user), work)
            if access_tokens.named(work.connection, name) is not None:
                raise AlreadyExists(_NOUN, name)
            text = PREFIX + secrets.token_urlsafe(32)
            now = self._operations.now()
            record = StoredToken(name, user, _digest(text), now, now + days * _DAY)
            access_tokens.add(work.connection, record)
            work.note(_NOUN, name, Outcome.ADDED, {}, {"user": user, "days": str(days)})
        return NewToken(record, Secret(text))

    def remove(self, actor: Actor, name: str) -> None:
        """Revoke a token, at once; raises :class:`NotFound`."""
        with self._operations.change(actor, f"{_NOUN}.remove", _NOUN, name) as work:
            record = access_tokens.named(work.connection, name)
            if record is None:
                raise NotFound(_NOUN, name)
            access_tokens.remove(work.connection, name)
            work.note(_NOUN, name, Outcome.REMOVED, {"user": record.user}, {})

    def actor_of(self, token: Secret, origin: str) -> Actor:
        """On whose behalf a program comes; raises :class:`NotAuthenticated`.

        A token has 256 random bits: looking its hash up tells nobody who tries anything by its time.
        """
        with self._operations.look() as view:
            record = access_tokens.with_digest(view.connection, _digest(token.reveal()))
            user = view.find(ApplicationUser, record.user) if record is not None else None
            rights = rights_of(user, view) if user is not None else NOTHING
        if record is None or user is None or record.expires_at <= self._operations.now():
            raise NotAuthenticated
        return Actor(user.name, rights, f"{origin} ({record.name})")


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
