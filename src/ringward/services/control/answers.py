"""What one end of a control connection answers: commands, and pictures that can be followed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from ringward.domain.errors import RingwardError
from ringward.services.control.messages import (
    MAX_REQUEST_BYTES,
    MAX_TOGETHER,
    TOGETHER,
    BadRequest,
    Reply,
    Request,
)

Command = Callable[[dict[str, Any]], Any | Awaitable[Any]]
"""Answers a request's arguments with a value that JSON can write; raises :class:`RingwardError` to refuse."""
Picture = Callable[[], Any]
"""The present state of something that can be followed."""

FOLLOW_INTERVAL = 0.5
"""Seconds between two looks at something that is followed; people do not read faster."""
SEND_TIMEOUT = 10.0
"""Seconds after which a follower that does not read is dropped."""

_log = logging.getLogger(__name__)


class Answers:
    """See the module."""

    def __init__(self) -> None:
        self._commands: dict[str, Command] = {TOGETHER: self._together}
        self._pictures: dict[str, Picture] = {}

    def answer(self, name: str, command: Command) -> None:
        """Offer a command."""
        self._commands[name] = command

    def show(self, name: str, picture: Picture) -> None:
        """Offer a picture, once as the command ``name`` and live as ``follow-name``."""
        self._commands[name] = lambda arguments: picture()
        self._pictures[f"follow-{name}"] = picture

    async def ask(self, name: str, arguments: dict[str, Any]) -> Any:
        """What a command answers; raises :class:`RingwardError` with a sentence for people."""
        command = self._commands.get(name)
        if command is None:
            known = ", ".join(sorted((*self._commands, *self._pictures)))
            raise RingwardError(f"there is no command {name!r}; known are: {known}")
        try:
            answer = command(arguments)
            return await answer if isinstance(answer, Awaitable) else answer
        except RingwardError:
            raise
        except Exception:
            _log.exception("the control command %s failed", name)
            raise RingwardError(
                "the node could not do this because of an error of its own; its log says more"
            ) from None

    async def _together(self, arguments: dict[str, Any]) -> list[dict[str, Any]]:
        """Several requests in one, each with the reply that it would have had by itself."""
        asked = arguments.get("requests")
        if not isinstance(asked, list) or not all(isinstance(each, dict) for each in asked):
            raise BadRequest(f"{TOGETHER} needs 'requests', a list of objects with 'command' and 'arguments'")
        if len(asked) > MAX_TOGETHER:
            raise BadRequest(f"{TOGETHER} takes at most {MAX_TOGETHER} requests")
        requests = [Request.of_object(dict(each)) for each in asked]
        if any(each.command == TOGETHER for each in requests):
            raise BadRequest(f"{TOGETHER} stands for itself, not among others")
        return [(await self._reply(each)).as_object() for each in requests]

    async def _reply(self, request: Request) -> Reply:
        try:
            return Reply(await self.ask(request.command, request.arguments))
        except RingwardError as error:
            return Reply.of_error(error)

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer requests one after another until the asker hangs up; raises ``OSError`` and ``TimeoutError``."""
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await send(writer, Reply(error=f"a request may have at most {MAX_REQUEST_BYTES} bytes"))
                return
            try:
                request = Request.parse(line)
            except BadRequest as error:
                await send(writer, Reply(error=str(error)))
                continue
            picture = self._pictures.get(request.command)
            if picture is not None:
                await _follow(picture, reader, writer)
                return
            await send(writer, await self._reply(request))


async def _follow(picture: Picture, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the picture whenever it has changed, until the asker hangs up (or says anything at all)."""
    shown: Any = object()
    while True:
        try:
            present = picture()
        except RingwardError as error:
            await send(writer, Reply.of_error(error))
            return
        if present != shown:
            shown = present
            await send(writer, Reply(present))
        try:
            async with asyncio.timeout(FOLLOW_INTERVAL):
                await reader.read(1)
        except TimeoutError:
            continue
        return


async def send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    """Send a reply; raises ``TimeoutError`` if nobody reads it."""
    writer.write(reply.encode())
    async with asyncio.timeout(SEND_TIMEOUT):
        await writer.drain()
