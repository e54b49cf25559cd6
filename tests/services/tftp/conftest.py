"""A file service on free loopback ports, with phones that are plain values."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ringward.protocols.tftp.client import ReadClient
from ringward.services.tftp.http_server import HttpLimits
from ringward.services.tftp.library import FileLibrary
from ringward.services.tftp.service import TftpService
from ringward.services.tftp.static_files import StaticFiles
from ringward.services.tftp.tftp_server import TftpLimits
from services.tftp.phones import FIRMWARE, Fetch, Peer, Source, StartService


@pytest.fixture
def source() -> Source:
    made = Source()
    made.add("SEP001122334455")
    made.add("SEP0000000007A0", "7960")
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "tftp"
    made.mkdir()
    (made / "firmware.sbn").write_bytes(FIRMWARE)
    (made / "English").mkdir()
    (made / "English" / "7960-tones.xml").write_bytes(b"<tones/>\n")
    return made


@pytest.fixture
def library(source: Source, folder: Path) -> FileLibrary:
    return FileLibrary(source, StaticFiles(folder))


@pytest.fixture
async def start_service(library: FileLibrary) -> AsyncIterator[StartService]:
    started: list[TftpService] = []

    async def start(tftp_limits: TftpLimits | None = None, http_limits: HttpLimits | None = None) -> TftpService:
        service = TftpService(library, tftp_limits=tftp_limits, http_limits=http_limits)
        await service.start_on("127.0.0.1", 0, 0)
        started.append(service)
        return service

    yield start
    for service in started:
        await service.stop()


@pytest.fixture
async def service(start_service: StartService) -> TftpService:
    return await start_service()


@pytest.fixture
def open_peer() -> Iterator[type[Peer]]:
    opened: list[Peer] = []

    class Recorded(Peer):
        def __init__(self, service: TftpService) -> None:
            super().__init__(service)
            opened.append(self)

    yield Recorded
    for peer in opened:
        peer.socket.close()


def _fetch(client: ReadClient) -> ReadClient:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.bind(("127.0.0.1", 0))
        outgoing = client.start(time.monotonic())
        while True:
            for destination, datagram in outgoing:
                own.sendto(datagram, destination)
            if client.finished or client.next_deadline is None:
                return client
            own.settimeout(max(0.001, client.next_deadline - time.monotonic()))
            try:
                datagram, peer = own.recvfrom(65536)
            except TimeoutError:
                outgoing = client.advance(time.monotonic())
            else:
                outgoing = client.receive(datagram, peer, time.monotonic())


@pytest.fixture
def fetch() -> Fetch:
    """Run a TFTP client over a real socket, beside the event loop."""

    async def run(client: ReadClient) -> ReadClient:
        return await asyncio.to_thread(_fetch, client)

    return run
