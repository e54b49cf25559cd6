"""The phone's connection to a call manager: keepalives on a stream (RFC 5626 section 4.4.1)."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from ringward.phone import connection as connection_module
from ringward.phone.configuration import Member
from ringward.phone.connection import Connection, connect
from ringward.protocols.sip.flow import Flow, Transport
from ringward.protocols.sip.framing import PING, PONG

HOST = "127.0.0.1"
PATIENCE = 60.0


class Server:
    """Counts pings, and answers them or does not."""

    def __init__(self, *, answers: bool) -> None:
        self.answers = answers
        self.pings = 0
        self.enough = asyncio.Event()
        self.over = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(len(PING)):
                assert data == PING
                self.pings += 1
                if self.answers:
                    writer.write(PONG)
                if self.pings == 3:
                    self.enough.set()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        self.over.set()


async def opened(server: Server, lost: asyncio.Future[str]) -> tuple[asyncio.Server, Connection]:
    listener = await asyncio.start_server(server.serve, HOST, 0)
    port = listener.sockets[0].getsockname()[1]

    def take(data: bytes, flow: Flow) -> None:
        lost.set_result(f"{data!r} is no message")

    def on_lost(gone: Connection, reason: str) -> None:
        lost.set_result(reason)

    opened = await connect(Member(HOST, port), Transport.TCP, take, on_lost, keep_alive=0.01)
    return listener, opened


async def test_pings_that_are_answered_go_on() -> None:
    server, lost = Server(answers=True), asyncio.get_running_loop().create_future()
    listener, connection = await opened(server, lost)
    async with asyncio.timeout(PATIENCE):
        await server.enough.wait()
    assert not lost.done()
    connection.close()
    async with asyncio.timeout(PATIENCE):
        await server.over.wait()
    listener.close()


async def test_a_call_manager_that_does_not_answer_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "PONG_TIMEOUT", 0.01)
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    server = Server(answers=False)
    listener, _ = await opened(server, lost)
    async with asyncio.timeout(PATIENCE):
        assert await lost == "the call manager does not answer keepalives"
        await server.over.wait()
    listener.close()


async def test_a_closed_connection_is_waited_for_until_nothing_is_left_of_it() -> None:
    """Also over TLS, where the other side may never say that it closes, too."""
    lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    listener, connection = await opened(Server(answers=True), lost)
    connection.close()
    async with asyncio.timeout(PATIENCE):
        await connection.closed()
    assert not lost.done()
    listener.close()
