"""The worker of jobs: goes on while there is something to do, survives trouble, and stops between two items."""

from __future__ import annotations

import asyncio
import threading

from ringward.services.job_worker import JobWorker


async def test_it_goes_on_as_long_as_something_is_due() -> None:
    done = asyncio.Event()
    loop = asyncio.get_running_loop()
    left = [0.0, 0.0, 0.0]

    def step() -> float | None:
        if left:
            return left.pop()
        loop.call_soon_threadsafe(done.set)
        return None

    worker = JobWorker(step)
    worker.start()
    async with asyncio.timeout(60):
        await done.wait()
    await worker.stop()
    assert not left


async def test_it_stops_only_when_the_item_that_is_being_done_is_done() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def step() -> float | None:
        begun.set()
        assert may_end.wait(60)
        ended.append(True)
        return 0.0

    worker = JobWorker(step)
    worker.start()
    assert await asyncio.to_thread(begun.wait, 60)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(0)
    assert not stopping.done()
    may_end.set()
    async with asyncio.timeout(60):
        await stopping
    assert ended == [True]


async def test_an_error_of_ours_is_logged_and_ends_nothing(caplog: object) -> None:
    """The next try comes; stopping does not wait for it."""
    failed = threading.Event()

    def step() -> float | None:
        failed.set()
        raise ZeroDivisionError

    worker = JobWorker(step)
    worker.start()
    assert await asyncio.to_thread(failed.wait, 60)
    async with asyncio.timeout(60):
        await worker.stop()
