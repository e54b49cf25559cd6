"""A request that we send, with the challenge to it answered once (RFC 3261 section 22.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ringward.protocols.sip.digest import DigestCredentials
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.message import Request, Response
from ringward.protocols.sip.transaction import ClientTransaction
from ringward.protocols.sip.transaction_layer import TransactionLayer

MAX_ANSWERS = 2
"""Challenges answered to one request: the first, and one more for a nonce that went stale meanwhile."""


class ResponseUser(Protocol):
    """Who wants to know what became of a request."""

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """A response that is not an answered challenge."""

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """No final response came."""


class ClientRequest:
    """Sends a request and, if challenged and credentials are at hand, sends it again with them."""

    __slots__ = ("_answers", "_credentials", "_layer", "_renumber", "_user", "request", "transaction")

    def __init__(
        self,
        layer: TransactionLayer,
        request: Request,
        flow: Flow,
        user: ResponseUser,
        now: float,
        credentials: DigestCredentials | None = None,
        renumber: Callable[[], int] | None = None,
    ) -> None:
        self._layer = layer
        self._user = user
        self._credentials = credentials
        self._renumber = renumber
        self._answers = 0
        self.request = request
        self.transaction: ClientTransaction | None = layer.send(request, flow, self, now)
        """The last one; None once it has its final response. Whatever is over refers to nothing any more, so that
        its memory is free at once and not only when cycles are looked for."""

    def on_response(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        """Answer a challenge if it can be answered; hand everything else to the user."""
        if response.status in (401, 407) and self._credentials is not None and self._answers < MAX_ANSWERS:
            header = self._credentials.answer(self.request, response)
            if header is not None and self._renumber is not None:
                self._answers += 1
                self._again(transaction, header, now)
                return
        user = self._user
        if response.status >= 200:
            self.transaction = None
            if response.status >= 300 or not transaction.is_invite:
                self._let_go()
        user.on_response(self, response, now)

    def _again(self, transaction: ClientTransaction, header: tuple[str, str], now: float) -> None:
        assert self._renumber is not None  # noqa: S101  (checked by the caller)
        old = self.request
        headers = {name: values for name, values in old.headers.items() if name != "Via"}
        headers["CSeq"] = [f"{self._renumber()} {old.method}"]
        headers[header[0]] = [header[1]]
        self.request = Request(old.method, old.uri, headers, old.body)
        self.transaction = self._layer.send(self.request, transaction.flow, self, now)

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        """Tell the user."""
        user = self._user
        self.transaction = None
        self._let_go()
        user.on_timeout(self, now)

    def on_over(self, transaction: ClientTransaction) -> None:
        """Copies of an accepted INVITE's 2xx come no more."""
        if self.transaction is None:
            self._let_go()

    def cancel(self, now: float) -> None:
        """Cancel an INVITE that has had a provisional response."""
        if self.transaction is not None:
            self._layer.cancel(self.transaction, _DEAF, now)

    def send_again(self) -> None:
        """Send an INVITE once more to a far side that has restarted while it tried."""
        if self.transaction is not None:
            self._layer.send_again(self.transaction)

    def abandon(self) -> None:
        """Wait for no response any longer."""
        if self.transaction is not None:
            self._layer.abandon(self.transaction)
            self.transaction = None
        self._let_go()

    def _let_go(self) -> None:
        self._user = NOBODY
        self._renumber = None


class _Deaf:
    """Nobody waits for the answer to a CANCEL: the INVITE itself is answered."""

    def on_response(self, transaction: ClientTransaction, response: Response, now: float) -> None:
        """Nothing."""

    def on_timeout(self, transaction: ClientTransaction, now: float) -> None:
        """Nothing."""

    def on_over(self, transaction: ClientTransaction) -> None:
        """Nothing."""


class _Nobody:
    """Nobody waits for the answer: the request is over, or was only for the other side's sake."""

    def on_response(self, sent: ClientRequest, response: Response, now: float) -> None:
        """Nothing."""

    def on_timeout(self, sent: ClientRequest, now: float) -> None:
        """Nothing."""


_DEAF = _Deaf()
NOBODY: ResponseUser = _Nobody()
