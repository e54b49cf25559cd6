"""The CTL Provider on the network: TLS, five clients, everybody with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from ringward.administration.administration import Administration
from ringward.domain.address import source_of
from ringward.protocols.ctl_provider.messages import LogIn, Refusal, RefusalCode, Reply, Request
from ringward.protocols.ctl_provider.server import Greeting, ProviderConversation
from ringward.services.accepting import Acceptor, reset
from ringward.services.ctl_provider.session import Connection, Session

MAX_CLIENTS = 5
"""That are logged in (CTL-33)."""
MAX_CONNECTIONS = 32
"""Logged in or not, those in their TLS handshake among them; strangers beyond that are hung up on."""
MAX_CONNECTIONS_PER_SOURCE = 8
"""So that one stranger cannot keep everybody else out; an administrator has one or two at a time."""
HANDSHAKE_TIME = 10.0
"""Seconds for the TLS handshake."""
SEND_TIME = 30.0
"""Seconds for a client to take a reply."""
BACKLOG = 64
_CHUNK = 65536
_CHALLENGE_LENGTH = 32

_log = logging.getLogger(__name__)


class CtlProviderService:
    """Listens on one port."""

    def __init__(
        self,
        administration: Administration,
        tls: ssl.SSLContext,
        certificate: Callable[[], bytes],
        name: str,
        port_offset: int = 0,
    ) -> None:
        """``certificate`` tells the certificate (DER) that ``tls`` presents now; ``name`` is the server's."""
        self._administration = administration
        self._tls = tls
        self._certificate = certificate
        self._name = name
        self._port_offset = port_offset
        self._working: set[Session] = set()
        """Those that are logged in, or about to."""
        self._connections: dict[asyncio.Task[None], str] = {}
        """Each with its source."""
        self._acceptor: Acceptor | None = None
        self._workers = ThreadPoolExecutor(MAX_CLIENTS, "CTL Provider")

    async def start(self, bind: str, port: int) -> None:
        """Listen. Raises ``OSError`` when the port cannot be had."""
        self._acceptor = Acceptor((bind, port), BACKLOG, self._arrived, _not_accepted)

    async def stop(self) -> None:
        """Hang up on everybody; what was saved and not committed is forgotten."""
        if self._acceptor is not None:
            self._acceptor.stop()
            self._acceptor = None
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._workers.shutdown()

    def _arrived(self, connection: socket.socket, origin: str) -> None:
        source, open_now = source_of(origin), list(self._connections.values())
        if len(open_now) >= MAX_CONNECTIONS or open_now.count(source) >= MAX_CONNECTIONS_PER_SOURCE:
            reset(connection)
            return
        task = asyncio.get_running_loop().create_task(self._serve(connection, origin))
        self._connections[task] = source
        task.add_done_callback(self._connections.pop)

    async def _serve(self, connection: socket.socket, origin: str) -> None:
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, connection, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_TIME
            )
        except (OSError, EOFError) as error:  # OSError includes ssl.SSLError and time-outs
            _log.debug("no TLS connection with %s: %r", origin, error)
            return
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        challenge = os.urandom(_CHALLENGE_LENGTH)
        session = Session(
            self._administration, Connection(origin, challenge, self._certificate(), self._port_offset)
        )
        greeting = Greeting(f"Ringward {version('ringward')}", self._name, challenge)
        try:
            await self._converse(session, greeting, reader, writer)
        except (OSError, EOFError, TimeoutError, ssl.SSLError) as error:
            _log.debug("CTL client at %s: %r", origin, error)
        finally:
            self._working.discard(session)
            writer.close()
            with contextlib.suppress(RuntimeError):  # the service stops, and its workers with it
                await asyncio.shield(loop.run_in_executor(self._workers, session.close))

    async def _converse(
        self, session: Session, greeting: Greeting, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        clock = asyncio.get_running_loop().time
        conversation = ProviderConversation(greeting, clock())
        while not conversation.over:
            deadline = conversation.next_deadline
            try:
                async with asyncio.timeout_at(deadline):
                    data = await reader.read(_CHUNK)
            except TimeoutError:
                conversation.advance(clock())
                data = b""
            else:
                if not data:
                    return
            request = conversation.receive(data, clock()) if data else None
            while request is not None:
                request = conversation.reply(await self._answer(session, request), clock())
                await _send(writer, conversation.data_to_send())
            await _send(writer, conversation.data_to_send())

    async def _answer(self, session: Session, request: Request) -> Reply:
        if isinstance(request, LogIn):
            if len(self._working) >= MAX_CLIENTS:
                return Refusal(
                    RefusalCode.TOO_MANY.value, f"{MAX_CLIENTS} CTL clients work already; log one of them out"
                )
            self._working.add(session)
        reply = await asyncio.get_running_loop().run_in_executor(self._workers, session.answer, request)
        if not session.logged_in:
            self._working.discard(session)
        return reply


async def _send(writer: asyncio.StreamWriter, data: bytes) -> None:
    if data:
        writer.write(data)
        async with asyncio.timeout(SEND_TIME):
            await writer.drain()


def _not_accepted(error: OSError) -> None:
    _log.warning("no connection could be accepted: %s", error)
