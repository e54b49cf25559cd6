"""Connections that are taken one by one."""

from __future__ import annotations

import asyncio
import errno
import socket

import pytest

from ringward.services import accepting
from ringward.services.accepting import Acceptor, reset

PATIENCE = 60


async def test_connections_are_told_with_the_address_of_their_peer_until_it_stops() -> None:
    arrived: asyncio.Queue[tuple[socket.socket, str]] = asyncio.Queue()
    acceptor = Acceptor(("127.0.0.1", 0), 8, lambda *each: arrived.put_nowait(each), lambda error: None)
    port = acceptor.port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(PATIENCE):
        connection, address = await arrived.get()
        assert address == "127.0.0.1"
        reset(connection)
        with pytest.raises(ConnectionResetError):
            await reader.read()
    writer.close()
    await acceptor.stop()
    assert acceptor.port == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(("reason", "pause"), [(errno.ECONNABORTED, 0.0), (errno.EMFILE, accepting.PAUSE)])
async def test_a_peer_that_has_gone_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, reason: int, pause: float
) -> None:
    """Only a system without room does."""
    troubles: list[OSError] = []
    pauses: list[float] = []
    paused = asyncio.Event()

    async def failing(listener: socket.socket) -> tuple[socket.socket, object]:
        raise OSError(reason, "no connection")

    async def pausing(seconds: float) -> None:
        pauses.append(seconds)
        paused.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(asyncio.get_running_loop(), "sock_accept", failing)
    monkeypatch.setattr(accepting, "sleep", pausing)
    acceptor = Acceptor(("127.0.0.1", 0), 8, lambda connection, address: None, troubles.append)
    async with asyncio.timeout(PATIENCE):
        await paused.wait()
    await acceptor.stop()
    assert [each.errno for each in troubles] == [reason]
    assert pauses == [pause]
