"""Long timers that leave no trace when stopped."""

from __future__ import annotations

from ringward.protocols.sip.timers import TimerQueue
from ringward.protocols.sip.wheel import GRAIN, Wheel


def test_item_is_due_at_its_deadline_or_shortly_after() -> None:
    timers, due = TimerQueue(), list[tuple[str, float]]()
    wheel = Wheel[str](timers, lambda item, now: due.append((item, now)))
    wheel.put("a", 900.0)
    wheel.put("b", 1000.5)
    deadline = timers.next_deadline()
    assert deadline is not None and 900 <= deadline <= 900 + GRAIN
    timers.advance(899.9)
    assert due == []
    timers.advance(deadline)
    assert due == [("a", deadline)]
    assert len(wheel) == 1


def test_taken_items_leave_nothing_behind() -> None:
    timers = TimerQueue()
    wheel = Wheel[int](timers, lambda item, now: None)
    for item in range(10_000):
        now = item / 100
        wheel.take(item, wheel.put(item, now + 900))
    assert len(wheel) == 0
    assert timers.next_deadline() is None
    assert len(timers) == 0


def test_item_may_be_put_back_when_it_is_due() -> None:
    timers, due = TimerQueue(), list[float]()

    def again(item: str, now: float) -> None:
        due.append(now)
        wheel.put(item, now + 10)

    wheel = Wheel[str](timers, again)
    wheel.put("a", 10.0)
    for second in range(60):
        timers.advance(float(second))
    assert len(due) == 4


def test_taking_what_is_not_there_does_nothing() -> None:
    wheel = Wheel[str](TimerQueue(), lambda item, now: None)
    slot = wheel.put("a", 5.0)
    wheel.take("b", slot)
    wheel.take("a", slot + 1)
    assert len(wheel) == 1
