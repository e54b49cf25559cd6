"""Browsers that have shown the password of an account and not yet the code of its second factor."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from ringward.domain.errors import CodeWanted

LONGEST = 300.0
"""Seconds from the password to the code: time to fetch a telephone from another room."""
MAX_PENDING = 1000
"""At a time; the oldest makes room. Only who knows a password gets one."""
_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """One of them."""

    name: str
    wanted: CodeWanted
    next_path: str
    """Where to go in the end."""
    began: float


class PendingSignIns:
    """All of them, in memory, each known to its browser by a random cookie; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pending: OrderedDict[bytes, PendingSignIn] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, name: str, wanted: CodeWanted, next_path: str) -> str:
        """Keep one, and return the text of its cookie."""
        cookie = secrets.token_urlsafe(_TOKEN_BYTES)
        with self._lock:
            self._pending[_digest(cookie)] = PendingSignIn(name, wanted, next_path, self._clock())
            if len(self._pending) > MAX_PENDING:
                self._pending.popitem(last=False)
        return cookie

    def find(self, cookie: str) -> PendingSignIn | None:
        """The one of a cookie, if its time is not up."""
        with self._lock:
            found = self._pending.get(_digest(cookie))
            if found is not None and self._clock() - found.began > LONGEST:
                del self._pending[_digest(cookie)]
                return None
            return found

    def end(self, cookie: str) -> None:
        """Forget the one of a cookie."""
        with self._lock:
            self._pending.pop(_digest(cookie), None)


def _digest(cookie: str) -> bytes:
    return sha256(cookie.encode()).digest()
