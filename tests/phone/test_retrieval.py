"""The boot over a real socket, against a file server that follows a script."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from phone.configurations import device_xml
from ringward.phone import retrieval
from ringward.phone.boot_orders import Pause
from ringward.phone.identity import identify
from ringward.phone.retrieval import FileMissing, FileServer, ServerSilent, boot, fetch
from ringward.protocols.tftp.packets import (
    Acknowledgement,
    Data,
    Error,
    ErrorCode,
    OptionAcknowledgement,
    ReadRequest,
    encode,
    parse,
)

PHONE = identify("001122334455")


class ScriptedServer(asyncio.DatagramProtocol):
    """Serves files from memory; forgets the first ``deaf`` requests."""

    def __init__(self, files: dict[str, bytes], deaf: int = 0) -> None:
        self.files = files
        self.deaf = deaf
        self.asked: list[str] = []
        self.hosts: set[str] = set()
        """Who asked."""
        self._sending: dict[tuple[str, int], bytes] = {}

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        match parse(data):
            case ReadRequest(filename):
                self.asked.append(filename)
                self.hosts.add(addr[0])
                if self.deaf:
                    self.deaf -= 1
                elif filename in self.files:
                    self._sending[addr] = self.files[filename]
                    self.transport.sendto(encode(OptionAcknowledgement((("blksize", "512"),))), addr)
                else:
                    self.transport.sendto(encode(Error(ErrorCode.FILE_NOT_FOUND, "no such file")), addr)
            case Acknowledgement(block):
                content = self._sending[addr]
                if block * 512 <= len(content):
                    self.transport.sendto(encode(Data(block + 1, content[block * 512 :][:512])), addr)


@asynccontextmanager
async def serving(files: dict[str, bytes], deaf: int = 0) -> AsyncIterator[tuple[ScriptedServer, FileServer]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: ScriptedServer(files, deaf), local_addr=("127.0.0.1", 0)
    )
    try:
        yield server, FileServer("127.0.0.1", transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


async def test_the_address_that_asks_can_be_chosen() -> None:
    async with serving({"ringlist.xml": b"<rings/>"}) as (script, server):
        assert await fetch(server, "ringlist.xml", source="127.0.0.7") == b"<rings/>"
    assert script.hosts == {"127.0.0.7"}


async def test_a_whole_boot() -> None:
    async with serving({"SEP001122334455.cnf.xml": device_xml()}) as (script, server):
        booted = await boot(PHONE, (server,))
    assert booted.file == "SEP001122334455.cnf.xml"
    assert script.asked == ["CTLSEP001122334455.tlv", "SEP001122334455.cnf.xml"]


@pytest.mark.parametrize("size", [0, 1, 511, 512, 513, 5000])
async def test_files_of_every_length(size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    async with serving({"a": content}) as (_, server):
        assert await fetch(server, "a") == content


async def test_a_lost_request_is_repeated() -> None:
    async with serving({"a": b"content"}, deaf=1) as (script, server):
        assert await fetch(server, "a") == b"content"
    assert script.asked == ["a", "a"]


async def test_missing_and_too_long_files() -> None:
    async with serving({"long": bytes(2000)}) as (_, server):
        with pytest.raises(FileMissing):
            await fetch(server, "absent")
        with pytest.raises(ServerSilent, match="longer than"):
            await fetch(server, "long", max_size=1000)


async def test_a_host_that_does_not_exist() -> None:
    with pytest.raises(ServerSilent):
        await fetch(FileServer("host.invalid", 69), "a")


async def test_attempts_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ringward.phone.boot.FIRST_PAUSE", 0.01)
    pauses: list[Pause] = []
    async with serving({}) as (script, server):
        with pytest.raises(ServerSilent, match="not found"):
            await boot(PHONE, (server,), on_pause=pauses.append, attempts=3)
    assert len(script.asked) == 9
    assert [pause.seconds for pause in pauses] == [0.01, 0.02]


async def test_a_boot_that_is_given_up_leaves_nothing_behind() -> None:
    async with serving({}, deaf=99) as (_, server):
        task = asyncio.create_task(boot(PHONE, (server,)))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert retrieval.TFTP_PORT == 69
