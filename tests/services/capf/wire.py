"""A phone of which each message is written by hand, and what can be seen of its call."""

from __future__ import annotations

import asyncio
import ssl

from ringward.protocols.capf.message import Message, MessageType, Reason, Tag
from ringward.protocols.capf.values import Introduction
from services.capf.conftest import SEP, Site


class Wire:
    """A phone of which each message is written by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.session_id = 0

    @classmethod
    async def connect(cls, site: Site) -> Wire:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=site.capf_certificate)
        wire = cls(*await asyncio.open_connection("127.0.0.1", site.port, ssl=context))
        wire.session_id = (await wire.hears()).session_id
        return wire

    async def hears(self) -> Message:
        header = await self.reader.readexactly(8)
        return Message.parse(header + await self.reader.readexactly(int.from_bytes(header[6:], "big")))

    def says(self, kind: MessageType, *elements: tuple[int, bytes]) -> None:
        self.writer.write(Message(kind, self.session_id, elements).encode())

    def introduces(self, name: str = SEP) -> None:
        self.writer.write(Introduction(name).message(self.session_id).encode())

    async def ends(self) -> bytes:
        """Everything that still comes, until the server closes."""
        async with asyncio.timeout(60):
            rest = await self.reader.read()
        self.writer.close()
        return rest

    def vanishes(self) -> None:
        self.writer.transport.abort()


def refused(rest: bytes) -> bool:
    message = Message.parse(rest)
    return message.type is MessageType.END_SESSION and message.number(Tag.REASON) == Reason.REFUSED


async def settled(site: Site) -> None:
    """All calls are over."""
    async with asyncio.timeout(60):
        while site.service.count:  # noqa: ASYNC110  (nobody tells)
            await asyncio.sleep(0.01)
