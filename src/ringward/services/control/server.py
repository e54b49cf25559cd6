"""The node's end of the control socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from pathlib import Path

from ringward.services.control.answers import SEND_TIMEOUT, Answers, send
from ringward.services.control.messages import MAX_REQUEST_BYTES, Reply, socket_path

MAX_CONNECTIONS = 64
"""Enough for many terminals at once; a script that forgets to close cannot take all of the node's descriptors."""


class ControlServer(Answers):
    """Serves commands and followed pictures on the control socket of a data directory."""

    def __init__(self, directory: Path) -> None:
        super().__init__()
        self._path = socket_path(directory)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

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
                await self.converse(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError, asyncio.CancelledError):
            pass  # The asker has gone or the node stops: either way nobody is left to be told.
        finally:
            writer.close()


async def _turn_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sentence: str) -> None:
    """Answer the first request with a refusal; before it is read, the asker could not hear the reason."""
    async with asyncio.timeout(SEND_TIMEOUT):
        await reader.readuntil(b"\n")
    await send(writer, Reply(error=sentence))


def _is_owner(connection: socket.socket) -> bool:
    """Whether the peer runs as our own user or as root: the mode of the socket says so too, but can be changed."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, user, _ = struct.unpack("3i", credentials)
    return user in (0, os.geteuid())
