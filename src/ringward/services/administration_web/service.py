"""HTTPS for the web applications, and a door on plain HTTP that only points to it (HTTPS-12)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_CONCURRENCY = 400
"""Requests at a time, the streams of live pages among them; more are answered with 503."""
KEEP_ALIVE = 15
"""Seconds that an idle connection stays open."""
MAX_HEAD = 32_768
"""Bytes of a request's head; cookies and addresses of our pages have far less."""
_STOP_WITHIN = 3
"""Seconds that requests have to end when the node stops."""

log = logging.getLogger(__name__)


class _Server(uvicorn.Server):
    """uvicorn without its own handling of signals: the node decides when it stops."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave all signals alone."""
        yield


class WebService:
    """Serves an application over HTTPS on one port, and redirects to it on another."""

    def __init__(self, application: ASGIApp, tls: ssl.SSLContext) -> None:
        self._application = application
        self._tls = tls
        self._servers: list[tuple[_Server, asyncio.Task[None]]] = []

    async def start(self, https: socket.socket, redirect: socket.socket, https_port: int) -> None:
        """Serve those who come to two sockets that listen; the second one sends browsers to ``https_port``."""
        await self._serve(self._application, https, self._tls)
        await self._serve(_Redirect(https_port), redirect, None)

    async def _serve(self, application: ASGIApp, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        config = uvicorn.Config(
            application,
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONCURRENCY,
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=_STOP_WITHIN,
            h11_max_incomplete_event_size=MAX_HEAD,
        )
        config.load()
        config.ssl = tls
        server = _Server(config)
        task = asyncio.get_running_loop().create_task(server.serve(sockets=[listener]))
        self._servers.append((server, task))
        while not server.started:
            if task.done():
                task.result()
                raise OSError("the web service could not serve")
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        """Stop listening and end what is open."""
        for server, _ in self._servers:
            server.should_exit = True
        await asyncio.gather(*(task for _, task in self._servers), return_exceptions=True)
        self._servers.clear()


class _Redirect:
    """Points browsers to HTTPS before anything is asked of them; programs are refused (HTTPS-03, HTTPS-12)."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        host = _host_alone(Headers(scope=scope).get("host", ""))
        if scope["method"] not in ("GET", "HEAD") or scope["path"].startswith(("/api", "/SOAP")) or not host:
            answer = PlainTextResponse(f"Only over HTTPS, on port {self._port}.\n", 403)
            await answer(scope, receive, send)
            return
        await RedirectResponse(f"https://{host}:{self._port}/", 307)(scope, receive, send)


def _host_alone(text: str) -> str:
    """The name or address of a Host header without its port; empty if it is not one."""
    name = text.rpartition("]")[0] + "]" if text.startswith("[") else text.partition(":")[0]
    plain = name.strip("[]")
    return name if plain and len(plain) <= 253 and all(each.isalnum() or each in ".:-_" for each in plain) else ""
