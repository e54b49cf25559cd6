"""Many phones in one process."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from phone.phones import FAST, HOST, configuration, registrar
from ringward.phone import events
from ringward.phone.configuration import Member
from ringward.phone.fleet import Fleet, in_step
from ringward.phone.fleet_statistics import Spread, spread_of
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer


async def test_a_fleet_registers_calls_and_is_counted() -> None:
    ringing: list[Phone] = []

    def owner(phone: Phone, event: events.PhoneEvent) -> None:
        if isinstance(event, events.Ringing):
            ringing.append(phone)

    async with registrar() as manager:
        fleet = Fleet(Options(local_host=HOST, direct_calls=True, answer_after=0.0), owner=owner)
        for place in range(20):
            fleet.add(identify(f"0011223344{place:02x}"), configuration(manager.member, number=str(1000 + place)))
        await fleet.start(per_second=500)
        async with asyncio.timeout(60):
            await fleet.registered()
        assert fleet.registered_count == fleet.statistics.registrations == 20
        calls = []
        for caller, called in zip(fleet.phones[:10], fleet.phones[10:], strict=True):
            assert called.connection is not None
            host, port = called.connection.flow.local
            number = called.configuration.lines[0].number
            calls.append(caller.dial(f"sip:{number}@{host}:{port}"))
        fleet.phones[0].dial(calls[0].session.dialog.remote_target.replace("1010", "4711"))
        async with asyncio.timeout(60):
            while not all(call.report().heard for phone in fleet.phones for call in phone.calls):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        assert len(ringing) == 10
        for call in calls:
            call.hang_up()
        async with asyncio.timeout(60):
            while any(phone.calls for phone in fleet.phones):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        await fleet.stop()
    statistics = fleet.statistics
    assert (statistics.dialled, statistics.answered, statistics.failed) == (11, 10, {404: 1})
    assert (statistics.sides_ended, statistics.sides_heard, statistics.packets_lost) == (20, 20, 0)
    assert statistics.packets_received >= 20 * 4
    assert spread_of(statistics.answer_times).count == 10
    assert len(fleet.clock) == 0


async def test_a_boot_that_fails_is_told() -> None:
    fleet = Fleet(Options(local_host=HOST))
    phone = identify("001122334455")
    await fleet.boot([phone], (FileServer("host.invalid"),), per_second=1000, attempts=1)
    assert fleet.phones == []
    assert list(fleet.boots_failed) == [phone]
    assert "host.invalid" in fleet.boots_failed[phone]


def test_in_step_keeps_its_rate_although_the_doing_takes_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock that nothing else moves."""
    now, times = 0.0, []

    class Loop:
        def time(self) -> float:
            return now

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += max(seconds, 0.0)

    def act(item: int) -> None:
        nonlocal now
        times.append(now)
        now += 0.015

    monkeypatch.setattr(asyncio, "get_running_loop", Loop)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(StopIteration):  # it waits for nothing else
        in_step(range(5), act, 50).send(None)
    assert times == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08])


def test_spread() -> None:
    assert spread_of(deque()) == Spread(0, 0, 0, 0)
    assert spread_of(deque([3.0])) == Spread(1, 3, 3, 3)
    assert spread_of(deque(float(value) for value in range(100, 0, -1))) == Spread(100, 50, 95, 100)


async def test_switching_on_twice_is_once() -> None:
    fleet = Fleet(Options(local_host=HOST, register=False))
    phone = fleet.add(identify("001122334455"), configuration(Member(HOST, 9), timers=FAST))
    await fleet.start(per_second=1000)
    async with asyncio.timeout(60):
        while phone.connection is None:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
    first = phone.connection
    await fleet.start(per_second=1000)
    await asyncio.sleep(0.02)
    assert phone.connection is first
    await fleet.stop()
