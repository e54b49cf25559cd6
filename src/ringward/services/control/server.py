"""The node's end of the control socket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ringward.domain.errors import RingwardError
from ringward.services.control.messages import MAX_REQUEST_BYTES, BadRequest, Reply, Request, socket_path

Command = Callable[[dict[str, Any]], Any | Awaitable[Any]]
"""Answers a request's arguments with a value that JSON can write; raises :class:`RingwardError` to refuse."""
Picture = Callable[[], Any]
"""The present state of something that can be followed."""

MAX_CONNECTIONS = 64
"""Enough for many terminals at once; a script that forgets to close cannot take all of the node's descriptors."""
FOLLOW_INTERVAL = 0.5
"""Seconds between two looks at something that is followed; people do not read faster."""
SEND_TIMEOUT = 10.0
"""Seconds after which a follower that does not read is dropped."""

_log = logging.getLogger(__name__)


class ControlServer:
    """Serves commands and followed pictures on the control socket of a data directory."""

    def __init__(self, directory: Path) -> None:
        self._path = socket_path(directory)
        self._commands: dict[str, Command] = {}
        self._pictures: dict[str, Picture] = {}
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    def answer(self, name: str, command: Command) -> None:
        """Offer a command."""
        self._commands[name] = command

    def show(self, name: str, picture: Picture) -> None:
        """Offer a picture, once as the command ``name`` and live as ``follow-name``."""
        self._commands[name] = lambda arguments: picture()
        self._pictures[f"follow-{name}"] = picture

    async def start(self) -> None:
        """Listen. The caller holds the lock of the data directory: a socket that is there is a dead node's."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # Narrow from the first moment on, not only after a chmod.
        umask = os.umask(0o177)
        try:
            listener.bind(str(self._path))
        except BaseException:
            listener.close()
            raise
        finally:
            os.umask(umask)
        self._server = await asyncio.start_unix_server(self._accept, sock=listener, limit=MAX_REQUEST_BYTES)

    async def stop(self) -> None:
        """Stop listening, end what is being followed, and remove the socket."""
        if self._server is None:
            return
        self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
        self._server = None

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _is_owner(writer.get_extra_info("socket")):
                await _turn_away(reader, writer, "only the owner of the data directory may use the control socket")
            elif len(self._connections) > MAX_CONNECTIONS:
                await _turn_away(
                    reader, writer, f"there are already {MAX_CONNECTIONS} connections; try again later"
                )
            else:
                await self._converse(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # The asker has gone or the node stops: either way nobody is left to be told.
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await _send(writer, Reply(error=f"a request may have at most {MAX_REQUEST_BYTES} bytes"))
                return
            try:
                request = Request.parse(line)
            except BadRequest as error:
                await _send(writer, Reply(error=str(error)))
                continue
            picture = self._pictures.get(request.command)
            if picture is not None:
                await _follow(picture, reader, writer)
                return
            await _send(writer, await self._reply(request))

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

    async def _reply(self, request: Request) -> Reply:
        try:
            return Reply(await self.ask(request.command, request.arguments))
        except RingwardError as error:
            return Reply(error=str(error))


async def _follow(picture: Picture, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send the picture whenever it has changed, until the asker hangs up (or says anything at all)."""
    shown: Any = object()
    while True:
        try:
            present = picture()
        except RingwardError as error:
            await _send(writer, Reply(error=str(error)))
            return
        if present != shown:
            shown = present
            await _send(writer, Reply(present))
        try:
            async with asyncio.timeout(FOLLOW_INTERVAL):
                await reader.read(1)
        except TimeoutError:
            continue
        return


async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sentence: str) -> None:
    """Answer the first request with a refusal; before it is read, the asker could not hear the reason."""
    async with asyncio.timeout(SEND_TIMEOUT):
        await reader.readuntil(b"\n")
    await _send(writer, Reply(error=sentence))


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(reply.encode())
    async with asyncio.timeout(SEND_TIMEOUT):
        await writer.drain()


def _is_owner(connection: socket.socket) -> bool:
    """Whether the peer runs as our own user or as root: the mode of the socket says so too, but can be changed."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", credentials)
    return user in (0, os.geteuid())
