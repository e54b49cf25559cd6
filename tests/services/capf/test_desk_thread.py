"""Requests to the desk: many in one turn, none answered before it is committed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import cast

import pytest

from ringward.domain.errors import Unavailable
from ringward.services.capf import desk_thread
from ringward.services.capf.desk import Desk
from ringward.services.capf.desk_thread import DeskThread


class Counter:
    """A desk that keeps what it is told for the time of a turn, and may fail to commit it."""

    def __init__(self) -> None:
        self.turns: list[list[int]] = []
        self.committed: list[int] = []
        self.gate = threading.Event()
        self.fails = False

    @contextmanager
    def together(self, devices: Collection[str]) -> Iterator[Counter]:
        assert all(devices)
        self.gate.wait(60)
        self.turns.append([])
        yield self
        if self.fails:
            raise Unavailable("the disk is full")
        self.committed += self.turns[-1]

    def take(self, number: int) -> int:
        if number < 0:
            raise ValueError(number)
        self.turns[-1].append(number)
        return number * 2


@pytest.fixture
def desk() -> Counter:
    return Counter()


async def at_once() -> None:
    """Others know of all changes."""


async def ask(thread: DeskThread, number: int) -> int:
    def take(desk: Desk) -> int:
        return cast(Counter, desk).take(number)

    return await thread.ask("", take)


async def test_what_gathers_during_a_turn_is_done_in_the_next_one(desk: Counter) -> None:
    thread = DeskThread(cast(Desk, desk), at_once)
    first = asyncio.create_task(ask(thread, 0))
    await asyncio.sleep(0.01)  # it is in the thread now, or goes there with the others
    others = [asyncio.create_task(ask(thread, number)) for number in range(1, 6)]
    await asyncio.sleep(0)
    desk.gate.set()
    assert await asyncio.gather(first, *others) == [0, 2, 4, 6, 8, 10]
    assert desk.committed == [0, 1, 2, 3, 4, 5]
    assert len(desk.turns) <= 2
    await thread.stop()


async def test_a_request_that_fails_leaves_the_others_of_its_turn_alone(desk: Counter) -> None:
    thread = DeskThread(cast(Desk, desk), at_once)
    desk.gate.set()
    answers = await asyncio.gather(*(ask(thread, each) for each in (1, -1, 2)), return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 4]
    assert isinstance(answers[1], ValueError)
    await thread.stop()


async def test_nobody_is_answered_when_the_turn_could_not_be_committed(desk: Counter) -> None:
    """CAPF-39: what a phone is sent must be on the disk."""
    thread = DeskThread(cast(Desk, desk), at_once)
    desk.gate.set()
    desk.fails = True
    answers = await asyncio.gather(*(ask(thread, each) for each in range(3)), return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in answers)
    desk.fails = False
    assert await ask(thread, 7) == 14
    assert desk.committed == [7]
    await thread.stop()


async def test_a_turn_is_bounded(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_thread, "MOST", 2)
    thread = DeskThread(cast(Desk, desk), at_once)
    desk.gate.set()
    await asyncio.gather(*(ask(thread, each) for each in range(5)))
    assert [len(turn) for turn in desk.turns] == [2, 2, 1]
    await thread.stop()


async def test_the_request_of_a_phone_that_has_gone_is_not_carried_out(desk: Counter) -> None:
    thread = DeskThread(cast(Desk, desk), at_once)
    tasks = [asyncio.create_task(ask(thread, each)) for each in range(3)]
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.sleep(0)
    desk.gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    await thread.stop()
    assert tasks[1].cancelled()
    assert tasks[2].result() == 4


async def test_it_ends_after_its_turn_and_leaves_the_rest(desk: Counter) -> None:
    thread = DeskThread(cast(Desk, desk), at_once)
    task = asyncio.create_task(ask(thread, 1))
    await asyncio.sleep(0)
    stopping = asyncio.create_task(thread.stop())
    desk.gate.set()
    await stopping
    await asyncio.gather(task, return_exceptions=True)
    assert task.done()
    assert not [each for each in threading.enumerate() if each.name.startswith("capf_")]
