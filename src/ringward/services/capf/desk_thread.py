"""The thread in which the desk works, one turn after the other: in each, all that has gathered meanwhile.

What is done in one turn is committed together, so that fifty phones that come at a time wait for the disk once and
not fifty times. Nobody is answered before: a certificate that a phone has been sent is on the disk (CAPF-39).

A phone whose operation is done asks for its file and connects at once. So it is told only when all services of the
node work by its certificate: else it would find no file that it can decrypt, and be refused.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

from ringward.services.capf.desk import Desk

MOST = 64
"""Requests in one turn: at a millisecond each, other writers wait for a fraction of a second at most."""
GATHER = 0.01
"""Seconds before a turn, in which more may come: a phone takes a thousand times as long to make its key."""

_CHANGING: frozenset[Callable[..., Any]] = frozenset({Desk.installed, Desk.deleted, Desk.shown})
"""After which other services have to work by something else."""

R = TypeVar("R")
P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class _Request:
    device: str
    work: Callable[[Desk], Any]
    answer: asyncio.Future[Any]
    changes: bool
    """Whether others have to know before the phone does."""


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a request: one of these."""

    result: Any = None
    error: BaseException | None = None


class DeskThread:
    """See the module. Belongs to the event loop in which it is asked."""

    def __init__(self, desk: Desk, taken_in: Callable[[], Awaitable[object]]) -> None:
        """``taken_in`` waits until all services of the node work by what has been committed."""
        self._desk = desk
        self._taken_in = taken_in
        self._thread = ThreadPoolExecutor(1, "capf")
        self._waiting: deque[_Request] = deque()
        self._turn: asyncio.Task[None] | None = None
        self._late: set[asyncio.Task[None]] = set()
        """Answers that wait until their changes are taken in."""

    def ask(
        self, device: str, what: Callable[Concatenate[Desk, P], R], *arguments: P.args, **named: P.kwargs
    ) -> asyncio.Future[R]:
        """The answer of the desk: ``await ask(device, Desk.issue, pending, key)``.

        What is known of the ``device`` (empty for none) is read together with that of the others. Raises what the
        desk raises, and :class:`Unavailable` when its turn could not be committed.
        """
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

        def work(desk: Desk) -> R:
            return what(desk, *arguments, **named)

        self._waiting.append(_Request(device, work, answer, what in _CHANGING))
        if self._turn is None:
            self._turn = asyncio.create_task(self._work(), name="CAPF desk")
        return answer

    async def stop(self) -> None:
        """End after the present turn."""
        for request in self._waiting:
            request.answer.cancel()
        if self._turn is not None:
            await self._turn
        for late in self._late:
            late.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        await asyncio.to_thread(self._thread.shutdown)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            await asyncio.sleep(GATHER)
            if not (requests := self._next()):
                continue
            done = await loop.run_in_executor(self._thread, self._do, requests)
            told = list(zip(requests, done, strict=True))
            _answer([pair for pair in told if not pair[0].changes])
            if changed := [pair for pair in told if pair[0].changes]:
                late = asyncio.create_task(self._answer_late(changed), name="CAPF answers")
                self._late.add(late)
                late.add_done_callback(self._late.discard)
        self._turn = None

    async def _answer_late(self, changed: list[tuple[_Request, _Done]]) -> None:
        try:
            await self._taken_in()
        finally:
            _answer(changed)

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


def _answer(told: list[tuple[_Request, _Done]]) -> None:
    for request, done in told:
        if request.answer.done():
            continue  # whoever asked has gone
        if done.error is not None:
            request.answer.set_exception(done.error)
        else:
            request.answer.set_result(done.result)


def _attempt(request: _Request, desk: Desk) -> _Done:
    try:
        return _Done(request.work(desk))
    except Exception as error:
        return _Done(error=error)
