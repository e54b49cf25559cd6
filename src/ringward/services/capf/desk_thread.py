"""The thread in which the desk works, one turn after the other: in each, all that has gathered meanwhile.

What is done in one turn is committed together, so that fifty phones that come at a time wait for the disk once and
not fifty times. Nobody is answered before: a certificate that a phone has been sent is on the disk (CAPF-39).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from ringward.services.capf.desk import Desk

MOST = 64
"""Requests in one turn: at a millisecond each, other writers wait for a fraction of a second at most."""
GATHER = 0.01
"""Seconds before a turn, in which more may come: a phone takes a thousand times as long to make its key."""

R = TypeVar("R")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class _Request:
    device: str
    work: Callable[[Desk], Any]
    answer: asyncio.Future[Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a request: one of these."""

    result: Any = None
    error: BaseException | None = None


class DeskThread:
    """See the module. Belongs to the event loop in which it is asked."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._thread = ThreadPoolExecutor(1, "capf")
        self._waiting: deque[_Request] = deque()
        self._turn: asyncio.Task[None] | None = None

    def ask(
        self, device: str, what: Callable[Concatenate[Desk, P], R], *arguments: P.args, **named: P.kwargs
    ) -> asyncio.Future[R]:
        """The answer of the desk: ``await ask(device, Desk.issue, pending, key)``.

        What is known of the ``device`` (empty for none) is read together with that of the others. Raises what the
        desk raises, and :class:`Unavailable` when its turn could not be committed.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Request(device, lambda desk: what(desk, *arguments, **named), answer))
        if self._turn is None:
            self._turn = asyncio.create_task(self._work(), name="CAPF desk")
        return answer

    async def stop(self) -> None:
        """End after the present turn."""
        for request in self._waiting:
            request.answer.cancel()
        if self._turn is not None:
            await self._turn
        await asyncio.to_thread(self._thread.shutdown)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(GATHER)
            if not (requests := self._next()):
                continue
            done = await loop.run_in_executor(self._thread, self._do, requests)
            for request, each in zip(requests, done, strict=True):
                if request.answer.done():
                    continue  # whoever asked has gone
                if each.error is not None:
                    request.answer.set_exception(each.error)
                else:
                    request.answer.set_result(each.result)
        self._turn = None

    def _next(self) -> list[_Request]:
        """The requests of the next turn, without those of phones that have gone."""
        requests: list[_Request] = []
        while self._waiting and len(requests) < MOST:
            request = self._waiting.popleft()
            if not request.answer.done():
                requests.append(request)
        return requests

    def _do(self, requests: list[_Request]) -> list[_Done]:
        """In the thread: one turn."""
        try:
            with self._desk.together({request.device for request in requests if request.device}) as desk:
                return [_attempt(request, desk) for request in requests]
        except Exception as error:
            return [_Done(error=error)] * len(requests)


def _attempt(request: _Request, desk: Desk) -> _Done:
    try:
        return _Done(request.work(desk))
    except Exception as error:
        return _Done(error=error)
