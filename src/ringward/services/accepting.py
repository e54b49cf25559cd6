"""Connections taken from the system one by one, before any handshake of TLS.

The servers of asyncio tell of a connection only when its handshake is over, and so leave it to strangers how many
handshakes there are at a time. Here whoever is told can refuse one before it costs anything but its descriptor.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

PAUSE = 1.0
"""Seconds without accepting after the system had no room for one more connection."""
_NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
"""Otherwise it was the peer's affair, which was gone before it was accepted: then nobody else has to wait."""


class Acceptor:
    """Listens on one port. Belongs to the event loop in which it is made."""

    def __init__(
        self,
        address: tuple[str, int],
        backlog: int,
        arrived: Callable[[socket.socket, str], None],
        trouble: Callable[[OSError], None],
    ) -> None:
        """Begins to listen; raises ``OSError``. ``arrived`` gets each connection with the address of its peer."""
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._listener = socket.create_server(address, family=family, backlog=backlog)
        self._listener.setblocking(False)
        self._arrived = arrived
        self._trouble = trouble
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        self._listen()

    @property
    def port(self) -> int:
        """The port that it listens on; 0 when it has stopped."""
        return int(self._listener.getsockname()[1]) if self._listener.fileno() >= 0 else 0

    def stop(self) -> None:
        """Stop listening; nothing happens the second time."""
        if self._pause is not None:
            self._pause.cancel()
        if self._listener.fileno() >= 0:
            self._loop.remove_reader(self._listener)
            self._listener.close()

    def _listen(self) -> None:
        self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        """Take one connection; the loop comes back for the next, so that many in a row hold up nothing else."""
        try:
            connection, peer = self._listener.accept()
        except BlockingIOError:
            return  # it is gone again
        except OSError as error:
            self._trouble(error)
            if error.errno in _NO_ROOM:
                self._loop.remove_reader(self._listener)
                self._pause = self._loop.call_later(PAUSE, self._listen)
            return
        connection.setblocking(False)
        self._arrived(connection, peer[0])


def reset(connection: socket.socket) -> None:
    """Close at once and leave nothing behind, not even for the system to remember."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
