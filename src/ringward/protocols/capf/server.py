"""The server's side of one CAPF conversation, a table of (state, input) to (action, next state).

The machine knows the wire and keeps the time. Who may have what is decided by its owner, who is told by events and
answers by orders. Each message of :attr:`ServerSession.outgoing` must leave in one write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from ringward.protocols.capf.message import MalformedMessage, Message, MessageReader, MessageType, Reason, Tag
from ringward.protocols.capf.values import (
    CURRENT_VERSION,
    CertificateType,
    Introduction,
    KeyWanted,
    key_request,
    unwrap_certificates,
    wrap_certificates,
)

MAX_PROGRESS_REPORTS = 1000
"""REQUEST_IN_PROGRESS of one conversation; a phone sends one, and a chatty one could send one a second."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long the server waits, in seconds, and how often it asks."""

    introduction: float = 60.0
    key_generation: float = 30 * 60.0
    """All attempts together, however often the phone says that it is at it (CAPF-10)."""
    answer: float = 120.0
    """For storing, deleting and fetching: phones write to flash slowly."""
    key_requests: int = 4
    """How often a key is asked for: once, and again when the phone could not make one (CAPF-13)."""


class State(Enum):
    """Where the conversation stands."""

    NEW = "new"
    AWAITS_INTRODUCTION = "waiting for authentication response"
    DECIDING = "owner decides"
    AWAITS_KEY = "waiting for key generation response"
    ISSUING = "owner issues"
    AWAITS_STORED = "waiting for store certificate response"
    AWAITS_DELETED = "waiting for delete certificate response"
    AWAITS_FETCHED = "waiting for fetch certificate response"
    CONCLUDING = "owner concludes"
    OVER = "over"


class Input(Enum):
    """What can happen to it."""

    START = "connected"
    INTRODUCTION = "AUTH_RESPONSE"
    KEY = "KEY_GENERATE_RESPONSE with a key"
    NO_KEY = "KEY_GENERATE_RESPONSE without a key"
    PROGRESS = "REQUEST_IN_PROGRESS"
    STORED = "STORE_CERTIFICATE_RESPONSE"
    DELETED = "DELETE_CERTIFICATE_RESPONSE"
    FETCHED = "FETCH_CERTIFICATE_RESPONSE"
    ORDER_KEY = "owner wants a key"
    ORDER_STORE = "owner has a certificate"
    ORDER_DELETE = "owner wants a deletion"
    ORDER_FETCH = "owner wants to see certificates"
    ORDER_END = "owner ends"


@dataclass(frozen=True, slots=True)
class Introduced:
    """The phone has said who it is. Answer with an order, or end."""

    introduction: Introduction


@dataclass(frozen=True, slots=True)
class KeyOffered:
    """The phone has made a key. Answer with :meth:`ServerSession.store`, or end."""

    public_key: bytes
    """DER of a SubjectPublicKeyInfo, as far as anybody has looked."""


@dataclass(frozen=True, slots=True)
class KeyFailed:
    """The phone made no key, as often as it was asked. End."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The phone has stored, deleted or shown what it was told to, or could not. End."""

    done: bool
    certificates: tuple[bytes, ...] = ()
    """What it has shown (DER)."""


class Trouble(Enum):
    """Why a conversation broke down."""

    LOST = "the phone closed the connection"
    TIME = "the phone did not answer in time"
    PROTOCOL = "the phone sent something that cannot be here"


@dataclass(frozen=True, slots=True)
class Broken:
    """The conversation is over before its end."""

    trouble: Trouble
    state: State
    """Where it stood."""
    detail: str = ""


Event = Introduced | KeyOffered | KeyFailed | Answered | Broken


