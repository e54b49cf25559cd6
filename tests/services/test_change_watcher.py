from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from ringward.administration.administration import Administration
from ringward.administration.authorization import Actor
from ringward.cluster.bus import Announcement
from ringward.domain.change import Action
from ringward.domain.region import Region
from ringward.domain.rights import EVERYTHING
from ringward.domain.server import Server
from ringward.services import change_watcher
from ringward.services.change_watcher import REST, ChangeWatcher
from ringward.services.configuration import PresentConfiguration
from ringward.store import feed
from ringward.store.feed import Change

ADA = Actor("ada", EVERYTHING, "test")
PATIENCE = 60.0
"""Seconds; the machine may be busy."""


@pytest.fixture
def administration(tmp_path: Path) -> Iterator[Administration]:
    """Of a node that is installed, while a watcher runs."""
    administration = Administration.open(tmp_path / "data", create=True)
    administration.installation.run(Server("node1", "192.0.2.1"))
    yield administration
    administration.close()


async def test_many_changes_in_a_row_leave_the_processor_to_others(
    administration: Administration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often something is changed, reading takes no more than a part of the time."""
    monkeypatch.setattr(change_watcher, "INTERVAL", 0.001)
    loop = asyncio.get_running_loop()
    told: list[tuple[float, float]] = []

    async def slowly(changes: Sequence[Change]) -> None:
        began = loop.time()
        await asyncio.sleep(0.05)
        told.append((began, loop.time()))

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, slowly)
    await watcher.start()
    regions = administration.records(Region)
    try:
        async with asyncio.timeout(PATIENCE):
            for number in itertools.count():
                await asyncio.to_thread(regions.add, ADA, Region(f"R{number}"))
                if len(told) == 3:
                    break
    finally:
        await watcher.stop()
    for (began, ended), (again, _) in pairwise(told):
        assert again - ended >= REST * (ended - began) * 0.9


async def test_a_change_made_in_this_process_is_not_waited_for(
    administration: Administration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that has just got its certificate asks for the file encrypted with it at once."""
    monkeypatch.setattr(change_watcher, "INTERVAL", 3600.0)
    told = asyncio.Event()

    async def tell(changes: Sequence[Change]) -> None:
        if any(change.key == "Hamburg" for change in changes):
            told.set()

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, tell)
    await watcher.start()
    try:
        await asyncio.sleep(0.2)  # it has looked once, and rests now
        await asyncio.to_thread(administration.records(Region).add, ADA, Region("Hamburg"))
        await asyncio.wait_for(told.wait(), 60)
        assert any(region.name == "Hamburg" for region in configuration.current.of(Region).values())
    finally:
        await watcher.stop()


async def test_what_another_process_has_changed_can_be_taken_in_at_once(
    administration: Administration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone that is reset after a change reads its file at once."""
    another = Administration.open(tmp_path / "data")
    monkeypatch.setattr(change_watcher, "INTERVAL", 3600.0)
    told: list[str] = []

    async def note(changes: Sequence[Change]) -> None:
        told.extend(change.key for change in changes)

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, note)
    await watcher.start()
    try:
        await asyncio.sleep(0.2)  # it has looked once, and rests now
        await asyncio.to_thread(another.records(Region).add, ADA, Region("New"))
        await watcher.catch_up(lambda change: change.key == "New")
        assert "New" in told
        assert any(region.name == "New" for region in configuration.current.of(Region).values())
    finally:
        await watcher.stop()
        another.close()


async def test_everything_that_was_changed_at_once_is_told(administration: Administration) -> None:
    """A file of tens of thousands of rows is one transaction; nothing may come after it for a long while."""
    told: list[int] = []

    async def note(changes: Sequence[Change]) -> None:
        told.extend(change.sequence for change in changes)

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, note)
    await watcher.start()
    try:
        made = [(0, Region.noun, f"R{number}", Action.UPDATED) for number in range(12_000)]
        with administration.database.writing() as connection:
            sequences = feed.append_all(connection, made)
        await watcher.catch_up(lambda change: change.key == "R11999")
        assert told == sequences
    finally:
        await watcher.stop()


async def test_whoever_catches_up_hears_that_it_failed(
    administration: Administration, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And it is not taken for done: the next one catches up with it."""
    monkeypatch.setattr(change_watcher, "INTERVAL", 3600.0)
    fails = [True]
    told: list[str] = []

    async def tell(changes: Sequence[Change]) -> None:
        if fails:
            raise OSError(fails.pop())
        told.extend(change.key for change in changes)

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, tell)
    try:
        await asyncio.to_thread(administration.records(Region).add, ADA, Region("New"))
        with pytest.raises(OSError, match="True"):
            await watcher.catch_up(lambda change: True)
        await watcher.catch_up(lambda change: True)
        assert "New" in told
    finally:
        await watcher.stop()


@pytest.mark.parametrize("steps", range(8))
async def test_it_stops_although_something_is_announced_meanwhile(
    administration: Administration, steps: int
) -> None:
    """At any step of the event loop between the announcement and the look that it causes."""

    async def tell(changes: Sequence[Change]) -> None:
        """Nobody is there to be told."""

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, tell)
    await watcher.start()
    await asyncio.sleep(0.1)  # it has looked once, and rests now
    administration.bus.publish(Announcement("region", "Hamburg", Action.ADDED, 1_000_000))
    for _ in range(steps):
        await asyncio.sleep(0)
    stop = asyncio.create_task(watcher.stop())
    done, _ = await asyncio.wait([stop], timeout=60)
    assert done
    administration.close()


async def test_whoever_changes_something_can_wait_until_it_is_taken_in_but_not_for_ever(
    administration: Administration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that saves something and calls then."""
    another = Administration.open(tmp_path / "data")
    monkeypatch.setattr(change_watcher, "INTERVAL", 3600.0)
    may_go_on = asyncio.Event()

    async def hold_up(changes: Sequence[Change]) -> None:
        await may_go_on.wait()

    configuration = PresentConfiguration(administration.configuration, "node1")
    watcher = ChangeWatcher(administration.database, administration.bus, configuration, hold_up)
    await watcher.start()
    try:
        assert await watcher.has_caught_up(PATIENCE), "nothing has been changed"
        await asyncio.to_thread(another.records(Region).add, ADA, Region("New"))
        assert not await watcher.has_caught_up(0.01), "the services have not been told yet"
        waiting = asyncio.create_task(watcher.has_caught_up(PATIENCE))
        may_go_on.set()
        assert await waiting
    finally:
        await watcher.stop()
        another.close()
