"""One call of a phone: the conversation on the wire, and what the desk makes of it.

A protocol of asyncio and no task, since thousands of phones call within minutes: bytes and answers of the desk go
to the conversation's machine as they come, and what it says is sent. While the desk is asked nothing is read.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from ringward.administration.enrolment import PendingOperation
from ringward.domain.errors import RingwardError, Unavailable
from ringward.domain.vocabulary import CapfFailure, CertificateOperation, KeySize
from ringward.pki.certificates import Certificate, KeyPair
from ringward.protocols.capf.message import Reason
from ringward.protocols.capf.server import (
    Answered,
    Broken,
    Event,
    Introduced,
    KeyFailed,
    KeyOffered,
    ServerSession,
    State,
    Trouble,
)
from ringward.protocols.capf.values import Curve, EcKeyWanted, KeyWanted, RsaKeyWanted
from ringward.services.capf.desk import Desk, Refusal

_log = logging.getLogger(__name__)

CLOSE_TIMEOUT = 5.0
"""Seconds in which a phone must take what was sent to it last."""

R = TypeVar("R")
P = ParamSpec("P")


class Host(Protocol):
    """What a call needs of the service."""

    buffer: memoryview
    """Where bytes are read to; they are taken away at once."""
    authority: Callable[[], KeyPair]
    """Gives the key pair of the certificate that CAPF shows now."""

    def converse(self, address: str) -> ServerSession:
        """A new conversation with a phone at this address."""
        ...

    def ask(
        self, device: str, what: Callable[Concatenate[Desk, P], R], *arguments: P.args, **named: P.kwargs
    ) -> asyncio.Future[R]:
        """Have the desk do something about a device, in its thread."""
        ...

    def proved(self, visit: Visit, device: str) -> None:
        """Something is pending for the device that calls: an older call of the same one is to end."""
        ...

    def over(self, visit: Visit) -> None:
        """The call is over."""
        ...


@dataclass(slots=True)
class Outcome:
    """What is known of a call, for the log and for whoever asks why."""

    device: str = ""
    operation: CertificateOperation = CertificateOperation.NONE
    text: str = ""
    failure: CapfFailure | None = None
    """Why the phone could not be served, as Operation Status calls it."""


class Visit(asyncio.BufferedProtocol):
    """See the module."""

    def __init__(self, address: str, host: Host) -> None:
        self.address = address
        self.outcome = Outcome()
        self._host = host
        self._authority = host.authority()
        """A phone keeps only what is signed by the CAPF that it has called, whatever has changed since."""
        self._loop = asyncio.get_running_loop()
        self._session: ServerSession
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._events: deque[Event] = deque()
        self._asked: asyncio.Future[Any] | None = None
        """What the desk is asked now; events wait for its answer."""
        self._pending: PendingOperation | None = None
        self._certificate: Certificate | None = None
        self._is_ended = False
        """Whether it is decided what came of the call."""

    # -- the connection ------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A phone has connected, and finished the handshake."""
        self._transport = cast("asyncio.Transport", transport)
        self._session = self._host.converse(self.address)
        self._go_on()

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where bytes are read to."""
        return self._host.buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes have come."""
        self._hear(self._session.receive(bytes(self._host.buffer[:nbytes]), self._loop.time()))

    def pause_writing(self) -> None:
        """The phone reads nothing any more."""
        self._abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self._transport = None
        self._hear(self._session.lost())

    def end(self, why: str) -> None:
        """Break off, without a word to the phone; what the desk has begun it carries through."""
        if self._pending is not None:
            self.outcome.text = self.outcome.text or why
        if self._asked is not None:
            self._asked.cancel()
        self._drop()

    def _drop(self) -> None:
        """Close the connection; the desk is not to hear of it as if the phone had done so."""
        self._events.clear()
        if self._transport is not None:
            self._session.lost()
        self._abort()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    # -- one thing after the other -------------------------------------------------------------------------

    def _hear(self, events: list[Event]) -> None:
        self._events += events
        self._go_on()

    def _go_on(self) -> None:
        while self._events and self._asked is None:
            self._take(self._events.popleft())
        if self._transport is None:
            self._stop_clock()
            if self._asked is None:
                self._host.over(self)
        elif not self._transport.is_closing():
            self._stop_clock()
            self._send(self._transport)

    def _send(self, transport: asyncio.Transport) -> None:
        """Send each message in one write, as phones stall when one comes in parts; and set the clock."""
        outgoing, self._session.outgoing = self._session.outgoing, []
        for message in outgoing:
            transport.write(message)
        if self._session.is_over and self._asked is None:
            transport.close()
            self._timer = self._loop.call_later(CLOSE_TIMEOUT, transport.abort)
        elif self._session.deadline is not None:
            self._timer = self._loop.call_at(self._session.deadline, self._ring)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _ring(self) -> None:
        self._hear(self._session.advance(max(self._loop.time(), self._session.deadline or 0.0)))

    def _ask(
        self,
        then: Callable[[R], None],
        what: Callable[Concatenate[Desk, P], R],
        *arguments: P.args,
        **named: P.kwargs,
    ) -> None:
        """Go on with the desk's answer to a question about the device."""
        if self._transport is not None:
            self._transport.pause_reading()
        self._asked = self._host.ask(self.outcome.device, what, *arguments, **named)
        self._asked.add_done_callback(partial(self._answered, then))

    def _answered(self, then: Callable[[Any], None], answer: asyncio.Future[Any]) -> None:
        self._asked = None
        if not answer.cancelled():
            error = answer.exception()
            if error is None:
                then(answer.result())
            elif isinstance(error, Unavailable):
                # The phone takes a refusal as final; a call that breaks off it tries again (CAPF-07).
                self._broken_off(str(error))
            elif isinstance(error, RingwardError):  # such as: no longer pending
                self._refuse(Refusal(Reason.REFUSED, str(error)))
            else:
                _log.error("a call of a phone ended with an error", exc_info=error)
                self._broken_off("an error of the node's own; its log says more")
        if self._transport is not None:
            self._transport.resume_reading()
        self._go_on()

    def _broken_off(self, why: str) -> None:
        """The node could not serve the phone."""
        self.outcome.failure = CapfFailure.CA_COMMUNICATION
        self._note(f"broken off: {why}")
        self._drop()

    # -- what happens --------------------------------------------------------------------------------------

    def _take(self, event: Event) -> None:
        pending = self._pending
        match event:
            case Introduced(introduction):
                self.outcome.device = introduction.device_name
                self._ask(self._received, Desk.receive, introduction, self._session.session_id)
            case KeyOffered(public_key) if pending is not None:
                self._ask(self._issued, Desk.issue, pending, public_key, self._authority)
            case KeyFailed() if pending is not None:
                failure = CapfFailure.KEY_GENERATION
                self._ask(self._refuse, Desk.give_up, pending, failure, "the phone could make no key")
            case Answered(done, certificates) if pending is not None:
                self._conclude(pending, done, certificates)
            case Broken() if self._is_ended:
                return  # the phone did not wait to be told
            case Broken(trouble, state, detail):
                why = f"{trouble.value}{f' ({detail})' if detail else ''}, {state.value}"
                if pending is None:
                    self._note(why)
                    return
                late = trouble is Trouble.TIME and state is State.AWAITS_KEY
                failure = CapfFailure.KEY_GENERATION if late else CapfFailure.PHONE_COMMUNICATION
                self._ask(self._refuse, Desk.broke_off, pending, failure, why)

    def _received(self, answer: PendingOperation | Refusal) -> None:
        if isinstance(answer, Refusal):
            self._refuse(answer)
            return
        self._pending, self.outcome.operation = answer, answer.operation
        self._host.proved(self, answer.device)
        now = self._loop.time()
        match answer.operation:
            case CertificateOperation.INSTALL_UPGRADE:
                self._session.want_key(_wanted(answer.key_size), now)
            case CertificateOperation.DELETE:
                self._session.delete(now)
            case _:
                self._session.fetch(now)

    def _issued(self, answer: Certificate | Refusal) -> None:
        if isinstance(answer, Refusal):
            self._refuse(answer)
            return
        self._certificate = answer
        self._session.store(answer.der, self._loop.time())

    def _conclude(self, pending: PendingOperation, done: bool, certificates: tuple[bytes, ...]) -> None:
        succeeded = partial(self._end, Reason.SUCCESS)
        match pending.operation:
            case CertificateOperation.INSTALL_UPGRADE if done and self._certificate is not None:
                self._ask(succeeded, Desk.installed, pending, self._certificate)
            case CertificateOperation.DELETE if done:
                self._ask(succeeded, Desk.deleted, pending)
            case CertificateOperation.TROUBLESHOOT if done and certificates:
                # as other servers end this one
                self._ask(partial(self._end, Reason.NOTHING_TO_DO), Desk.shown, pending, certificates)
            case CertificateOperation.INSTALL_UPGRADE:
                why = "the phone could not keep its certificate"
                self._ask(self._refuse, Desk.broke_off, pending, CapfFailure.PHONE_COMMUNICATION, why)
            case _:
                self._ask(self._has_none, Desk.give_up, pending, CapfFailure.INVALID_LSC, "the phone has none")

    def _has_none(self, refusal: Refusal) -> None:
        self.outcome.failure = refusal.failure
        self._end(Reason.NOTHING_TO_DO, refusal.why)

    def _refuse(self, refusal: Refusal) -> None:
        if refusal.failure is not None:
            self.outcome.operation, self.outcome.failure = refusal.operation, refusal.failure
        self._end(refusal.told, refusal.why)

    def _end(self, told: Reason, text: str) -> None:
        """End the conversation, if it is not over yet."""
        self._is_ended = True
        self._note(text)
        self._session.end(told, self._loop.time())

    def _note(self, text: str) -> None:
        self.outcome.text = text


_CURVES = {
    KeySize.EC_256: Curve.SECP256R1,
    KeySize.EC_384: Curve.SECP384R1,
    KeySize.EC_521: Curve.SECP521R1,
}


def _wanted(size: KeySize) -> KeyWanted:
    return EcKeyWanted(_CURVES[size]) if size in _CURVES else RsaKeyWanted(size.bits)
