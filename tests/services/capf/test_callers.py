from __future__ import annotations

import pytest

from ringward.services.capf import callers
from ringward.services.capf.callers import SOURCE_BUDGET, Callers


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "MAX_CALLS", 4)
    monkeypatch.setattr(callers, "MAX_CALLS_PER_SOURCE", 3)


def filled(*sources: str) -> Callers[int]:
    found: Callers[int] = Callers()
    for number, source in enumerate(sources):
        assert not found.refusal(source, 0.0)
        found.enter(number, source)
    return found


def test_one_address_has_only_some_of_the_places() -> None:
    found = filled("a", "a", "a")
    assert "from there at a time" in found.refusal("a", 0.0)
    assert not found.refusal("b", 0.0)
    found.leave(1)
    assert not found.refusal("a", 0.0)


def test_where_all_places_are_taken_the_oldest_stranger_makes_room() -> None:
    found = filled("a", "b", "c")
    assert found.must_go() is None
    found.enter(3, "d")
    found.proved(0)
    assert not found.refusal("e", 0.0)
    assert found.must_go() == 1


def test_phones_that_have_proved_themselves_are_never_sent_away() -> None:
    found = filled("a", "b", "c", "d")
    for number in range(4):
        found.proved(number)
    assert found.must_go() is None
    assert found.refusal("e", 0.0) == "too many phones call at a time"


def test_a_flood_from_one_address_is_slowed_down() -> None:
    found: Callers[int] = Callers()
    let_in = sum(not found.refusal("a", 0.0) for _ in range(1000))
    assert let_in == SOURCE_BUDGET.burst
    assert not found.refusal("b", 0.0)
    assert not found.refusal("a", 1.0)


def test_nothing_is_left_of_calls_that_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    found = filled("a", "b")
    for number in range(2):
        found.leave(number)
    assert len(found) == 0 and list(found) == []
    monkeypatch.setattr(callers, "MAX_BUDGETS", 10)
    for number in range(100):
        found.refusal(str(number), 0.0)
    assert len(found._budgets) <= 10
