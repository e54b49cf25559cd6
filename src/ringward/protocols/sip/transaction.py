"""One SIP transaction, as whoever uses it sees it: a request that came, or one that was sent.

What happens to them is decided in :mod:`ringward.protocols.sip.transaction_layer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.header import tag_of
from ringward.protocols.sip.message import Request, Response, response_to

if TYPE_CHECKING:
    from ringward.protocols.sip.timers import Timer
    from ringward.protocols.sip.transaction_layer import TransactionLayer


@dataclass(frozen=True, slots=True)
class Timing:
    """The base timers in seconds (RFC 3261 section 17.1.1.1 and table 4)."""

    t1: float = 0.5
    t2: float = 4.0
    t4: float = 5.0
    trying: float = 0.2
    """An INVITE that got no answer by then is answered with 100 (section 17.2.1)."""

    @property
    def timeout(self) -> float:
        """Timers B, F, H, J, L and M."""
        return 64 * self.t1


class ClientUser(Protocol):
    """Who sent a request and waits for responses."""

    def on_response(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        """A response came."""

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        """No final response came in time, or the transport failed."""

    def on_over(self, transaction: ClientTransaction) -> None:
        """No copy of a final response is waited for any longer: let go of what was kept for it."""


class ServerTransaction:
    """A request that came, and what was answered to it."""

    __slots__ = (
        "_layer",
        "flow",
        "identity",
        "interval",
        "is_invite",
        "key",
        "last",
        "origin",
        "request",
        "state",
        "timer",
        "until",
    )

    def __init__(self, layer: TransactionLayer, key: str, request: Request, flow: Flow) -> None:
        self.origin: object = None
        """Whom the user of the layer found the request to come from; nothing here looks at it."""
        self._layer = layer
        self.key = key
        self.identity = ""
        """What a copy of the request that came by another way has in common with it (RFC 3261 section 8.2.2.2)."""
        self.request = request
        self.flow = flow
        self.is_invite = request.method == "INVITE"
        self.state = "proceeding" if self.is_invite else "trying"
        self.timer: Timer | None = None
        self.last: bytes = b""
        """The bytes of the last response."""
        self.interval = 0.0
        self.until = 0.0

    def respond(self, response: Response, now: float) -> None:
        """Send a response; one that the state does not allow any more is dropped."""
        status = response.status
        self._layer.run(self, "1xx" if status < 200 else "2xx" if status < 300 else "refusal", now, response)

    def answer(self, status: int, now: float, *, to_tag: str = "", reason: str = "") -> None:
        """Send a response without further headers or body."""
        self.respond(response_to(self.request, status, to_tag=to_tag, reason=reason), now)

    def dismiss(self, response: Response, now: float) -> None:
        """Send a final response and forget the request at once.

        For whatever a stranger can send as often as he likes and must not occupy memory with: to be challenged,
        refused or pinged (RFC 3261 section 8.2.7). Sent again, such a request is answered again; so the answer
        must be the same for the same request, To tag included.
        """
        self._layer.run(self, "dismissal", now, response)

    def refuse(self, status: int, now: float, *, to_tag: str = "", reason: str = "") -> None:
        """Dismiss a request by a response without further headers or body."""
        self.dismiss(response_to(self.request, status, to_tag=to_tag, reason=reason), now)

    def repeat_answer(self) -> None:
        """Send the last response again; the user does so for a 2xx until the ACK comes."""
        self._layer.repeat(self)

    @property
    def sent_tag(self) -> str:
        """The To tag of the last response, empty if it had none."""
        start = self.last.find(b"\r\nTo: ")
        return (
            tag_of(self.last[start + 6 : self.last.find(b"\r\n", start + 6)].decode("latin-1"))
            if start > 0
            else ""
        )

    @property
    def answered(self) -> bool:
        """Whether a final response was sent."""
        return self.state not in ("proceeding", "trying")


class ClientTransaction:
    """A request that we sent."""

    __slots__ = (
        "_layer",
        "data",
        "flow",
        "interval",
        "is_invite",
        "key",
        "request",
        "state",
        "timer",
        "until",
        "user",
    )

    def __init__(self, layer: TransactionLayer, key: str, request: Request, flow: Flow, user: ClientUser) -> None:
        self._layer = layer
        self.key = key
        self.request = request
        self.flow = flow
        self.user = user
        self.is_invite = request.method == "INVITE"
        self.state = "calling" if self.is_invite else "trying"
        self.timer: Timer | None = None
        self.data = b""
        """The bytes of the request."""
        self.interval = 0.0
        self.until = 0.0
