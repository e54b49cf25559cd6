"""The port of the CTL Provider and strangers who only connect."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringward.services.ctl_provider.service import MAX_CONNECTIONS_PER_SOURCE, CtlProviderService

PATIENCE = 60


@pytest.fixture
async def port() -> AsyncIterator[int]:
    nobody: Any = None
    service = CtlProviderService(nobody, ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), lambda: b"", "node-1")
    await service.start("127.0.0.1", 0)
    try:
        assert service._acceptor is not None
        yield service._acceptor.port
    finally:
        await service.stop()


async def test_whoever_begins_no_handshake_takes_places_of_his_own_only(port: int) -> None:
    """A stranger who keeps half-open connections must not take all descriptors of the node."""
    held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(MAX_CONNECTIONS_PER_SOURCE)]
    async with asyncio.timeout(PATIENCE):
        with pytest.raises(ConnectionResetError):  # perhaps before it is known here that it was taken
            reader, _ = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() != b""
    assert not any(each.at_eof() for each, _ in held)
    for _, each in held:
        each.close()
