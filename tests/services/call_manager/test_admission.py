"""Budgets of messages: who is heard while others shout."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.office import device
from harness.stranger import Besieged, request
from ringward.services.call_manager.admission import (
    ALL_STRANGERS_BUDGET,
    BUSY_FOR,
    KNOWN_BUDGET,
    MANY,
    MAX_DELAY,
    MAX_SOURCES,
    PRESSED_BUDGET,
    SIZE_OF_ONE,
    STRANGER_BUDGET,
    Admission,
    Budget,
    Sources,
    TokenBucket,
    known_budget,
)

OFFICE = "198.51.100.1"


@pytest.fixture
def admission() -> Admission:
    return Admission({OFFICE: 3})


def admitted(admission: Admission, address: str, messages: int, now: float = 1.0, size: int = 400) -> int:
    return sum(not admission.refuses(address, size, now) for _ in range(messages))


def test_a_stranger_has_a_burst_and_a_rate(admission: Admission) -> None:
    assert admitted(admission, "192.0.2.1", 10_000) == STRANGER_BUDGET.burst
    assert admitted(admission, "192.0.2.1", 10_000, 2.0) == STRANGER_BUDGET.rate
    assert admitted(admission, "192.0.2.1", 10_000, 1_000.0) == STRANGER_BUDGET.burst
    assert admission.refused == 30_000 - 2 * STRANGER_BUDGET.burst - STRANGER_BUDGET.rate


def test_an_address_with_phones_has_a_larger_budget_of_its_own(admission: Admission) -> None:
    for number in range(50_000):
        admission.refuses(f"203.0.113.{number % 250}", 400, 1.0)
    assert admitted(admission, OFFICE, 20_000) == KNOWN_BUDGET.burst


def test_the_budget_of_an_address_grows_with_the_lines_registered_there() -> None:
    admission = Admission({OFFICE: 1_000, "192.0.2.7": 1})
    for address in (OFFICE, "192.0.2.7"):
        admitted(admission, address, 40_000)
    assert admitted(admission, OFFICE, 40_000, 2.0) == known_budget(1_000).rate
    assert admitted(admission, "192.0.2.7", 40_000, 2.0) == known_budget(1).rate
    assert known_budget(1_000).rate > 3 * known_budget(1).rate


def test_while_there_is_time_no_registered_phone_is_refused(admission: Admission) -> None:
    admission.note_load(0.5, 1.0)
    assert admitted(admission, OFFICE, 50_000) == 50_000
    assert admission.delay(OFFICE, 50_000, 50_000, 1.0) == 0.0
    assert admitted(admission, "192.0.2.1", 50_000) == STRANGER_BUDGET.burst, "strangers never have more"


def test_when_time_gets_short_whoever_took_most_is_refused_first(admission: Admission) -> None:
    admission.note_load(0.5, 1.0)
    admitted(admission, OFFICE, 50_000)
    admission.note_load(0.95, 1.0)
    assert admitted(admission, OFFICE, 50_000) == 0
    other = Admission({OFFICE: 3})
    other.note_load(0.95, 1.0)
    assert admitted(other, OFFICE, 1_000) == 1_000
    admission.note_load(0.1, 1.0 + BUSY_FOR / 2)
    assert admitted(admission, OFFICE, 1) == 0, "a flood is not let in again with every pause"
    admission.note_load(0.1, 1.0 + BUSY_FOR)
    assert admitted(admission, OFFICE, 50_000) == 50_000


def test_leisure_ends_where_too_many_requests_are_kept(admission: Admission) -> None:
    admission.note_load(0.1, 1.0)
    admission.pressed = True
    assert admitted(admission, OFFICE, 20_000) == PRESSED_BUDGET.burst


def test_all_strangers_together_have_one_more_budget(admission: Admission) -> None:
    taken = sum(not admission.refuses(f"10.0.{number >> 8}.{number & 255}", 400, 1.0) for number in range(50_000))
    assert taken == ALL_STRANGERS_BUDGET.burst
    assert admission.refuses("10.1.0.1", 400, 1.0) == MANY


def test_one_stranger_does_not_use_up_what_all_share(admission: Admission) -> None:
    admitted(admission, "192.0.2.1", 1_000_000 // 20)
    assert admitted(admission, "192.0.2.2", 1_000) == 1_000


def test_a_large_message_costs_as_much_as_several(admission: Admission) -> None:
    assert admitted(admission, "192.0.2.1", 10_000, size=16 * SIZE_OF_ONE) == STRANGER_BUDGET.burst // 16


def test_under_pressure_the_known_share_too(admission: Admission) -> None:
    admission.pressed = True
    assert admitted(admission, OFFICE, 20_000) == PRESSED_BUDGET.burst


def test_memory_is_bounded(admission: Admission) -> None:
    for number in range(5 * MAX_SOURCES):
        admission.refuses(f"stranger {number}", 400, 1.0 + number)
    assert len(admission) <= MAX_SOURCES


def test_who_is_heard_often_is_remembered() -> None:
    sources = Sources(Budget(10, 1), limit=8)
    first = sources.find("first", 0.0)
    for number in range(100):
        sources.find(f"other {number}", 0.0)
        assert sources.find("first", 0.0) is first
    assert len(sources) <= 8


def test_a_stream_is_slowed_and_its_debt_is_bounded(admission: Admission) -> None:
    assert admission.delay("192.0.2.1", 100, 40_000, 1.0) == 0.0
    assert admission.delay("192.0.2.1", int(STRANGER_BUDGET.burst), 40_000, 1.0) == pytest.approx(
        100 / STRANGER_BUDGET.rate
    )
    assert admission.delay("192.0.2.1", 1_000_000, 40_000, 1.0) == MAX_DELAY
    assert admission.delay("192.0.2.1", 0, 0, 1.0 + MAX_DELAY) == 0.0
    assert admission.delay(OFFICE, 1, 100, 1.0) == 0.0


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(1, 40)), max_size=60))
def test_never_more_than_burst_and_rate(steps: list[tuple[float, int]]) -> None:
    budget = Budget(20, 5)
    bucket = TokenBucket(budget, 0.0)
    now = taken = 0.0
    for pause, cost in steps:
        now += pause
        if bucket.take(budget, cost, now):
            taken += cost
    assert taken <= budget.burst + budget.rate * now + 1e-6


# -- through the line side ----------------------------------------------------------------------------------


def test_a_thousand_phones_boot_behind_one_address() -> None:
    besieged = Besieged()
    besieged.devices = [device(f"SEP{number:012X}", str(number)) for number in range(2000, 3000)]
    besieged.configure()
    registered = 0
    for number in range(2000, 3000):
        besieged.now += 0.002
        (answer,) = besieged.send(request("REGISTER", str(number), key=number, host=OFFICE, port=number), OFFICE)
        registered += answer.status == 200
    assert registered == 1_000


def test_a_flood_is_dropped_unanswered_and_named_once(caplog: pytest.LogCaptureFixture) -> None:
    besieged = Besieged()
    besieged.add("1001")
    besieged.ask("REGISTER", host=OFFICE)
    before = besieged.kept
    answers = 0
    for number in range(20_000):
        answers += len(besieged.send(request("OPTIONS", key=number), "192.0.2.9"))
        besieged.send(request("INVITE", key=number), f"203.0.113.{number % 100}")
        besieged.send(b"\x00" * 40, "192.0.2.9")
    assert answers < STRANGER_BUDGET.burst
    assert besieged.kept == before
    assert len([each for each in caplog.messages if "192.0.2.9" in each and "flood" in each]) == 1
    assert len(caplog.messages) < 200
    assert besieged.ask("OPTIONS", host=OFFICE).status == 200
