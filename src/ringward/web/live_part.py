"""The live part of a page: drawn by the server and sent again whenever it has changed (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from time import monotonic

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from ringward.administration.authorization import Actor, is_allowed
from ringward.domain.errors import RingwardError
from ringward.web.entrance import Entrance
from ringward.web.visit import Site

INTERVAL = 1.0
"""Seconds between two looks; people do not read faster."""
PATIENCE = 10.0
"""For so many times as long as drawing took nothing is drawn after it: what costs much is kept fresh less often,
and calls keep the processor."""
REST = 20.0
"""Seconds after which something is sent although nothing has changed, so that a dead connection is noticed."""
MAX_STREAMS = 100
"""Pages that are kept fresh at a time; more of them show what was when they were opened."""

Draw = Callable[[Site, Actor, Mapping[str, str]], str]
"""Draws the part that changes as HTML; it gets the parts of the address."""


class LiveParts:
    """The streams of all pages. A browser that does not read holds up nobody but itself."""

    def __init__(self, site: Site, entrance: Entrance) -> None:
        self._site = site
        self._entrance = entrance
        self._streams = 0

    def endpoint(self, permission: str, draw: Draw) -> Callable[[Request], Awaitable[Response]]:
        """An endpoint that sends a live part for as long as the session and its permission last."""

        async def endpoint(request: Request) -> Response:
            if await run_in_threadpool(self._actor, request, permission) is None:
                return JSONResponse({"error": "sign in first"}, 401)
            if self._streams >= MAX_STREAMS:
                return JSONResponse({"error": "too many pages are being kept fresh; reload instead"}, 503)
            return StreamingResponse(self._news(request, permission, draw), media_type="text/event-stream")

        return endpoint

    def _actor(self, request: Request, permission: str) -> Actor | None:
        session = self._entrance.session_of(request)
        if session is None or session.is_end_user or not is_allowed(session.actor, permission):
            return None
        return session.actor

    def _draw(self, request: Request, permission: str, draw: Draw) -> str | None:
        actor = self._actor(request, permission)
        if actor is None:
            return None
        try:
            with self._site.turns.taken():
                return draw(self._site, actor, request.path_params)
        except RingwardError:  # what it shows is gone, or the node stops
            return None

    async def _news(self, request: Request, permission: str, draw: Draw) -> AsyncIterator[str]:
        self._streams += 1
        try:
            last, quiet, began = "", 0.0, monotonic()
            while (present := await run_in_threadpool(self._draw, request, permission, draw)) is not None:
                if present != last:
                    last, quiet = present, 0.0
                    yield f"data: {json.dumps(present)}\n\n"
                elif quiet >= REST:
                    quiet = 0.0
                    yield ": still here\n\n"
                rest = max(INTERVAL, PATIENCE * (monotonic() - began))
                await asyncio.sleep(rest)
                quiet += rest
                began = monotonic()
        finally:
            self._streams -= 1
