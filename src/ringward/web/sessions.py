"""Who is signed in: sessions in memory, known to a browser by a random cookie, ended by time."""

from __future__ import annotations

import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from ringward.administration.authorization import Actor
from ringward.administration.second_factors import OfferedKey
from ringward.domain.rules.sign_in import SessionLimits
from ringward.web.undo import Undo

MAX_SESSIONS = 1000
"""Sessions at a time; the one that has been idle longest makes room."""
_LONGEST_AGENT = 200
"""Characters of what a browser calls itself that are kept."""
_TOKEN_BYTES = 32


@dataclass(slots=True)
class Notice:
    """A sentence shown once, on the next page."""

    text: str
    kind: str = "done"
    """``done``, ``warning`` or ``error``: decides the picture beside it."""
    details: tuple[str, ...] = ()
    can_undo: bool = False


@dataclass(slots=True)
class Session:
    """One browser that is signed in."""

    actor: Actor
    is_end_user: bool
    began: float
    seen: float
    csrf: str
    credential: str
    """Fingerprint of the account's password when it signed in: with a new one the session ends."""
    identity: str
    """By what people name the session; the cookie cannot be found by it."""
    agent: str = ""
    """What the browser calls itself."""
    must_change_password: bool = False
    must_enrol: bool = False
    """A second factor is demanded, and the account has none."""
    offered_key: OfferedKey | None = None
    """For the second factor, while it is being set up: it is never stored before it counts."""
    notices: list[Notice] = field(default_factory=list)
    undo: Undo | None = None

    def is_over(self, now: float, limits: SessionLimits) -> bool:
        """Whether its time has run out."""
        return now - self.seen > limits.idle or now - self.began > limits.longest

    def is_of(self, name: str, *, is_end_user: bool) -> bool:
        """Whether it is a session of this account."""
        return self.actor.name == name and self.is_end_user is is_end_user

    def may_post(self, token: str) -> bool:
        """Whether a form carries this session's token (protection against forged requests)."""
        return hmac.compare_digest(self.csrf.encode(), token.encode())


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session as people see it."""

    identity: str
    name: str
    is_end_user: bool
    address: str
    agent: str
    age: float
    """Seconds since it began."""
    idle: float
    """Seconds since the last request."""


class Sessions:
    """All sessions; safe to use from several threads. Only hashes of the cookies are kept."""

    def __init__(self, clock: Callable[[], float], limits: Callable[[], SessionLimits]) -> None:
        """``clock``: monotonic seconds; ``limits``: those in force now."""
        self._clock = clock
        self._limits = limits
        self._limits_then: SessionLimits | None = None
        """As they were at the last request: a look at the sessions asks nobody."""
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()
        self._lock = threading.Lock()

    def _limits_now(self) -> SessionLimits:
        self._limits_then = self._limits()
        return self._limits_then

    def begin(self, actor: Actor, credential: str, *, is_end_user: bool = False, agent: str = "") -> str:
        """Start a session and return the text of its cookie."""
        cookie = secrets.token_urlsafe(_TOKEN_BYTES)
        now, limits = self._clock(), self._limits_now()
        csrf, identity = secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_hex(4)
        session = Session(actor, is_end_user, now, now, csrf, credential, identity, agent[:_LONGEST_AGENT])
        with self._lock:
            self._make_room(session, now, limits)
            self._sessions[_digest(cookie)] = session
        return cookie

    def _make_room(self, coming: Session, now: float, limits: SessionLimits) -> None:
        self._forget(each for each in self._sessions.values() if each.is_over(now, limits))
        own = self._of(coming.actor.name, is_end_user=coming.is_end_user)
        self._forget(own[: max(0, len(own) - limits.of_one + 1)])
        while len(self._sessions) >= MAX_SESSIONS:
            self._sessions.popitem(last=False)

    def _of(self, name: str, *, is_end_user: bool) -> list[Session]:
        """The sessions of an account, the one that has been idle longest first."""
        return [each for each in self._sessions.values() if each.is_of(name, is_end_user=is_end_user)]

    def _forget(self, ended: Iterable[Session]) -> int:
        identities = {id(each) for each in ended}
        for key in [key for key, each in self._sessions.items() if id(each) in identities]:
            del self._sessions[key]
        return len(identities)

    def find(self, cookie: str, *, is_used: bool = True) -> Session | None:
        """The session of a cookie, if it is not over; its idle time begins anew if somebody uses it now."""
        key = _digest(cookie)
        if key not in self._sessions:
            return None
        now, limits = self._clock(), self._limits_now()
        with self._lock:
            session = self._sessions.get(key)
            if session is None:
                return None
            if session.is_over(now, limits):
                del self._sessions[key]
                return None
            if is_used:
                session.seen = now
                self._sessions.move_to_end(key)
            return session

    def end(self, cookie: str) -> None:
        """End the session of a cookie."""
        with self._lock:
            self._sessions.pop(_digest(cookie), None)

    def end_of(self, name: str, *, is_end_user: bool, identity: str = "", but: Session | None = None) -> int:
        """End the sessions of an account, or the one of this identity, ``but`` one; returns how many that were."""
        with self._lock:
            return self._forget(
                each
                for each in self._of(name, is_end_user=is_end_user)
                if each is not but and identity in ("", each.identity)
            )

    def views(self) -> list[SessionView]:
        """All sessions that are not over, the one that was used last first."""
        now, limits = self._clock(), self._limits_then
        with self._lock:
            return [
                SessionView(
                    each.identity,
                    each.actor.name,
                    each.is_end_user,
                    each.actor.origin,
                    each.agent,
                    now - each.began,
                    now - each.seen,
                )
                for each in reversed(self._sessions.values())
                if limits is not None and not each.is_over(now, limits)
            ]

    def __len__(self) -> int:
        return len(self._sessions)


def _digest(cookie: str) -> bytes:
    return sha256(cookie.encode()).digest()
