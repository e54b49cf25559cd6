"""The same files over HTTP, port 6970: GET and HEAD, nothing else, nothing listed.

Phones fetch large files this way since it is quicker than TFTP. Everything a stranger can stretch is bounded: the
head of a request, the time to send it, the time to take the answer, the connections in total and per address.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

import h11

from ringward.services.tftp.admission import Admission
from ringward.services.tftp.desk import FileDesk
from ringward.services.tftp.library import Outcome

log = logging.getLogger(__name__)

HTTP_PORT = 6970
WIRE = "HTTP"
MAX_HEAD = 8 * 1024
"""Octets of request line and headers; phones send a few hundred."""
MAX_TARGET = 1024
"""Octets of a request's target; longer ones get 414."""
CHUNK = 64 * 1024
"""Octets handed to the connection at a time."""


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """How much is served at once, and how long a client may take."""

    connections: int = 1_000
    connections_per_address: int = 64
    requests_per_second: float = 100.0
    burst: float = 500.0
    """Of one address."""
    addresses: int = 20_000
    """Whose rates are remembered."""
    head_seconds: float = 10.0
    """For a whole request head to arrive, and for a kept connection to ask again."""
    chunk_seconds: float = 20.0
    """For a client to take one chunk of an answer."""


_STATUS = {Outcome.SERVED: 200, Outcome.NOT_FOUND: 404, Outcome.REFUSED: 400}
_REASONS = {
    200: b"OK",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Content Too Large",
    414: b"URI Too Long",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    503: b"Service Unavailable",
}


class HttpServer:
    """Serves the desk's files to HTTP/1.0 and HTTP/1.1 clients."""

    def __init__(self, desk: FileDesk, limits: HttpLimits | None = None) -> None:
        self._desk = desk
        self._limits = limits or HttpLimits()
        self._admission = Admission(self._limits.requests_per_second, self._limits.burst, self._limits.addresses)
        self._connections: set[asyncio.Task[None]] = set()
        self._of_host: Counter[str] = Counter()
        self._server: asyncio.Server | None = None
        self.address: tuple[str, int] = ("", 0)
        """Where the server listens, once it is started."""

    async def start(self, host: str, port: int) -> None:
        """Open the listening socket; raises ``OSError`` when the port is taken or not allowed."""
        self._server = await asyncio.start_server(self._connected, host, port, limit=MAX_HEAD)
        self.address = self._server.sockets[0].getsockname()[:2]

    async def stop(self) -> None:
        """Close the listening socket and every connection."""
        if self._server is not None:
            self._server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        peer = writer.get_extra_info("peername")
        if task is None or peer is None:
            writer.close()
            return
        host: str = peer[0]
        full = len(self._connections) >= self._limits.connections
        if full or self._of_host[host] >= self._limits.connections_per_address:
            self._desk.counters.turned_away += 1
            writer.transport.abort()
            return
        self._connections.add(task)
        self._of_host[host] += 1
        writer.transport.set_write_buffer_limits(0)  # draining then means sent, so no connection outlives its task
        try:
            await _Conversation(reader, writer, host, self._desk, self._limits, self._admission).run()
        except (OSError, TimeoutError, h11.RemoteProtocolError) as error:
            log.debug("HTTP %s: %s", host, error or type(error).__name__)
        finally:
            self._connections.discard(task)
            self._of_host[host] -= 1
            if self._of_host[host] <= 0:
                del self._of_host[host]
            if task.cancelling():
                writer.transport.abort()
            else:
                writer.close()


class _Conversation:
    """Requests and answers of one connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        host: str,
        desk: FileDesk,
        limits: HttpLimits,
        admission: Admission,
    ) -> None:
        self._reader, self._writer, self._host = reader, writer, host
        self._desk, self._limits, self._admission = desk, limits, admission
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)

    async def run(self) -> None:
        """Answer requests until the client or a limit ends it."""
        while True:
            try:
                async with asyncio.timeout(self._limits.head_seconds):
                    request = await self._request()
            except h11.RemoteProtocolError as error:
                if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
                    await self._say(error.error_status_hint)
                return
            if request is None:
                return
            await self._answer(request)
            if self._http.our_state is not h11.DONE or self._http.their_state is not h11.DONE:
                return
            self._http.start_next_cycle()

    async def _request(self) -> h11.Request | None:
        """The next request without its body; None at the end of the connection."""
        request: h11.Request | None = None
        while True:
            event = self._http.next_event()
            if event is h11.NEED_DATA:
                self._http.receive_data(await self._reader.read(MAX_HEAD))
            elif isinstance(event, h11.Request):
                request = event
            elif isinstance(event, (h11.EndOfMessage, h11.Data)):
                return request
            else:
                return None

    async def _answer(self, request: h11.Request) -> None:
        if self._http.their_state is h11.SEND_BODY:
            await self._say(413)
        elif not self._admission.admits(self._host, asyncio.get_running_loop().time()):
            self._desk.counters.turned_away += 1
            await self._say(429)
        elif request.method not in (b"GET", b"HEAD"):
            await self._say(405)
        elif len(request.target) > MAX_TARGET:
            await self._say(414)
        else:
            await self._serve(_name(request.target), with_body=request.method == b"GET")

    async def _serve(self, name: str, *, with_body: bool) -> None:
        answer = self._desk.at_once(name, self._host, WIRE)
        if answer is None:
            answer = await self._desk.fetch(name, self._host, WIRE)
        if answer is None:
            await self._say(503)
        elif answer.outcome is not Outcome.SERVED:
            await self._say(_STATUS[answer.outcome])
        else:
            await self._say(200, answer.content, with_body=with_body)
            if with_body:
                self._desk.delivered(name, answer.content)

    async def _say(self, status: int, content: bytes = b"", *, with_body: bool = True) -> None:
        headers = [
            (b"Content-Length", str(len(content)).encode("ascii")),
            (b"Content-Type", b"application/octet-stream"),
            (b"X-Content-Type-Options", b"nosniff"),
            (b"Cache-Control", b"no-store"),
        ]
        if status == 405:
            headers.append((b"Allow", b"GET, HEAD"))
        if status in (429, 503):
            headers.append((b"Retry-After", b"2"))
        if status not in (200, 404):
            headers.append((b"Connection", b"close"))
        response = h11.Response(status_code=status, headers=headers, reason=_REASONS.get(status, b""))
        await self._write(self._http.send(response))
        if with_body:
            for start in range(0, len(content), CHUNK):
                await self._write(self._http.send(h11.Data(data=content[start : start + CHUNK])))
        await self._write(self._http.send(h11.EndOfMessage()))

    async def _write(self, octets: bytes | None) -> None:
        if octets:
            self._writer.write(octets)
            async with asyncio.timeout(self._limits.chunk_seconds):
                await self._writer.drain()


def _name(target: bytes) -> str:
    """The file name in a request's target: without its first slash and query, percent signs decoded exactly once.

    What still holds a percent sign then, or octets outside ASCII, is refused by the library's check of names.
    """
    path = target.partition(b"?")[0].removeprefix(b"/")
    return unquote_to_bytes(path).decode("ascii", "replace")
