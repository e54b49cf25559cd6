"""Connections that are taken one by one."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable

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
    acceptor.stop()
    acceptor.stop()
    assert acceptor.port == 0
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)


@pytest.mark.parametrize(("reason", "pauses"), [(errno.ECONNABORTED, []), (errno.EMFILE, [accepting.PAUSE])])
async def test_a_peer_that_has_gone_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, reason: int, pauses: list[float]
) -> None:
    """Only a system without room does."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[tuple[socket.socket, str]] = asyncio.Queue()
    troubles: list[OSError] = []
    paused: list[float] = []
    really_accept = socket.socket.accept

    def failing_once(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
        if not troubles:
            raise OSError(reason, "no connection")
        return really_accept(listener)

    def over_at_once(seconds: float, listen: Callable[[], None]) -> asyncio.Handle:
        paused.append(seconds)
        return loop.call_soon(listen)

    monkeypatch.setattr(socket.socket, "accept", failing_once)
    monkeypatch.setattr(loop, "call_later", over_at_once)
    acceptor = Acceptor(("127.0.0.1", 0), 8, lambda *each: arrived.put_nowait(each), troubles.append)
    _, writer = await asyncio.open_connection("127.0.0.1", acceptor.port)
    async with asyncio.timeout(PATIENCE):
        connection, _ = await arrived.get()
    assert [each.errno for each in troubles] == [reason]
    assert paused == pauses
    reset(connection)
    writer.close()
    acceptor.stop()


async def test_no_pause_outlives_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    troubled = asyncio.Event()

    def failing(listener: socket.socket) -> tuple[socket.socket, tuple[str, int]]:
        raise OSError(errno.EMFILE, "no room")

    monkeypatch.setattr(socket.socket, "accept", failing)
    monkeypatch.setattr(accepting, "PAUSE", 0.0)
    acceptor = Acceptor(("127.0.0.1", 0), 8, lambda *each: None, lambda error: troubled.set())
    _, writer = await asyncio.open_connection("127.0.0.1", acceptor.port)
    async with asyncio.timeout(PATIENCE):
        await troubled.wait()
    acceptor.stop()
    troubled.clear()
    for _ in range(3):
        await asyncio.sleep(0)
    assert not troubled.is_set()
    writer.close()
