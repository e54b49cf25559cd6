"""Gives the metrics to whoever asks by HTTP; it listens only where the settings say, if at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

MAX_REQUEST = 8_192
"""Bytes; what Prometheus sends has some hundred."""
TIMEOUT = 5.0
"""Seconds in which a request must be there and its answer taken."""
MAX_CONNECTIONS = 16
_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class MetricsListener:
    """See the module."""

    def __init__(self, metrics: Callable[[], str]) -> None:
        self._metrics = metrics
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self, address: str, port: int) -> None:
        """Listen; raises ``OSError`` if the port cannot be had."""
        self._server = await asyncio.start_server(self._serve, address, port, limit=MAX_REQUEST)

    async def stop(self) -> None:
        """Stop listening."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open <= MAX_CONNECTIONS:
                async with asyncio.timeout(TIMEOUT):
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(self._answer(head.split(b"\r\n", 1)[0]))
                    await writer.drain()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # nobody is left who would want an answer, or nobody who asks as one should
        finally:
            self._open -= 1
            with contextlib.suppress(OSError):
                writer.close()

    def _answer(self, request: bytes) -> bytes:
        method, _, rest = request.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            return _response("404 Not Found", "The metrics are at /metrics.\n")
        if method not in (b"GET", b"HEAD"):
            return _response("405 Method Not Allowed", "", "Allow: GET, HEAD\r\n")
        answer = _response("200 OK", self._metrics())
        return answer if method == b"GET" else answer[: answer.index(b"\r\n\r\n") + 4]


def _response(status: str, text: str, more: str = "") -> bytes:
    body = text.encode()
    lines = f"HTTP/1.1 {status}", f"Content-Type: {_TYPE}", f"Content-Length: {len(body)}", "Connection: close"
    return ("\r\n".join(lines) + f"\r\n{more}\r\n").encode() + body
