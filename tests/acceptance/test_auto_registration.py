"""CLUSTER-11: a phone that nobody has configured boots, gets a number and makes calls; in mixed mode not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acceptance.office import asks, does, running, set_mixed_mode
from harness.waiting import PATIENCE
from ringward.phone import events
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer
from services.test_node import Office


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running(tmp_path / "data", mixed=False) as office:
        yield office


def name_of(office: Office) -> str:
    (server,) = asks(office, "server", "list")
    return str(server["name"])


class Desk:
    """An unknown phone, and what happens to it."""

    def __init__(self, office: Office, mac: str, model: str = "7961") -> None:
        self.happened: asyncio.Queue[events.PhoneEvent] = asyncio.Queue()
        self.phone = DeskPhone(
            identify(mac, model),
            (FileServer("127.0.0.1", 69 + office.offset),),
            lambda phone, event: self.happened.put_nowait(event),
            Options(local_host="127.0.0.1", media=False),
        )

    async def until(self, kind: type[events.PhoneEvent]) -> Any:
        async with asyncio.timeout(PATIENCE):
            while not isinstance(event := await self.happened.get(), kind):
                pass
            return event

    async def registered_as(self, number: str) -> Phone:
        while (await self.until(events.Registered)).number != number:
            pass
        assert self.phone.phone is not None
        return self.phone.phone


async def test_unknown_phones_get_numbers_and_call_each_other(office: Office) -> None:
    does(office, "auto-registration", "add", name_of(office), "--first", "5000", "--last", "5001")
    desks = [Desk(office, "00AA000000A1"), Desk(office, "00AA000000A2", "7970")]
    try:
        for number, desk in zip(("5000", "5001"), desks, strict=True):
            await desk.phone.boot()
            phone = await desk.registered_as(number)
            assert not phone.configuration.is_default
        phone.dial("5000")
        ringing = await desks[0].until(events.Ringing)
        ringing.call.answer()
        await desks[1].until(events.Talking)
    finally:
        for desk in desks:
            await desk.phone.stop()
    found = await asyncio.to_thread(asks, office, "phone", "list")
    assert [(each["device_name"], each["model"], each["description"]) for each in found] == [
        ("SEP00AA000000A1", "7961", "Auto 5000"),
        ("SEP00AA000000A2", "7970", "Auto 5001"),
    ]


async def test_when_the_range_is_used_up_a_phone_waits_until_somebody_adds_it(office: Office) -> None:
    does(office, "auto-registration", "add", name_of(office), "--first", "5000", "--last", "5000")
    first, second = Desk(office, "00AA000000B1"), Desk(office, "00AA000000B2")
    try:
        await first.phone.boot()
        await first.registered_as("5000")
        await second.phone.boot()
        refused = await second.until(events.RegistrationRefused)
        assert refused.number == "SEP00AA000000B2"
        words = ("phone", "add", "SEP00AA000000B2", "--model", "7961", "--line", "1=4711")
        await asyncio.to_thread(does, office, *words)
        await second.registered_as("4711")
    finally:
        await first.phone.stop()
        await second.phone.stop()


async def test_in_mixed_mode_an_unknown_phone_is_refused(office: Office) -> None:
    does(office, "auto-registration", "add", name_of(office), "--first", "5000", "--last", "5009")
    set_mixed_mode(office)  # that alone must be enough; the CTL client would turn auto-registration off as well
    desk = Desk(office, "00AA000000C1")
    try:
        await desk.phone.boot()
        assert (await desk.until(events.RegistrationRefused)).number == "SEP00AA000000C1"
    finally:
        await desk.phone.stop()
    assert await asyncio.to_thread(asks, office, "phone", "list") == []
