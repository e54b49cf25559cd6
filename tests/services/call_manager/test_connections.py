"""How many connections there may be, and which has to go."""

from __future__ import annotations

import resource

import pytest

from ringward.protocols.sip.flow import Flow, Transport
from ringward.services.call_manager import connections
from ringward.services.call_manager.connections import (
    CONNECTION_BUDGET,
    MAX_CONNECTIONS,
    PARTIAL_MESSAGE_TIMEOUT,
    REGISTRATION_TIMEOUT,
    RESERVED_FILES,
    Connections,
    Visitor,
    room_for_connections,
)


class House:
    """A table of connections and who is registered by them."""

    def __init__(self, limit: int = MAX_CONNECTIONS) -> None:
        self.registered: set[Flow] = set()
        self.closed: list[str] = []
        self.table = Connections(lambda flow: flow in self.registered, limit)

    def come(self, name: str, address: str = "192.0.2.1", now: float = 0.0, registers: bool = False) -> str:
        visitor = Visitor(address, lambda: self.closed.append(name), now)
        visitor.flow = Flow(Transport.TCP, ("10.0.0.254", 5060), (address, 1))
        if registers:
            self.registered.add(visitor.flow)
        self.last = visitor
        return self.table.enter(visitor, now)


def test_the_oldest_stranger_makes_room() -> None:
    house = House(limit=3)
    house.come("phone", registers=True)
    for name in ("one", "two", "three"):
        assert house.come(name) == ""
    assert house.closed == ["one"]
    assert len(house.table) == 3


def test_phones_make_no_room() -> None:
    house = House(limit=2)
    house.come("phone", registers=True)
    house.come("other phone", registers=True)
    assert house.come("stranger") == "there are too many connections"
    assert house.closed == []


def test_a_full_address_makes_room_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MAX_CONNECTIONS_PER_SOURCE", 2)
    house = House()
    house.come("elsewhere", "192.0.2.9")
    for name in ("one", "two", "three"):
        assert house.come(name) == ""
    assert house.closed == ["one"]
    house.registered |= {each.flow for each in house.table._strangers if each.flow is not None}
    assert house.come("four") == "it has too many connections"


def test_connecting_too_often_is_refused() -> None:
    house = House()
    refusals = []
    for number in range(int(CONNECTION_BUDGET.burst) + 10):
        refusals.append(house.come(str(number)))
        house.table.leave(house.last)
    assert refusals.count("it connects too often") == 10
    assert house.come("elsewhere", "192.0.2.9") == ""
    assert house.come("later", now=1.0) == ""


def test_who_does_not_register_in_time_is_closed() -> None:
    house = House()
    house.come("stranger")
    house.come("phone", registers=True)
    assert house.table.overdue(REGISTRATION_TIMEOUT - 1) == []
    ((visitor, reason),) = house.table.overdue(REGISTRATION_TIMEOUT)
    visitor.close()
    assert house.closed == ["stranger"]
    assert reason == "nobody registered by it"


def test_who_is_no_longer_registered_has_the_same_time_again() -> None:
    house = House()
    house.come("phone", registers=True)
    assert house.table.overdue(1_000.0) == []
    house.registered.clear()
    assert house.table.overdue(1_001.0) == []
    assert house.table.overdue(1_000.0 + REGISTRATION_TIMEOUT) == []
    assert len(house.table.overdue(1_001.0 + REGISTRATION_TIMEOUT)) == 1


def test_a_message_that_never_comes_whole_ends_even_a_phones_connection() -> None:
    house = House()
    house.come("phone", registers=True)
    house.table.overdue(1.0)
    house.last.partial_since = 100.0
    assert house.table.overdue(99.0 + PARTIAL_MESSAGE_TIMEOUT) == []
    ((_, reason),) = house.table.overdue(100.0 + PARTIAL_MESSAGE_TIMEOUT)
    assert reason == "the rest of a message did not come in time"


def test_what_has_left_is_not_counted() -> None:
    house = House()
    for number in range(100):
        house.come(str(number), registers=number % 2 == 0)
        house.table.overdue(1.0)
        house.table.leave(house.last)
        house.table.leave(house.last)
    assert len(house.table) == 0
    assert not house.table._sources


@pytest.mark.parametrize(
    ("soft", "hard", "set_to", "room"),
    [
        (1_024, 4_096, 4_096, 4_096 - RESERVED_FILES),
        (1_024, 100_000, MAX_CONNECTIONS + RESERVED_FILES, MAX_CONNECTIONS),
        (1_024, resource.RLIM_INFINITY, MAX_CONNECTIONS + RESERVED_FILES, MAX_CONNECTIONS),
        (50_000, 50_000, None, MAX_CONNECTIONS),
        (100, 100, None, 1),
    ],
)
def test_connections_leave_file_descriptors_for_the_rest(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, set_to: int | None, room: int
) -> None:
    limits = []
    monkeypatch.setattr(resource, "getrlimit", lambda which: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda which, values: limits.append(values))
    assert room_for_connections() == room
    assert limits == ([] if set_to is None else [(set_to, hard)])
