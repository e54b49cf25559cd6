"""Random octets on both ports: the service stays, and nothing unforeseen reaches the log."""

from __future__ import annotations

import asyncio
import logging
import random
import socket

import pytest

from ringward.protocols.tftp.client import ReadClient
from ringward.services.tftp.service import TftpService
from services.tftp.phones import Fetch

SEEDS = (b"GET /firmware.sbn HTTP/1.1\r\nHost: cm\r\n\r\n", b"\0\1firmware.sbn\0octet\0blksize\x001428\0")


def noise(chance: random.Random) -> bytes:
    octets = bytearray(chance.choice((*SEEDS, chance.randbytes(chance.randrange(80)))))
    for _ in range(chance.randrange(6)):
        if octets:
            octets[chance.randrange(len(octets))] = chance.randrange(256)
    return bytes(octets)


async def test_noise(service: TftpService, fetch: Fetch, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(7)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        for _ in range(400):
            own.sendto(noise(chance), service.tftp.address)
            await asyncio.sleep(0)
    for _ in range(60):
        reader, writer = await asyncio.open_connection(*service.http.address)
        writer.write(noise(chance))
        writer.write_eof()
        await asyncio.wait_for(reader.read(), 60)
        writer.close()
    client = await fetch(ReadClient(service.tftp.address, "firmware.sbn", block_size=1428))
    assert client.content() == bytes(range(256)) * 300
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
