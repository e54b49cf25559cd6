"""The phone's side of one CAPF conversation, a table of (state, input) to (action, next state).

Its owner holds keys and certificates: the machine tells it by events what the server wants, and it answers by
orders. Each message of :attr:`ClientSession.outgoing` must leave in one write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ringward.protocols.capf.message import MalformedMessage, Message, MessageReader, MessageType, Reason, Tag
from ringward.protocols.capf.values import (
    VERSION_WITH_KEY_TYPES,
    Introduction,
    KeyWanted,
    read_key_request,
    unwrap_certificates,
    wrap_certificates,
)

ANSWER_TIMEOUT = 30.0
"""Seconds without a word from the server, after which the phone takes it for lost."""


class State(Enum):
    """Where the conversation stands, as a phone shows it."""

    AWAITS_CHALLENGE = "connected"
    INTRODUCING = "authenticating"
    AWAITS_ORDER = "authenticated"
    MAKING_KEY = "generating key"
    AWAITS_CERTIFICATE = "in progress"
    STORING = "storing the certificate"
    DELETING = "deleting the certificate"
    SHOWING = "showing certificates"
    AWAITS_END = "waiting for the end"
    OVER = "over"


class Input(Enum):
    """What can happen to it."""

    CHALLENGE = "AUTH_REQUEST"
    KEY_WANTED = "KEY_GENERATE_REQUEST"
    STORE = "STORE_CERTIFICATE_REQUEST"
    DELETE = "DELETE_CERTIFICATE_REQUEST"
    FETCH = "FETCH_CERTIFICATE_REQUEST"
    END = "END_SESSION"
    ORDER_INTRODUCE = "owner introduces itself"
    ORDER_KEY = "owner has a key"
    ORDER_NO_KEY = "owner can make no such key"
    ORDER_ANSWER = "owner has done it, or not"


@dataclass(frozen=True, slots=True)
class Challenged:
    """The server asks who calls. Answer with :meth:`ClientSession.introduce`."""

    session_id: int
    version: int
    """The highest that the server speaks."""


@dataclass(frozen=True, slots=True)
class KeyAsked:
    """The server wants a key. Answer with :meth:`ClientSession.offer_key` or :meth:`~ClientSession.refuse_key`."""

    wanted: KeyWanted


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """The server sends a certificate (DER). Check and keep it, then :meth:`ClientSession.answer`."""

    certificate: bytes


@dataclass(frozen=True, slots=True)
class DeletionAsked:
    """The LSC shall be forgotten. Answer with :meth:`ClientSession.answer`."""


@dataclass(frozen=True, slots=True)
class CertificatesAsked:
    """The server wants to see the certificates. Answer with :meth:`ClientSession.answer`."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The server has ended the conversation; ``reason`` is a :class:`Reason` or another number."""

    reason: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The conversation broke down."""

    detail: str


Event = Challenged | KeyAsked | CertificateIssued | DeletionAsked | CertificatesAsked | Finished | Failed


class ClientSession:
    """See the module."""

    def __init__(self, now: float) -> None:
        self.state = State.AWAITS_CHALLENGE
        self.outgoing: list[bytes] = []
        """Messages to send; the owner takes them out."""
        self.deadline: float | None = now + ANSWER_TIMEOUT
        """When :meth:`advance` wants to be called."""
        self._reader = MessageReader()
        self._events: list[Event] = []
        self._session_id = 0
        self._version = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more is sent or read."""
        return self.state is State.OVER

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Bytes from the server."""
        try:
            for message in self._reader.feed(data):
                self._take(message, now)
        except MalformedMessage as error:
            if not self.is_over:
                self._fail(str(error))
        return self._told()

    def advance(self, now: float) -> list[Event]:
        """Time has passed."""
        if self.deadline is not None and now >= self.deadline:
            self._fail("the server does not answer")
        return self._told()

    def lost(self) -> list[Event]:
        """The connection is gone."""
        if not self.is_over:
            self._fail("the server closed the connection")
        return self._told()

    # -- orders --------------------------------------------------------------------------------------------

    def introduce(self, introduction: Introduction, now: float) -> None:
        """Say who calls; its version must not be above the server's."""
        self._step(Input.ORDER_INTRODUCE, now, introduction)

    def offer_key(self, public_key: bytes, now: float) -> None:
        """The key is made (DER of a SubjectPublicKeyInfo)."""
        self._step(Input.ORDER_KEY, now, public_key)

    def refuse_key(self, now: float) -> None:
        """No such key can be made."""
        self._step(Input.ORDER_NO_KEY, now)

    def answer(self, *, done: bool, now: float, certificates: tuple[bytes, ...] = ()) -> None:
        """Whether it is stored, deleted or shown; ``certificates`` (DER) are those that are shown."""
        self._step(Input.ORDER_ANSWER, now, (done, certificates))

    # -- inside --------------------------------------------------------------------------------------------

    def _take(self, message: Message, now: float) -> None:
        if self.is_over:
            return  # what follows the end is not looked at
        if self.state is State.AWAITS_CHALLENGE:
            self._session_id = message.session_id
        elif message.session_id != self._session_id:
            raise MalformedMessage(f"session {message.session_id} instead of {self._session_id}")
        what = _INPUTS.get(message.type)
        if what is None or (self.state, what) not in TABLE:
            raise MalformedMessage(f"{message.type.name} while {self.state.value}")
        self._step(what, now, message)

    def _step(self, what: Input, now: float, content: object = None) -> None:
        if self.is_over:
            return  # an order came too late: the conversation broke down while its owner was deciding
        if (entry := TABLE.get((self.state, what))) is None:
            raise RuntimeError(f"a conversation that is {self.state.value} cannot take: {what.value}")
        was = self.state
        action, self.state = entry
        self.deadline = now + ANSWER_TIMEOUT if self.state in _AWAITING else None
        action(self, content, was)

    def _fail(self, detail: str) -> None:
        self.state, self.deadline = State.OVER, None
        self._events.append(Failed(detail))

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _send(self, kind: MessageType, *elements: tuple[int, bytes]) -> None:
        self.outgoing.append(Message(kind, self._session_id, elements).encode())

    # -- actions -------------------------------------------------------------------------------------------

    def _challenged(self, content: object, _: State) -> None:
        version = _message(content).number(Tag.VERSION)
        self._events.append(Challenged(self._session_id, 1 if version is None else version))

    def _introduce(self, content: object, _: State) -> None:
        if not isinstance(content, Introduction):
            raise TypeError("an introduction is wanted")
        self._version = content.version
        self.outgoing.append(content.message(self._session_id).encode())

    def _make_key(self, content: object, _: State) -> None:
        wanted = read_key_request(_message(content))
        if self._version >= VERSION_WITH_KEY_TYPES:  # desk phones do, softphones of version 2 do not
            self._send(MessageType.REQUEST_IN_PROGRESS)
        self._events.append(KeyAsked(wanted))

    def _offer_key(self, content: object, _: State) -> None:
        if not isinstance(content, bytes):
            raise TypeError("a key is wanted")
        self._send(MessageType.KEY_GENERATE_RESPONSE, (Tag.PUBLIC_KEY, content))

    def _refuse_key(self, _content: object, _: State) -> None:
        self._send(MessageType.KEY_GENERATE_RESPONSE, (Tag.REASON, bytes([Reason.REFUSED])))

    def _issued(self, content: object, _: State) -> None:
        certificates = unwrap_certificates(_message(content).find(Tag.CERTIFICATE) or b"")
        if not certificates:
            raise MalformedMessage("STORE_CERTIFICATE_REQUEST without a certificate")
        self._events.append(CertificateIssued(certificates[0]))

    def _deletion_asked(self, _content: object, _: State) -> None:
        self._events.append(DeletionAsked())

    def _certificates_asked(self, _content: object, _: State) -> None:
        self._events.append(CertificatesAsked())

    def _answer(self, content: object, was: State) -> None:
        if not isinstance(content, tuple):
            raise TypeError("an outcome is wanted")
        done, certificates = content
        elements: list[tuple[int, bytes]] = [(Tag.REASON, bytes([Reason.SUCCESS if done else Reason.REFUSED]))]
        if certificates:
            elements.append((Tag.CERTIFICATE, wrap_certificates(certificates)))
        self._send(_ANSWERS[was], *elements)

    def _finish(self, content: object, _: State) -> None:
        reason = _message(content).number(Tag.REASON)
        self._events.append(Finished(Reason.REFUSED if reason is None else reason))


