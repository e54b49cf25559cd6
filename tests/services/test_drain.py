"""Draining: new calls are refused, present ones may end, and the limit holds."""

from __future__ import annotations

import asyncio

import pytest

from harness.office import Office
from ringward.services import drain
from ringward.services.drain import Drain


class Node:
    def __init__(self, calls: int) -> None:
        self.calls = calls
        self.refuses = False
        self.stopped = asyncio.Event()
        self.drain = Drain(self._refuse, lambda: self.calls, self.stopped.set)

    def _refuse(self, begins: bool) -> None:
        self.refuses = begins


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drain, "LOOK", 0.01)


async def test_the_node_stops_once_the_last_call_is_over() -> None:
    node = Node(calls=1)
    node.drain.begin(600)
    await asyncio.sleep(0.05)
    assert node.refuses
    assert not node.stopped.is_set()
    node.calls = 0
    await asyncio.wait_for(node.stopped.wait(), 60)


async def test_calls_that_do_not_end_end_with_the_limit() -> None:
    node = Node(calls=1)
    node.drain.begin(0.05)
    await asyncio.wait_for(node.stopped.wait(), 60)


async def test_a_drain_can_be_called_off() -> None:
    node = Node(calls=1)
    node.drain.begin(600)
    node.drain.cancel()
    assert not node.refuses
    node.calls = 0
    await asyncio.sleep(0.05)
    assert not node.stopped.is_set()


def test_a_draining_call_manager_refuses_new_calls_and_keeps_the_others_and_registrations() -> None:
    office = Office()
    anna, bert = office.phone("anna", "1001"), office.phone("bert", "1002")
    anna.register()
    bert.register()
    anna.call("1002")
    office.wire.settle()
    bert.answer()
    office.side.is_draining = True
    bert.log.clear()
    bert.call("1001")
    office.wire.settle()
    assert any("503" in line for line in bert.log), bert.log
    assert len(office.engine.live()) == 1
    assert "200" in anna.register()
    assert office.side.counters.refused_draining == 1
    office.side.is_draining = False
    bert.call("1001")
    office.wire.settle()
    assert len(office.engine.live()) == 2
