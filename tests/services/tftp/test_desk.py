"""The desk: what has to be built first is built beside the event loop."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ringward.services.tftp import desk as desk_module
from ringward.services.tftp.desk import FileDesk
from ringward.services.tftp.library import Answer, FileLibrary, Outcome

FILE = "SEP001122334455.cnf.xml"
PATIENCE = 60


async def test_who_goes_while_a_file_is_built_leaves_a_place_to_the_next(
    library: FileLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    noted = asyncio.Event()
    really_find = library.find

    def slowly(name: str) -> Answer:
        begun.set()
        assert go_on.wait(PATIENCE)
        return really_find(name)

    monkeypatch.setattr(library, "find", slowly)
    monkeypatch.setattr(desk_module, "MAX_WAITING", 1)

    def clock() -> float:
        noted.set()
        return 0.0

    desk = FileDesk(library, clock)
    gone = desk.fetch(FILE, "127.0.0.1", "TFTP")
    assert await asyncio.to_thread(begun.wait, PATIENCE)
    assert await desk.fetch(FILE, "127.0.0.1", "TFTP") is None
    assert desk.counters.turned_away == 1
    gone.cancel()
    go_on.set()
    async with asyncio.timeout(PATIENCE):
        await noted.wait()
        answer = await desk.fetch(FILE, "127.0.0.1", "TFTP")
    assert answer is not None and answer.outcome is Outcome.SERVED
    assert desk.counters.outcomes[Outcome.SERVED] == 2
    desk.close()
