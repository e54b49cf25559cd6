"""When a node looks for cycles of objects."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from ringward.services import garbage_collection
from ringward.services.garbage_collection import LIMIT, LOOK, WORTH, GarbageCollection, spare_calls


@pytest.fixture
def as_before() -> Iterator[None]:
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()


class Clock:
    """Goes on when it is told to, and with each search."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.search = 0.1

    def __call__(self) -> float:
        return self.now

    def in_search(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self.now += self.search


class Node:
    """What the collection knows of a node, and one that looks when it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.clock = Clock()
        self.collection = GarbageCollection(lambda: self.calls, self.clock)

    def look(self, *, after: float = LOOK, calls: int = 0) -> bool:
        self.clock.now += after
        self.calls += calls
        return self.collection.look()


@pytest.fixture
def node(as_before: None) -> Iterator[Node]:
    node = Node()

    async def begin() -> None:
        node.collection.start()

    with asyncio.Runner() as runner:
        runner.run(begin())
        gc.callbacks.append(node.clock.in_search)
        yield node
        gc.callbacks.remove(node.clock.in_search)
        node.collection.stop()


def objects() -> list[list[int]]:
    """Some more than a search is worth, as others are freed meanwhile."""
    return [[] for _ in range(2 * WORTH)]


@pytest.mark.usefixtures("as_before")
def test_what_is_there_at_the_start_is_never_searched() -> None:
    spare_calls()
    assert gc.get_freeze_count() > 10_000
    assert gc.isenabled()


@pytest.mark.usefixtures("as_before")
def test_python_does_not_search_what_calls_make() -> None:
    spare_calls()
    searches = []
    gc.callbacks.append(note := lambda phase, told: searches.append(told))
    kept: list[list[int]] = [[] for _ in range(LIMIT // 10)]
    gc.callbacks.remove(note)
    assert kept and not searches
    assert gc.get_threshold()[0] == LIMIT  # but so many of them it does


def test_a_node_at_rest_searches_what_has_gathered(node: Node) -> None:
    kept = objects()
    assert kept and node.look()


def test_little_is_not_worth_a_search(node: Node) -> None:
    assert not node.look()


def test_calls_are_not_held_up(node: Node) -> None:
    kept = objects()
    assert node.look()
    kept += objects()
    assert not node.look(after=1_000, calls=3_000)
    assert kept and node.look(calls=1)


def test_a_search_is_made_but_seldom(node: Node) -> None:
    kept = objects()
    assert node.look()
    kept += objects()
    assert not node.look()
    assert kept and node.look(after=garbage_collection.REST * node.clock.search)