class ServerSession:
    """See the module."""

    def __init__(
        self,
        session_id: int,
        now: float,
        limits: Limits | None = None,
        *,
        announce_authentication_type: bool = False,
        observer: Callable[[bool, Message], None] | None = None,
    ) -> None:
        """``announce_authentication_type``: send the longer first message, which some servers do.

        ``observer`` is shown each message, with whether it was received.
        """
        self.session_id = session_id
        self.state = State.NEW
        self.outgoing: list[bytes] = []
        """Messages to send; the owner takes them out."""
        self.deadline: float | None = None
        """When :meth:`advance` wants to be called."""
        self._limits = limits or Limits()
        self._longer_form = announce_authentication_type
        self._observer = observer
        self._reader = MessageReader()
        self._events: list[Event] = []
        self._version = CURRENT_VERSION
        self._wanted: KeyWanted | None = None
        self._requests = 0
        self._reports = 0
        self._step(Input.START, now)

    @property
    def is_over(self) -> bool:
        """Whether nothing more is sent or read."""
        return self.state is State.OVER

    # -- what happens --------------------------------------------------------------------------------------

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Bytes from the phone."""
        try:
            for message in self._reader.feed(data):
                self._take(message, now)
        except MalformedMessage as error:
            if not self.is_over:
                self._break(Trouble.PROTOCOL, str(error))
        return self._told()

    def advance(self, now: float) -> list[Event]:
        """Time has passed."""
        if self.deadline is not None and now >= self.deadline:
            self._break(Trouble.TIME)
        return self._told()

    def lost(self) -> list[Event]:
        """The connection is gone."""
        if not self.is_over:
            self._break(Trouble.LOST)
        return self._told()

    # -- orders --------------------------------------------------------------------------------------------

    def want_key(self, wanted: KeyWanted, now: float) -> None:
        """Have the phone make a key."""
        self._wanted = wanted
        self._step(Input.ORDER_KEY, now)

    def store(self, certificate: bytes, now: float) -> None:
        """Have the phone keep a certificate (DER) for the key that it made."""
        self._step(Input.ORDER_STORE, now, certificate)

    def delete(self, now: float) -> None:
        """Have the phone forget its LSC."""
        self._step(Input.ORDER_DELETE, now)

    def fetch(self, now: float) -> None:
        """Have the phone show its certificates."""
        self._step(Input.ORDER_FETCH, now)

    def end(self, reason: Reason, now: float) -> None:
        """End the conversation; the connection is to be closed after what is in :attr:`outgoing`."""
        self._step(Input.ORDER_END, now, reason)

    # -- inside --------------------------------------------------------------------------------------------

    def _take(self, message: Message, now: float) -> None:
        if self._observer is not None:
            self._observer(True, message)
        if self.is_over:
            return  # what follows the end is not looked at
        if message.session_id != self.session_id:
            raise MalformedMessage(f"session {message.session_id} instead of {self.session_id}")
        what = _INPUTS.get(message.type)
        if what is Input.KEY and message.find(Tag.PUBLIC_KEY) is None:
            what = Input.NO_KEY
        if what is None or (self.state, what) not in TABLE:
            raise MalformedMessage(f"{message.type.name} while {self.state.value}")
        self._step(what, now, message)

    def _step(self, what: Input, now: float, content: object = None) -> None:
        if self.is_over:
            return  # an order came too late: the conversation broke down while its owner was deciding
        if (entry := TABLE.get((self.state, what))) is None:
            raise RuntimeError(f"a conversation that is {self.state.value} cannot take: {what.value}")
        action, self.state = entry
        action(self, now, content)

    def _break(self, trouble: Trouble, detail: str = "") -> None:
        state, self.state, self.deadline = self.state, State.OVER, None
        if trouble is not Trouble.LOST:
            self._send(MessageType.END_SESSION, (Tag.REASON, bytes([Reason.REFUSED])))
        self._events.append(Broken(trouble, state, detail))

    def _told(self) -> list[Event]:
        events, self._events = self._events, []
        return events

    def _send(self, kind: MessageType, *elements: tuple[int, bytes]) -> None:
        self._say(Message(kind, self.session_id, elements))

    def _say(self, message: Message) -> None:
        if self._observer is not None:
            self._observer(False, message)
        self.outgoing.append(message.encode())

    # -- actions -------------------------------------------------------------------------------------------

    def _ask_introduction(self, now: float, _: object) -> None:
        elements: list[tuple[int, bytes]] = [(Tag.VERSION, bytes([CURRENT_VERSION]))]
        if self._longer_form:
            elements.append((Tag.AUTH_TYPE, b"\0"))
        self._send(MessageType.AUTH_REQUEST, *elements)
        self.deadline = now + self._limits.introduction

    def _introduced(self, now: float, content: object) -> None:
        introduction = Introduction.parse(_message(content))
        if not 1 <= introduction.version <= CURRENT_VERSION:
            raise MalformedMessage(f"version {introduction.version} of the protocol is not known")
        self._version, self.deadline = introduction.version, None
        self._events.append(Introduced(introduction))

    def _ask_key(self, now: float, _: object) -> None:
        self.deadline = now + self._limits.key_generation
        self._request_key()

    def _request_key(self) -> None:
        if self._wanted is None:
            raise RuntimeError("no key was wanted")
        self._requests += 1
        self._say(key_request(self._wanted, self.session_id, self._version))

    def _note_progress(self, now: float, _: object) -> None:
        self._reports += 1
        if self._reports > MAX_PROGRESS_REPORTS:
            raise MalformedMessage("too many messages that the phone is at it")

    def _ask_key_again(self, now: float, _: object) -> None:
        if self._requests < self._limits.key_requests:
            self._request_key()
            return
        self.state, self.deadline = State.CONCLUDING, None
        self._events.append(KeyFailed())

    def _key_offered(self, now: float, content: object) -> None:
        self.deadline = None
        self._events.append(KeyOffered(_message(content).find(Tag.PUBLIC_KEY) or b""))

    def _send_certificate(self, now: float, content: object) -> None:
        if not isinstance(content, bytes):
            raise TypeError("a certificate is wanted")
        self._send(
            MessageType.STORE_CERTIFICATE_REQUEST,
            (Tag.CERTIFICATE_TYPE, bytes([CertificateType.LSC])),
            (Tag.CERTIFICATE, wrap_certificates((content,))),
        )
        self.deadline = now + self._limits.answer

    def _ask_deletion(self, now: float, _: object) -> None:
        self._send(MessageType.DELETE_CERTIFICATE_REQUEST)
        self.deadline = now + self._limits.answer

    def _ask_certificates(self, now: float, _: object) -> None:
        self._send(MessageType.FETCH_CERTIFICATE_REQUEST)
        self.deadline = now + self._limits.answer

    def _answered(self, now: float, content: object) -> None:
        message = _message(content)
        certificates = unwrap_certificates(message.find(Tag.CERTIFICATE) or b"")
        self.deadline = None
        self._events.append(Answered(message.number(Tag.REASON) == Reason.SUCCESS, certificates))

    def _end(self, now: float, content: object) -> None:
        if not isinstance(content, Reason):
            raise TypeError("a reason is wanted")
        self.deadline = None
        self._send(MessageType.END_SESSION, (Tag.REASON, bytes([content])))


def _message(content: object) -> Message:
    if not isinstance(content, Message):
        raise TypeError("a message is wanted")
    return content


_INPUTS = {
    MessageType.AUTH_RESPONSE: Input.INTRODUCTION,
    MessageType.KEY_GENERATE_RESPONSE: Input.KEY,
    MessageType.REQUEST_IN_PROGRESS: Input.PROGRESS,
    MessageType.STORE_CERTIFICATE_RESPONSE: Input.STORED,
    MessageType.DELETE_CERTIFICATE_RESPONSE: Input.DELETED,
    MessageType.FETCH_CERTIFICATE_RESPONSE: Input.FETCHED,
}

Action = Callable[[ServerSession, float, object], None]
TABLE: dict[tuple[State, Input], tuple[Action, State]] = {
    (State.NEW, Input.START): (ServerSession._ask_introduction, State.AWAITS_INTRODUCTION),
    (State.AWAITS_INTRODUCTION, Input.INTRODUCTION): (ServerSession._introduced, State.DECIDING),
    (State.DECIDING, Input.ORDER_KEY): (ServerSession._ask_key, State.AWAITS_KEY),
    (State.DECIDING, Input.ORDER_DELETE): (ServerSession._ask_deletion, State.AWAITS_DELETED),
    (State.DECIDING, Input.ORDER_FETCH): (ServerSession._ask_certificates, State.AWAITS_FETCHED),
    (State.DECIDING, Input.ORDER_END): (ServerSession._end, State.OVER),
    (State.AWAITS_KEY, Input.PROGRESS): (ServerSession._note_progress, State.AWAITS_KEY),
    (State.AWAITS_KEY, Input.NO_KEY): (ServerSession._ask_key_again, State.AWAITS_KEY),
    (State.AWAITS_KEY, Input.KEY): (ServerSession._key_offered, State.ISSUING),
    (State.ISSUING, Input.ORDER_STORE): (ServerSession._send_certificate, State.AWAITS_STORED),
    (State.ISSUING, Input.ORDER_END): (ServerSession._end, State.OVER),
    (State.AWAITS_STORED, Input.STORED): (ServerSession._answered, State.CONCLUDING),
    (State.AWAITS_DELETED, Input.DELETED): (ServerSession._answered, State.CONCLUDING),
    (State.AWAITS_FETCHED, Input.FETCHED): (ServerSession._answered, State.CONCLUDING),
    (State.CONCLUDING, Input.ORDER_END): (ServerSession._end, State.OVER),
}
"""A message that is not here ends the conversation. ``AWAITS_KEY`` without a key goes to ``CONCLUDING`` after the
last attempt."""
