"""Fetches the files that a boot asks for, over TFTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ringward.domain.errors import RingwardError, Unavailable
from ringward.phone.boot import Boot
from ringward.phone.boot_orders import Booted, Enrol, Fetch, Pause
from ringward.phone.configuration import MAX_FILE, Configuration
from ringward.phone.file_security import FileSecurity
from ringward.phone.identity import Identity
from ringward.protocols.tftp.client import FetchState, ReadClient
from ringward.protocols.tftp.packets import ErrorCode, Outgoing

TFTP_PORT = 69
BLOCK_SIZE = 1428
"""Octets of a block asked for: what an Ethernet frame carries (RFC 2348)."""


@dataclass(frozen=True, slots=True)
class FileServer:
    """Where a phone gets its files."""

    host: str
    port: int = TFTP_PORT


class FileMissing(RingwardError):
    """The server has no such file."""


class ServerSilent(Unavailable):
    """The server did not answer, or the transfer broke off; says why."""


class _Transfer(asyncio.DatagramProtocol):
    """Carries the datagrams of one fetch and keeps its time."""

    def __init__(self, client: ReadClient, done: asyncio.Future[None]) -> None:
        self._client = client
        self._done = done
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport
        self._send(self._client.start(self._loop.time()))

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._send(self._client.receive(data, (addr[0], addr[1]), self._loop.time()))

    def error_received(self, exc: Exception) -> None:
        """A refusal by the host (port unreachable) may be forged or passing; the time-out decides."""

    def _send(self, outgoing: Outgoing) -> None:
        assert self._transport is not None  # noqa: S101  (datagrams come and timers run only once connected)
        for destination, datagram in outgoing:
            self._transport.sendto(datagram, destination)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._client.finished and self._client.next_deadline is not None:
            self._timer = self._loop.call_at(self._client.next_deadline, self._advance)
        elif not self._done.done():
            self._done.set_result(None)

    def _advance(self) -> None:
        # The loop may call a little before the exact time; the machine wants it reached.
        deadline = self._client.next_deadline
        self._send(self._client.advance(max(self._loop.time(), deadline or 0.0)))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._done.done():
            self._done.set_result(None)


async def fetch(server: FileServer, name: str, *, max_size: int = MAX_FILE, source: str = "") -> bytes:
    """Fetch one file; raises :class:`FileMissing` or :class:`ServerSilent`.

    ``source`` is which of this machine's addresses asks; the system decides if it is empty.

    The socket is closed as soon as the file is whole, without the dallying that RFC 1350 section 6 suggests: if
    the last acknowledgement is lost the server gives up by itself, and thousands of booting phones hold no idle
    sockets.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    try:
        family, _, _, _, address = (await loop.getaddrinfo(server.host, server.port))[0]
        client = ReadClient((str(address[0]), int(address[1])), name, block_size=BLOCK_SIZE, max_size=max_size)
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Transfer(client, done), family=family, local_addr=(source, 0) if source else None
        )
    except OSError as error:
        raise ServerSilent(str(error)) from None
    try:
        await done
    finally:
        transport.close()
    if client.state is FetchState.DONE:
        return client.content()
    if client.error is not None and client.error.code == ErrorCode.FILE_NOT_FOUND:
        raise FileMissing(name)
    raise ServerSilent(client.failure or "the transfer broke off")


async def boot(
    identity: Identity,
    servers: tuple[FileServer, ...],
    *,
    before: Configuration | None = None,
    security: FileSecurity | None = None,
    identity_list: bool = False,
    enrol: Callable[[Enrol], Awaitable[str]] | None = None,
    on_pause: Callable[[Pause], None] | None = None,
    attempts: int | None = None,
) -> Booted:
    """Boot a phone from its file servers.

    Goes on for ever as a phone does, or, with ``attempts``, raises :class:`ServerSilent` after so many hunts.
    ``enrol`` goes to CAPF; it returns why that failed, or an empty text.
    """
    by_name = {f"{server.host}:{server.port}": server for server in servers}
    machine = Boot(identity, tuple(by_name), before, security, identity_list=identity_list)
    hunts = 0
    order = machine.start()
    while True:
        match order:
            case Booted():
                return order
            case Pause(seconds, reason):
                hunts += 1
                if attempts is not None and hunts >= attempts:
                    raise ServerSilent(reason)
                if on_pause is not None:
                    on_pause(order)
                await asyncio.sleep(seconds)
                order = machine.due()
            case Enrol():
                failure = "this phone cannot do certificate operations" if enrol is None else await enrol(order)
                order = machine.not_enrolled(failure) if failure else machine.enrolled()
            case Fetch(server, name):
                try:
                    order = machine.found(await fetch(by_name[server], name))
                except FileMissing:
                    order = machine.missing()
                except ServerSilent as error:
                    order = machine.silent(str(error))
