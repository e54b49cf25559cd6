"""Session timers: a session whose far side is gone ends by itself (RFC 4028).

Whoever is agreed to be the refresher sends an UPDATE or re-INVITE at half of the interval. We also do so where the
far side knows nothing of session timers: a phone that has restarted answers 481, and the call ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.header import parse_parameters
from ringward.protocols.sip.message import Headers, Request, Response

if TYPE_CHECKING:
    from ringward.protocols.sip.session import InviteSession

EXTENSION = "timer"
"""The option tag."""
INTERVAL = 1800
"""Seconds that a session lasts without being refreshed (RFC 4028 section 4 recommends half an hour)."""
MIN_SE = 90
"""The shortest interval that is taken (section 5)."""
MAX_INTERVAL = 86_400
"""The longest one: a call of a day that nobody has refreshed is no call."""
LAST_CHANCE = 32
"""Who waits for a refresh gives up this many seconds, or a third of the interval, before the end (section 10)."""

REQUEST_HEADERS: Headers = {"Session-Expires": [str(INTERVAL)], "Min-SE": [str(MIN_SE)]}
"""What every INVITE asks for."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed: how long, and who refreshes."""

    interval: int
    we_refresh: bool


_OURS = Terms(INTERVAL, we_refresh=True)


@lru_cache(maxsize=256)
def parse_expires(value: str) -> tuple[int, str]:
    """Seconds and refresher ("uac", "uas", or empty) of a Session-Expires; raises :class:`MalformedMessage`."""
    text, _, rest = value.partition(";")
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10:
        raise MalformedMessage("malformed Session-Expires")
    refresher = (dict(parse_parameters(rest)).get("refresher") or "").lower()
    return min(int(digits), MAX_INTERVAL), refresher if refresher in ("uac", "uas") else ""


def lacks_time(request: Request) -> bool:
    """Whether a request asks for an interval that is too short: 422 (section 9)."""
    value = request.get("Session-Expires")
    return value is not None and parse_expires(value)[0] < MIN_SE and _supports(request)


@lru_cache(maxsize=256)
def terms_as_server(wanted: str | None, supported: bool) -> tuple[Terms, Headers]:
    """What we agree to, and the headers of the 2xx that say so."""
    if wanted is None:
        headers: Headers = {"Session-Expires": [f"{INTERVAL};refresher=uas"]} if supported else {}
        return Terms(INTERVAL, we_refresh=True), headers
    interval, refresher = parse_expires(wanted)
    interval = max(interval, MIN_SE)
    if not supported or refresher != "uac":
        return Terms(interval, we_refresh=True), {"Session-Expires": [f"{interval};refresher=uas"]}
    return Terms(interval, we_refresh=False), {
        "Session-Expires": [f"{interval};refresher=uac"],
        "Require": [EXTENSION],
    }


def terms_as_client(response: Response) -> Terms:
    """What the far side agreed to; nothing stated, or nonsense, means that only we refresh."""
    value = response.get("Session-Expires")
    return _OURS if value is None else _terms_in(value)


@lru_cache(maxsize=256)
def _terms_in(value: str) -> Terms:
    try:
        interval, refresher = parse_expires(value)
    except MalformedMessage:
        return _OURS
    return Terms(max(interval, MIN_SE), we_refresh=refresher != "uas")


def longer_headers(response: Response) -> Headers | None:
    """The headers for another try after a 422 (section 7.3); None if it states no sensible Min-SE."""
    try:
        least = response.number("Min-SE")
    except MalformedMessage:
        return None
    if least is None or not MIN_SE < least <= MAX_INTERVAL:
        return None
    return {"Session-Expires": [str(max(least, INTERVAL))], "Min-SE": [str(least)]}


def _supports(request: Request) -> bool:
    lines = request.headers.get("Supported")
    return lines is not None and any(EXTENSION in line for line in lines)


class SessionTimer:
    """The timer of one session; begins with the 2xx to its INVITE."""

    __slots__ = ("_slot", "_terms")

    def __init__(self) -> None:
        self._slot = -1
        self._terms = _OURS

    def answer(self, session: InviteSession, request: Request, now: float) -> Headers:
        """We take the far side's INVITE or UPDATE: returns what the 2xx says of the timer."""
        self._terms, headers = terms_as_server(request.get("Session-Expires"), _supports(request))
        self._wait(session, now)
        return headers

    def answered(self, session: InviteSession, response: Response, now: float) -> None:
        """The far side took our INVITE or UPDATE."""
        self._terms = terms_as_client(response)
        self._wait(session, now)

    def request_headers(self) -> Headers:
        """What a refresh of ours says: the terms as they are, seen from the sender of this request."""
        refresher = "uac" if self._terms.we_refresh else "uas"
        return {
            "Session-Expires": [f"{self._terms.interval};refresher={refresher}"],
            "Min-SE": [str(MIN_SE)],
        }

    def lengthen(self, response: Response) -> bool:
        """Our refresh was too short for somebody (422); returns whether a longer one may be tried."""
        headers = longer_headers(response)
        if headers is None:
            return False
        interval = int(headers["Session-Expires"][0])
        if interval <= self._terms.interval:
            return False
        self._terms = Terms(interval, self._terms.we_refresh)
        return True

    def stop(self, session: InviteSession) -> None:
        """The session is over."""
        if self._slot >= 0:
            session.endpoint.session_timers.take(session, self._slot)
            self._slot = -1

    def _wait(self, session: InviteSession, now: float) -> None:
        self.stop(session)
        interval = self._terms.interval
        wait = interval / 2 if self._terms.we_refresh else interval - min(LAST_CHANCE, interval / 3)
        self._slot = session.endpoint.session_timers.put(session, now + wait)

    def due(self, session: InviteSession, now: float) -> None:
        """Refresh the session, or end it for want of a refresh."""
        self._slot = -1
        if not self._terms.we_refresh:
            session.expired(now)
            return
        # Whatever becomes of the refresh, there is another one; a 2xx to this one puts that off.
        self._wait(session, now)
        session.refresh(now)
