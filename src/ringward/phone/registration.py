"""The registration of one line (RFC 3261 section 10.2): made, kept fresh, taken back."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol

from ringward.phone.configuration import LineConfiguration, Timers
from ringward.phone.identity import Identity
from ringward.protocols.sip.client import ClientRequest
from ringward.protocols.sip.dialog import MAX_FORWARDS
from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.endpoint import METHODS, SipEndpoint
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.flow import Flow, host_for_uri
from ringward.protocols.sip.header import parse_name_address
from ringward.protocols.sip.message import Headers, Request, Response
from ringward.protocols.sip.timers import Timer

FIRST_PAUSE = 10.0
"""Seconds before a refused registration is tried again; doubles each time."""
LONGEST_PAUSE = 600.0
MAX_EXPIRES = 7 * 24 * 3600
"""Longest registration asked for, whatever the configuration or a 423 says."""
_SERVER_GONE = frozenset({408, 480, 500, 502, 503, 504})
"""Answers that mean that another member should be asked (RFC 3261 section 21.5)."""


class RegistrationState(Enum):
    """Where a registration stands."""

    OFF = "off"
    ASKED = "asked for"
    REGISTERED = "registered"
    REFUSED = "refused"
    LEAVING = "being taken back"


class RegistrationUser(Protocol):
    """The phone, as its lines' registrations see it."""

    def on_registered(self, registration: Registration, expires: int) -> None:
        """Registered, where it was not before."""

    def on_unregistered(self, registration: Registration) -> None:
        """Taken back, with or without an answer."""

    def on_refused(self, registration: Registration, status: int, reason: str, again_in: float) -> None:
        """Refused for a reason that another member would have too."""

    def on_no_answer(self, registration: Registration, reason: str, now: float) -> None:
        """The call manager does not answer or cannot serve now."""


