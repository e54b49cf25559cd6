"""Questions to a process of the node's own, over a connection that both have held since that one's start."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Mapping
from typing import Any, Self

from ringward.domain.errors import Unavailable
from ringward.services.control.messages import MAX_REPLY_BYTES, BadRequest, Reply, Request

TIMEOUT = 10.0
"""Seconds to wait for an answer; a process that needs longer is not well."""


class Channel:
    """The asking end. Answers come in the order of the questions, so that many can be on their way."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._reading = asyncio.get_running_loop().create_task(self._read(reader), name="channel")

    @classmethod
    async def over(cls, connection: socket.socket) -> Self:
        """A channel over a connected stream socket, which is closed with it."""
        return cls(*await asyncio.open_connection(sock=connection, limit=MAX_REPLY_BYTES))

    async def ask(self, command: str, arguments: Mapping[str, Any] | None = None, within: float = TIMEOUT) -> Any:
        """What the other process answers. Raises :class:`Unavailable` if it does not, or the error that it tells.

        ``within``: seconds; the answer to a question that was given up is passed over when it comes.
        """
        future = self._put(command, arguments or {})
        try:
            async with asyncio.timeout(within):
                reply = await future
        except TimeoutError:
            raise Unavailable(f"no answer came within {within:g} s") from None
        if reply.error:
            raise reply.as_error()
        return reply.answer

    def tell(self, command: str, arguments: Mapping[str, Any]) -> None:
        """Tell something without waiting until it is heard."""
        with contextlib.suppress(Unavailable):
            self._put(command, arguments)

    def _put(self, command: str, arguments: Mapping[str, Any]) -> asyncio.Future[Reply]:
        if self._reading.done():
            raise Unavailable("the other process has ended")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._writer.write(Request(command, dict(arguments)).encode())
        return future

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while line := await reader.readline():
                reply = Reply.parse(line)
                future = self._waiting.popleft()
                if not future.done():
                    future.set_result(reply)
        except (OSError, ValueError, IndexError, BadRequest):
            pass  # What is not understood comes from no process of ours; either way nothing more is to be heard.
        finally:
            for future in self._waiting:
                if not future.done():
                    future.set_result(Reply.of_error(Unavailable("the other process has ended")))
            self._waiting.clear()
            self._writer.close()

    @property
    def has_ended(self) -> bool:
        """Whether the other process has hung up."""
        return self._reading.done()

    async def ended(self) -> None:
        """Wait until the other process hangs up."""
        await asyncio.wait([self._reading])

    async def close(self) -> None:
        """Hang up."""
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
