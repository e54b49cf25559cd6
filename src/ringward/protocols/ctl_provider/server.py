"""The provider's side of a conversation: which request may come when, and for how long it is waited for.

One request at a time: the next is read when the one before is answered. Whoever breaks the rules gets one refusal,
and the conversation is over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

from ringward.protocols.ctl_provider.framing import MAX_FIRST_FRAME, MAX_FRAME, Framer, frame
from ringward.protocols.ctl_provider.messages import (
    VERSION,
    Abort,
    Aborted,
    Commit,
    Committed,
    DescribeCluster,
    ForgetPhone,
    GetTrustList,
    Goodbye,
    Hello,
    IssueTokenCertificate,
    LoggedIn,
    LogIn,
    LogOut,
    MalformedMessage,
    PlanChange,
    ProveToken,
    Refusal,
    RefusalCode,
    Reply,
    ReportFailure,
    Request,
    Saved,
    SaveTrustList,
    SetClusterMode,
    Welcome,
    encode,
    parse_request,
)

LOGIN_TIME = 60.0
"""Seconds from the connection to a login: a person types name and password."""
IDLE_TIME = 1800.0
"""Seconds between two requests: a person fetches a token from the safe."""
COMMIT_TIME = 60.0
"""Seconds from a saved list to its commit; it keeps all other clients waiting (CTL-33)."""
LOGIN_ATTEMPTS = 3
"""Wrong logins on one connection; the lock-out of the account comes on top."""


class State(Enum):
    """Where a conversation is."""

    NEW = "new"
    GREETED = "greeted"
    LOGGED_IN = "logged in"
    SAVED = "list saved"
    CLOSED = "closed"


class Step(Enum):
    """What is done with a request."""

    GREET = "greet"
    ASK = "have the service answer"
    LEAVE = "say goodbye"


_WORK = (
    DescribeCluster,
    GetTrustList,
    IssueTokenCertificate,
    PlanChange,
    ForgetPhone,
    ReportFailure,
    ProveToken,
    SetClusterMode,
    SaveTrustList,
)
MACHINE: Mapping[tuple[State, type[Any]], tuple[Step, State]] = MappingProxyType(
    {
        (State.NEW, Hello): (Step.GREET, State.GREETED),
        (State.GREETED, LogIn): (Step.ASK, State.GREETED),
        (State.GREETED, LogOut): (Step.LEAVE, State.CLOSED),
        **{(State.LOGGED_IN, kind): (Step.ASK, State.LOGGED_IN) for kind in _WORK},
        (State.LOGGED_IN, LogOut): (Step.LEAVE, State.CLOSED),
        (State.SAVED, Commit): (Step.ASK, State.SAVED),
        (State.SAVED, Abort): (Step.ASK, State.SAVED),
    }
)
"""What is not here is refused, and ends the conversation."""
AFTER_REPLY: Mapping[tuple[State, type[Any]], State] = MappingProxyType(
    {
        (State.GREETED, LoggedIn): State.LOGGED_IN,
        (State.LOGGED_IN, Saved): State.SAVED,
        (State.SAVED, Committed): State.LOGGED_IN,
        (State.SAVED, Aborted): State.LOGGED_IN,
        (State.SAVED, Refusal): State.LOGGED_IN,
    }
)
"""What the service's answer changes; what is not here changes nothing."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the provider says of itself."""

    software: str
    server: str
    challenge: bytes


class ProviderConversation:
    """One client, from the first octet on. ``now`` is any clock in seconds that never goes back."""

    def __init__(self, greeting: Greeting, now: float) -> None:
        self.state = State.NEW
        self._greeting = greeting
        self._framer = Framer(MAX_FIRST_FRAME)
        self._outgoing = bytearray()
        self._asked: Request | None = None
        self._attempts = 0
        self._deadline = now + LOGIN_TIME

    @property
    def challenge(self) -> bytes:
        """Random, and of this conversation alone."""
        return self._greeting.challenge

    @property
    def over(self) -> bool:
        """Whether the connection is to be closed once everything is sent."""
        return self.state is State.CLOSED

    @property
    def next_deadline(self) -> float | None:
        """When :meth:`advance` is due; None while the service works on an answer."""
        return None if self._asked is not None or self.over else self._deadline

    def receive(self, data: bytes, now: float) -> Request | None:
        """Take octets; returns a request that the service must answer with :meth:`reply`."""
        if self.over:
            return None
        self._framer.feed(data)
        if self._asked is not None:
            if self._framer.waiting > self._framer.limit:
                self._break_off("one request at a time")
            return None
        return self._next(now)

    def reply(self, reply: Reply, now: float) -> Request | None:
        """Answer the request; returns the next one if it has come already."""
        if self.over:
            return None
        self._asked = None
        self._say(reply)
        self.state = AFTER_REPLY.get((self.state, type(reply)), self.state)
        if self.state is State.GREETED:
            self._attempts += 1
            if self._attempts >= LOGIN_ATTEMPTS:
                self.state = State.CLOSED
                return None
        else:
            self._framer.limit = MAX_FRAME
            self._deadline = now + (COMMIT_TIME if self.state is State.SAVED else IDLE_TIME)
        return self._next(now)

    def advance(self, now: float) -> None:
        """The time is up."""
        if self.next_deadline is not None and now >= self._deadline:
            self._break_off("too long without a request")

    def data_to_send(self) -> bytes:
        """What is to be sent now."""
        data = bytes(self._outgoing)
        self._outgoing.clear()
        return data

    def _next(self, now: float) -> Request | None:
        try:
            for content in self._framer.frames():
                request = parse_request(content)
                if self._take(request):
                    return request
                if self.over:
                    break
        except MalformedMessage as error:
            self._break_off(str(error))
        return None

    def _take(self, request: Request) -> bool:
        """Whether the service must answer."""
        step, state = MACHINE.get((self.state, type(request)), (None, State.CLOSED))
        if step is None:
            self._refuse(request)
        elif step is Step.GREET:
            self._greet(request)
        elif step is Step.LEAVE:
            self._say(Goodbye())
        if not self.over:
            self.state = state
        if step is Step.ASK:
            self._asked = request
        return step is Step.ASK

    def _greet(self, request: Request) -> None:
        if isinstance(request, Hello) and VERSION in request.versions:
            who = self._greeting
            self._say(Welcome(VERSION, who.software, who.server, who.challenge))
        else:
            self._say(Refusal(RefusalCode.VERSION.value, f"this provider speaks version {VERSION} alone"))
            self.state = State.CLOSED

    def _refuse(self, request: Request) -> None:
        if self.state in (State.NEW, State.GREETED):
            self._say(Refusal(RefusalCode.NOT_LOGGED_IN.value, "log in first"))
        else:
            self._say(Refusal(RefusalCode.BAD_REQUEST.value, f"{request.type} is not expected here"))

    def _break_off(self, reason: str) -> None:
        self._say(Refusal(RefusalCode.BAD_REQUEST.value, reason))
        self.state = State.CLOSED

    def _say(self, reply: Reply) -> None:
        self._outgoing += frame(encode(reply))
