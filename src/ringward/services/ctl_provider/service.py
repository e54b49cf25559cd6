"""The CTL Provider on the network: TLS, five clients, everybody with a time limit."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version

from ringward.administration.administration import Administration
from ringward.protocols.ctl_provider.messages import LogIn, Refusal, RefusalCode, Reply, Request
from ringward.protocols.ctl_provider.server import Greeting, ProviderConversation
from ringward.services.ctl_provider.session import Connection, Session

MAX_CLIENTS = 5
"""That are logged in (CTL-33)."""
MAX_CONNECTIONS = 32
"""Logged in or not; strangers beyond that are hung up on."""
HANDSHAKE_TIME = 10.0
"""Seconds for the TLS handshake."""
SEND_TIME = 30.0
"""Seconds for a client to take a reply."""
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
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._workers = ThreadPoolExecutor(MAX_CLIENTS, "CTL Provider")

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises ``OSError`` when the port cannot be had."""
        self._server = await asyncio.start_server(
            self._accept, host, port, ssl=self._tls, ssl_handshake_timeout=HANDSHAKE_TIME
        )

    async def stop(self) -> None:
        """Hang up on everybody; what was saved and not committed is forgotten."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._workers.shutdown()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._connections) >= MAX_CONNECTIONS:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        origin = str((writer.get_extra_info("peername") or ("?",))[0])
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
                await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._workers, session.close))

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
