"""CAPF on the network: accepts phones within limits, and ends what is overdue."""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import ssl
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ringward.domain.address import source_of
from ringward.domain.service_parameters import CapfParameters
from ringward.domain.vocabulary import CapfFailure, CertificateOperation
from ringward.pki.tls_failure import failure_reason
from ringward.protocols.capf.server import Limits, ServerSession
from ringward.services.accepting import Acceptor, reset
from ringward.services.capf.callers import Callers
from ringward.services.capf.conversation_trace import ConversationTrace
from ringward.services.capf.desk import Desk
from ringward.services.capf.desk_thread import DeskThread
from ringward.services.capf.visit import Visit

_log = logging.getLogger(__name__)

HANDSHAKE_TIMEOUT = 30.0
"""Seconds: old phones compute long."""
SWEEP = 30.0
"""Seconds between looks for operations whose time has passed."""
MAX_REMEMBERED = 1000
"""Calls that can be asked about."""
BACKLOG = 256
READ_BYTES = 16_384
"""Bytes read at a time: one TLS record. Without a buffer of ours each would be read into a new one of 256 KiB."""
CLOSING_ROUNDS = 50
"""Rounds of the event loop that closing connections may take at the end; TLS takes some."""


@dataclass(frozen=True, slots=True)
class RememberedCall:
    """A call of a phone that is over."""

    at: float
    """Seconds since 1970."""
    address: str
    device: str
    operation: CertificateOperation
    outcome: str
    failure: CapfFailure | None = None
    """Why the phone could not be served, as Operation Status calls it."""

    @property
    def reason(self) -> str:
        """Why it could not be served, with what else is known; empty if it was, or if there was nothing to do."""
        if self.failure is None:
            return ""
        known = self.failure.value
        return self.outcome if self.outcome.startswith(known) else f"{known}: {self.outcome}"


class CapfService:
    """See the module."""

    def __init__(
        self,
        desk: Desk,
        parameters: CapfParameters,
        tls: ssl.SSLContext,
        trace: ConversationTrace,
        taken_in: Callable[[], Awaitable[object]],
    ) -> None:
        """``taken_in`` waits until all services of the node work by what has been committed."""
        self.calls: deque[RememberedCall] = deque(maxlen=MAX_REMEMBERED)
        """The last calls, newest last."""
        self._desk = DeskThread(desk, taken_in)
        self.authority = desk.authority
        self._tls = tls
        self._trace = trace
        self._limits = Limits(
            key_generation=parameters.key_generation_timeout * 60.0,
            key_requests=1 + parameters.maximum_key_generation_retries,
        )
        self._longer_form = parameters.announce_authentication_type
        self.buffer = memoryview(bytearray(READ_BYTES))
        self.ask = self._desk.ask
        self._callers: Callers[Visit] = Callers()
        self._connecting: dict[Visit, asyncio.Task[None]] = {}
        self._devices: dict[str, Visit] = {}
        self._acceptor: Acceptor | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self, bind: str, port: int) -> None:
        """Listen; raises ``OSError``."""
        self._acceptor = Acceptor((bind, port), BACKLOG, self._arrived, _not_accepted)
        self._sweeper = asyncio.get_running_loop().create_task(self._sweep())

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._acceptor.port if self._acceptor is not None else 0

    @property
    def count(self) -> int:
        """Calls that go on."""
        return len(self._callers)

    async def stop(self) -> None:
        """End all calls; their operations stay pending, and the phones come again."""
        if self._acceptor is not None:
            self._acceptor.stop()
        tasks = list(self._connecting.values())
        if self._sweeper is not None:
            tasks.append(self._sweeper)
        for task in tasks:
            task.cancel()
        for visit in self._callers:
            self._break_off(visit, "ended as CAPF was stopped")
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._desk.stop()
        for _ in range(CLOSING_ROUNDS):
            if not len(self._callers):
                break
            await asyncio.sleep(0)
        self._trace.close()

    # -- accepting -----------------------------------------------------------------------------------------

    def _arrived(self, connection: socket.socket, address: str) -> None:
        source = source_of(address)
        loop = asyncio.get_running_loop()
        if refusal := self._callers.refusal(source, loop.time()):
            _log.info("a connection from %s was refused: %s", address, refusal)
            reset(connection)
            return
        if (oldest := self._callers.must_go()) is not None:
            self._break_off(oldest, "it had to make room")
        visit = Visit(address, self)
        self._callers.enter(visit, source)
        self._connecting[visit] = loop.create_task(self._connect(visit, connection))

    async def _connect(self, visit: Visit, connection: socket.socket) -> None:
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: visit, connection, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_TIMEOUT
            )
        except (OSError, EOFError, asyncio.CancelledError) as error:  # OSError includes ssl.SSLError and time-outs
            visit.outcome.text = f"no TLS connection: {failure_reason(error) or str(error) or 'it went away'}"
            visit.end("")
            self.over(visit)
        finally:
            del self._connecting[visit]

    def _break_off(self, visit: Visit, why: str) -> None:
        task = self._connecting.get(visit)
        if task is not None:
            task.cancel()
        else:
            visit.end(why)

    # -- what calls need -----------------------------------------------------------------------------------

    def converse(self, address: str) -> ServerSession:
        """A new conversation, whose number nobody can foresee."""
        traced = self._trace.of_call(address)
        return ServerSession(
            secrets.randbelow(0x7FFF_FFFF) + 1,
            asyncio.get_running_loop().time(),
            self._limits,
            announce_authentication_type=self._longer_form,
            observer=traced.message if traced is not None else None,
        )

    def proved(self, visit: Visit, device: str) -> None:
        """One call of a phone at a time: a newer one means that the older one is lost."""
        older = self._devices.get(device)
        if older is not None and older is not visit:
            older.end("ended by a newer call of the phone")
        self._callers.proved(visit)
        self._devices[device] = visit

    def over(self, visit: Visit) -> None:
        """A call has ended; it is told of once."""
        if visit not in self._callers:
            return
        self._callers.leave(visit)
        outcome = visit.outcome
        if self._devices.get(outcome.device) is visit:
            del self._devices[outcome.device]
        self.calls.append(
            RememberedCall(
                time.time(), visit.address, outcome.device, outcome.operation, outcome.text, outcome.failure
            )
        )
        who = f"{outcome.device} at {visit.address}" if outcome.device else visit.address
        what = f"{outcome.operation.value}: " if outcome.device else ""
        _log.info("%s: %s%s", who, what, outcome.text)
        self._trace.end(visit.address, outcome.device, outcome.text)

    # -- what is overdue -----------------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            try:
                await self._desk.ask("", Desk.end_overdue)
            except Exception:
                _log.exception("overdue certificate operations could not be ended; they will be")
            await asyncio.sleep(SWEEP)


def _not_accepted(error: OSError) -> None:
    _log.warning("no connection could be accepted: %s", error)
