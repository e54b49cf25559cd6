from __future__ import annotations

import asyncio
import logging

import pytest

from ringward.services.backup_watch import BackupWatch

PATIENCE = 60.0


async def test_it_looks_again_and_again_also_after_a_failure_and_stops(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[int] = []
    enough = asyncio.Event()
    loop = asyncio.get_running_loop()

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            loop.call_soon_threadsafe(enough.set)
        if len(looks) == 1:
            raise OSError("the disk is asleep")

    watch = BackupWatch(look, interval=0.001)
    with caplog.at_level(logging.ERROR):
        watch.start()
        async with asyncio.timeout(PATIENCE):
            await enough.wait()
            await watch.stop()
    assert any("another try" in each for each in caplog.messages)
    done = len(looks)
    await asyncio.sleep(0)
    assert len(looks) == done
