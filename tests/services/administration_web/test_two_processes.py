"""Node and pages as two processes: what is told in either direction, here within one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ringward.cluster.bus import Announcement
from ringward.domain.alarm import AlarmEvent, raised
from ringward.domain.alarm_catalogue import ACCOUNT_LOCKED_OUT
from ringward.domain.change import Action
from ringward.domain.errors import NotFound, Refused, Unavailable
from ringward.services.administration_web.live_node import NodeForPages
from ringward.services.administration_web.messenger import Messenger
from ringward.services.administration_web.node_bus import NodeBus
from ringward.services.control.server import ControlServer

PATIENCE = 60.0


class Node:
    """What a node hears on its control socket."""

    def __init__(self) -> None:
        self.changes = 0
        self.alarms: list[dict[str, Any]] = []
        self.history: list[dict[str, Any]] = [{"at": 10.0}, {"at": 20.0}]
        self.files_read = {"SEPA": 10.0, "SEPB": 20.0}
        self.told_of_files: list[dict[str, float]] = []

    def offer(self, control: ControlServer) -> None:
        control.answer("changed", lambda arguments: self._changed())
        control.answer("alarm", self.alarms.append)
        control.answer("history", lambda arguments: [s for s in self.history if s["at"] > arguments["after"]])
        control.answer("files-read", self._files_read)
        control.answer("miss", lambda arguments: _raise(NotFound("phone", arguments["device"])))
        control.answer("defer", lambda arguments: _raise(Unavailable("Cisco CallManager does not run")))
        control.answer("refuse", lambda arguments: _raise(Refused("too many")))

    def _files_read(self, arguments: dict[str, Any]) -> dict[str, float]:
        self.told_of_files.append({each: at for each, at in self.files_read.items() if at >= arguments["since"]})
        return self.told_of_files[-1]

    def _changed(self) -> None:
        self.changes += 1


def _raise(error: Exception) -> None:
    raise error


@pytest.fixture
def node() -> Node:
    return Node()


@pytest.fixture
async def control(tmp_path: Path, node: Node) -> AsyncIterator[ControlServer]:
    control = ControlServer(tmp_path)
    node.offer(control)
    await control.start()
    yield control
    await control.stop()


def announcement(sequence: int, noun: str = "certificate") -> Announcement:
    return Announcement(noun, "node1/web", Action.UPDATED, sequence)


def test_what_was_announced_here_is_not_heard_twice() -> None:
    told: list[str] = []
    heard: list[int] = []
    bus = NodeBus(lambda: told.append("changed"), {"certificate"})
    end = bus.subscribe(lambda each: heard.append(each.sequence))
    bus.publish(announcement(7))
    bus.hear(announcement(7))
    bus.hear(announcement(8))
    assert heard == [7, 8]
    assert told == ["changed"]
    end()
    bus.hear(announcement(9))
    assert heard == [7, 8]


async def test_changes_and_alarms_reach_the_node(control: ControlServer, node: Node, tmp_path: Path) -> None:
    stored: list[AlarmEvent] = []
    messenger = Messenger(tmp_path, stored.append)
    messenger.tell_of_alarm(raised(ACCOUNT_LOCKED_OUT, "ada", "locked"))
    for _ in range(5):
        messenger.tell_of_change()
    messenger.start()
    await asyncio.to_thread(messenger.stop)
    assert [(each["name"], each["subject"], each["raised"]) for each in node.alarms] == [
        (ACCOUNT_LOCKED_OUT, "ada", True)
    ]
    assert node.changes == 1, "once for all that there were"
    assert stored == []


async def test_an_alarm_that_no_node_takes_is_stored(tmp_path: Path) -> None:
    stored: list[AlarmEvent] = []
    messenger = Messenger(tmp_path, stored.append)
    event = raised(ACCOUNT_LOCKED_OUT, "ada", "locked")
    messenger.tell_of_alarm(event)
    messenger.start()
    await asyncio.to_thread(messenger.stop)
    assert stored == [event]


async def test_pages_are_told_the_kind_of_an_error(control: ControlServer, tmp_path: Path) -> None:
    live = NodeForPages(tmp_path)
    with pytest.raises(NotFound, match="there is no phone 'SEP1'"):
        await asyncio.to_thread(live.ask, "miss", {"device": "SEP1"})
    with pytest.raises(Unavailable, match="does not run"):
        await asyncio.to_thread(live.ask, "defer")
    with pytest.raises(Refused, match="too many"):
        await asyncio.to_thread(live.ask, "refuse")
    live.close()


async def test_of_the_history_only_what_is_new_is_fetched(
    control: ControlServer, node: Node, tmp_path: Path
) -> None:
    live = NodeForPages(tmp_path)
    assert [each["at"] for each in await asyncio.to_thread(live.ask, "history")] == [10.0, 20.0]
    node.history[:] = [{"at": 20.0}, {"at": 30.0}]
    assert [each["at"] for each in await asyncio.to_thread(live.ask, "history")] == [10.0, 20.0, 30.0]
    live.close()


async def test_of_the_files_that_phones_have_read_only_what_is_new_is_fetched(
    control: ControlServer, node: Node, tmp_path: Path
) -> None:
    live = NodeForPages(tmp_path)
    assert await asyncio.to_thread(live.ask, "files-read") == {"SEPA": 10.0, "SEPB": 20.0}
    node.files_read |= {"SEPA": 30.0, "SEPC": 31.0}
    assert await asyncio.to_thread(live.ask, "files-read") == {"SEPA": 30.0, "SEPB": 20.0, "SEPC": 31.0}
    assert [set(each) for each in node.told_of_files] == [{"SEPA", "SEPB"}, {"SEPA", "SEPB", "SEPC"}]
    assert await asyncio.to_thread(live.ask, "files-read") == {"SEPA": 30.0, "SEPB": 20.0, "SEPC": 31.0}
    assert node.told_of_files[-1] == {"SEPC": 31.0}
    node.files_read = {"SEPB": 40.0}
    assert await asyncio.to_thread(live.ask, "files-read") == {"SEPA": 30.0, "SEPB": 40.0, "SEPC": 31.0}
    live.close()


async def test_what_a_page_needs_is_asked_together_each_with_its_answer_or_error(
    control: ControlServer, node: Node, tmp_path: Path
) -> None:
    live = NodeForPages(tmp_path)
    questions = [("files-read", {}), ("defer", {}), ("miss", {"device": "SEP1"}), ("history", {})]
    read, deferred, missed, history = await asyncio.to_thread(live.ask_together, questions)
    assert read == {"SEPA": 10.0, "SEPB": 20.0}
    assert isinstance(deferred, Unavailable) and isinstance(missed, NotFound)
    assert [each["at"] for each in history] == [10.0, 20.0]
    node.history[:] = [{"at": 20.0}, {"at": 30.0}]
    (history,) = await asyncio.to_thread(live.ask_together, [("history", {})])
    assert [each["at"] for each in history] == [10.0, 20.0, 30.0], "of what grows only what is new was fetched"
    live.close()


async def test_without_a_node_the_pages_say_so(tmp_path: Path) -> None:
    live = NodeForPages(tmp_path)
    with pytest.raises(Unavailable, match="no node runs"):
        await asyncio.to_thread(live.ask, "status")
    with pytest.raises(Unavailable, match="no node runs"):
        await asyncio.to_thread(live.ask_together, [("status", {})])