def _message(content: object) -> Message:
    if not isinstance(content, Message):
        raise TypeError("a message is wanted")
    return content


_INPUTS = {
    MessageType.AUTH_REQUEST: Input.CHALLENGE,
    MessageType.KEY_GENERATE_REQUEST: Input.KEY_WANTED,
    MessageType.STORE_CERTIFICATE_REQUEST: Input.STORE,
    MessageType.DELETE_CERTIFICATE_REQUEST: Input.DELETE,
    MessageType.FETCH_CERTIFICATE_REQUEST: Input.FETCH,
    MessageType.END_SESSION: Input.END,
}
_ANSWERS = {
    State.STORING: MessageType.STORE_CERTIFICATE_RESPONSE,
    State.DELETING: MessageType.DELETE_CERTIFICATE_RESPONSE,
    State.SHOWING: MessageType.FETCH_CERTIFICATE_RESPONSE,
}
_AWAITING = frozenset({State.AWAITS_CHALLENGE, State.AWAITS_ORDER, State.AWAITS_CERTIFICATE, State.AWAITS_END})

Action = Callable[[ClientSession, object, State], None]
TABLE: dict[tuple[State, Input], tuple[Action, State]] = {
    (State.AWAITS_CHALLENGE, Input.CHALLENGE): (ClientSession._challenged, State.INTRODUCING),
    (State.INTRODUCING, Input.ORDER_INTRODUCE): (ClientSession._introduce, State.AWAITS_ORDER),
    (State.AWAITS_ORDER, Input.KEY_WANTED): (ClientSession._make_key, State.MAKING_KEY),
    (State.AWAITS_ORDER, Input.DELETE): (ClientSession._deletion_asked, State.DELETING),
    (State.AWAITS_ORDER, Input.FETCH): (ClientSession._certificates_asked, State.SHOWING),
    (State.AWAITS_ORDER, Input.END): (ClientSession._finish, State.OVER),
    (State.MAKING_KEY, Input.ORDER_KEY): (ClientSession._offer_key, State.AWAITS_CERTIFICATE),
    (State.MAKING_KEY, Input.ORDER_NO_KEY): (ClientSession._refuse_key, State.AWAITS_ORDER),
    (State.MAKING_KEY, Input.END): (ClientSession._finish, State.OVER),
    (State.AWAITS_CERTIFICATE, Input.STORE): (ClientSession._issued, State.STORING),
    (State.AWAITS_CERTIFICATE, Input.END): (ClientSession._finish, State.OVER),
    (State.STORING, Input.ORDER_ANSWER): (ClientSession._answer, State.AWAITS_END),
    (State.DELETING, Input.ORDER_ANSWER): (ClientSession._answer, State.AWAITS_END),
    (State.SHOWING, Input.ORDER_ANSWER): (ClientSession._answer, State.AWAITS_END),
    (State.AWAITS_END, Input.END): (ClientSession._finish, State.OVER),
}
"""A message that is not here ends the conversation."""
