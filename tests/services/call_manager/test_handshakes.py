"""Whose TLS handshake it is."""

from __future__ import annotations

import pytest

from ringward.services.call_manager.handshakes import (
    HANDSHAKE_BUDGET,
    HANDSHAKE_TIMEOUT,
    MAX_RUNNING,
    PATIENCE,
    HandshakeQueue,
)


@pytest.fixture
def queue() -> HandshakeQueue[str]:
    return HandshakeQueue(0.0)


def begun(queue: HandshakeQueue[str], now: float) -> list[str]:
    items = []
    while (item := queue.next(now)) is not None:
        items.append(item)
    return items


def test_so_many_run_and_the_others_wait(queue: HandshakeQueue[str]) -> None:
    for number in range(200):
        queue.enter("a", f"a{number}")
    assert begun(queue, 0.0) == [f"a{number}" for number in range(MAX_RUNNING)]
    assert queue.is_waiting
    queue.leave("a", "a0")
    assert begun(queue, 1.0) == [f"a{MAX_RUNNING}"]
    assert len(queue) == 199


def test_addresses_take_turns(queue: HandshakeQueue[str]) -> None:
    for number in range(100):
        queue.enter("flood", f"flood {number}")
    queue.enter("b", "b0")
    queue.enter("c", "c0")
    assert begun(queue, 0.0)[:4] == ["flood 0", "b0", "c0", "flood 1"]


def test_so_many_begin_per_second(queue: HandshakeQueue[str]) -> None:
    total = 0
    for number in range(5_000):
        queue.enter("a", f"a{number}")
    for step in range(101):
        for item in begun(queue, step / 20):
            total += 1
            queue.leave("a", item)
    assert total == pytest.approx(HANDSHAKE_BUDGET.burst + 5 * HANDSHAKE_BUDGET.rate, abs=2)


def test_half_open_ones_are_broken_off_sooner_while_others_wait(queue: HandshakeQueue[str]) -> None:
    queue.enter("a", "a0")
    begun(queue, 0.0)
    assert queue.overdue(HANDSHAKE_TIMEOUT - 1) == []
    assert queue.overdue(HANDSHAKE_TIMEOUT) == ["a0"]
    queue.enter("b", "b0")
    assert queue.overdue(PATIENCE - 1) == []
    assert queue.overdue(PATIENCE) == ["a0"]


def test_who_leaves_while_waiting_is_forgotten(queue: HandshakeQueue[str]) -> None:
    queue.enter("a", "a0")
    queue.enter("a", "a1")
    queue.leave("a", "a0")
    queue.leave("a", "a0")
    queue.leave("b", "b0")
    assert begun(queue, 0.0) == ["a1"]
    queue.leave("a", "a1")
    assert len(queue) == 0
    assert not queue.is_waiting