class Registration:
    """One line's registration with whichever call manager the phone is connected to."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        identity: Identity,
        line: LineConfiguration,
        timers: Timers,
        user: RegistrationUser,
    ) -> None:
        self._endpoint = endpoint
        self._identity = identity
        self._user = user
        self._timers = timers
        self._call_id = endpoint.new_token()
        self._tag = endpoint.new_token()
        self._cseq = 0
        self._expires = min(max(timers.register_expires, 1), MAX_EXPIRES)
        self._pause = FIRST_PAUSE
        self._timer: Timer | None = None
        self._flow: Flow | None = None
        self._domain = ""
        self._sent: ClientRequest | None = None
        self.line = line
        self.state = RegistrationState.OFF
        self.credentials = credentials_of(line, endpoint.new_token)

    @property
    def address_of_record(self) -> str:
        """The address that is registered."""
        return f"sip:{self.line.number}@{self._domain}"

    @property
    def contact(self) -> str:
        """Contact value by which the call manager reaches the line."""
        if self._flow is None:
            return ""
        uri = self._flow.contact_uri(self.line.contact or self.line.number)
        identity = self._identity
        return (
            f'<{uri}>;+sip.instance="<{identity.instance}>";'
            f'+u.sip!devicename.ccm.cisco.com="{identity.device_name}"'
            + (f';+u.sip!model.ccm.cisco.com="{identity.station_type}"' if identity.station_type else "")
        )

    def start(self, flow: Flow, domain: str, now: float) -> None:
        """Register by a flow, from now on and until told otherwise. ``domain`` is the call manager's host."""
        self._flow = flow
        self._domain = host_for_uri(domain)
        self._pause = FIRST_PAUSE
        self._ask(now)

    def suspend(self) -> None:
        """The connection is gone, and the registration with it."""
        self._stop_timer()
        self._sent = None
        self._flow = None
        self.state = RegistrationState.OFF

    def leave(self, now: float) -> bool:
        """Take the registration back; False if there is none. The end is told by ``on_unregistered``."""
        if self.state in (RegistrationState.OFF, RegistrationState.LEAVING) or self._flow is None:
            return False
        self._stop_timer()
        self.state = RegistrationState.LEAVING
        self._send(0, now)
        return True

    def _ask(self, now: float) -> None:
        self._stop_timer()
        if self.state is not RegistrationState.REGISTERED:
            self.state = RegistrationState.ASKED
        self._send(self._expires, now)

    def _send(self, expires: int, now: float) -> None:
        assert self._flow is not None  # noqa: S101  (only a started registration sends)
        address = f"<{self.address_of_record}>"
        headers: Headers = {
            "Max-Forwards": [MAX_FORWARDS],
            "From": [f"{address};tag={self._tag}"],
            "To": [address],
            "Call-ID": [self._call_id],
            "CSeq": [f"{self._next_cseq()} REGISTER"],
            "Contact": [self.contact],
            "Expires": [str(expires)],
            "User-Agent": [self._identity.user_agent],
            "Allow": [METHODS],
        }
        request = Request("REGISTER", f"sip:{self._domain}", headers)
        self._sent = self._endpoint.request(request, self._flow, self, now, self.credentials, self._next_cseq)

    def _next_cseq(self) -> int:
        self._cseq += 1
        return self._cseq

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """The call manager's final answer; a challenge that can be met is not one."""
        if response.status < 200 or sent is not self._sent:
            return
        self._sent = None
        if self.state is RegistrationState.LEAVING:
            self._left()
        elif response.status < 300:
            self._registered(response, now)
        elif response.status == 423 and self._lengthen(response):
            self._ask(now)
        elif response.status in _SERVER_GONE:
            self._no_answer(f"{response.status} {response.reason}", now)
        else:
            self._refused(response.status, response.reason, now)

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """No answer at all."""
        if sent is not self._sent:
            return
        self._sent = None
        if self.state is RegistrationState.LEAVING:
            self._left()
        else:
            self._no_answer("no answer to REGISTER", now)

    def _registered(self, response: Response, now: float) -> None:
        granted = min(self._granted(response), MAX_EXPIRES)
        if granted <= 0:
            self._refused(response.status, "the answer grants no time", now)
            return
        was, self.state = self.state, RegistrationState.REGISTERED
        self._pause = FIRST_PAUSE
        self._timer = self._endpoint.timers.start_at(now + self._wait(granted), self._due, None)
        if was is not RegistrationState.REGISTERED:
            self._user.on_registered(self, granted)

    def _wait(self, granted: int) -> float:
        """Seconds until the registration is refreshed: before its end, or as a keepalive (R-31).

        A stream has keepalives of its own; by datagrams there is no other way to learn that the call manager
        is there, or has restarted and knows nothing of this phone.
        """
        wait = granted - min(self._timers.register_delta, granted / 2)
        keep_alive = self._timers.keep_alive
        if keep_alive > 0 and self._flow is not None and not self._flow.reliable:
            wait = min(wait, keep_alive)
        return wait

    def _granted(self, response: Response) -> int:
        """Seconds for our contact; the Expires header, or what was asked, where the answer does not say."""
        assert self._flow is not None  # noqa: S101
        own = parse_name_address(self.contact).uri
        default = self._expires
        try:
            default = response.number("Expires") or default
            for value in response.values("Contact"):
                address = parse_name_address(value)
                stated = address.parameter("expires")
                same = (address.uri.user, address.uri.host, address.uri.port) == (own.user, own.host, own.port)
                if same and stated is not None and stated.isascii() and stated.isdigit() and len(stated) < 10:
                    return int(stated)
        except MalformedMessage:
            return default
        return default

    def _lengthen(self, response: Response) -> bool:
        """Ask for longer if the call manager wants so (RFC 3261 section 10.2.8)."""
        try:
            minimum = response.number("Min-Expires") or 0
        except MalformedMessage:
            return False
        if not self._expires < minimum <= MAX_EXPIRES:
            return False
        self._expires = minimum
        return True

    def _refused(self, status: int, reason: str, now: float) -> None:
        self.state = RegistrationState.REFUSED
        again_in, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        self._timer = self._endpoint.timers.start_at(now + again_in, self._due, None)
        self._user.on_refused(self, status, reason, again_in)

    def _no_answer(self, reason: str, now: float) -> None:
        self.suspend()
        self._user.on_no_answer(self, reason, now)

    def _left(self) -> None:
        self.suspend()
        self._user.on_unregistered(self)

    def _due(self, _: None, now: float) -> None:
        if self._flow is not None:
            self._ask(now)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


def credentials_of(line: LineConfiguration, new_token: Callable[[], str]) -> DigestCredentials | None:
    """What the line answers challenges with; None if it was given no digest user (PHONE-12)."""
    if not line.auth_name:
        return None
    password = line.auth_password
    return DigestCredentials(line.auth_name, password.reveal() if password is not None else "", new_token)
