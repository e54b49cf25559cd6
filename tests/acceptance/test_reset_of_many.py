"""CLUSTER-22: all phones of a server, a device pool or the cluster are reset in one act that says what it does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from acceptance.office import asks, does, running
from harness.waiting import until
from ringward.phone import events
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.retrieval import FileServer
from services.test_node import Office

DESK, LOBBY, AWAY = "SEP00AA000000D1", "SEP00AA000000D2", "SEP00AA000000D3"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with running(tmp_path / "data", mixed=False) as office:
        does(office, "device-pool", "add", "Lobby")
        for number, (name, pool) in enumerate(((DESK, "Default"), (LOBBY, "Lobby"), (AWAY, "Lobby")), 1001):
            does(office, "phone", "add", name, "--model", "7961", "--line", f"1={number}", "--device-pool", pool)
        yield office


class Resets:
    """How often each phone was told to reset, and how often it has registered."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.came: list[str] = []

    def note(self, phone: Phone, event: events.PhoneEvent) -> None:
        if isinstance(event, events.ResetRequested):
            self.told.append(phone.identity.device_name)
        elif isinstance(event, events.Registered):
            self.came.append(phone.identity.device_name)

    async def until(self, *told: str) -> None:
        """Wait until these were told so, and all are registered again."""
        expected = sorted(told), sorted((DESK, LOBBY, *told))
        await until(lambda: (sorted(self.told), sorted(self.came)) == expected, f"resets of {told}")


async def test_a_set_of_phones_is_reset_in_one_act(office: Office) -> None:
    resets = Resets()
    servers = (FileServer("127.0.0.1", 69 + office.offset),)
    options = Options(local_host="127.0.0.1", media=False)
    phones = [DeskPhone(identify(name, "7961"), servers, resets.note, options) for name in (DESK, LOBBY)]
    try:
        for phone in phones:
            await phone.boot()
        await resets.until()
        said = await asyncio.to_thread(does, office, "phone", "reset", "--device-pool", "Lobby", "--yes")
        assert said.startswith("Device Pool Lobby has 2 phones. Registered, and to be reset one by one: 1. In")
        await resets.until(LOBBY)
        (server,) = await asyncio.to_thread(asks, office, "server", "list")
        said = await asyncio.to_thread(does, office, "phone", "reset", "--server", server["name"], "--yes")
        assert "has 3 phones. Registered, and to be reset one by one: 2." in said
        await resets.until(LOBBY, LOBBY, DESK)
        said = await asyncio.to_thread(does, office, "phone", "reset", "--all", "--yes")
        assert "The cluster has 3 phones." in said
        await resets.until(LOBBY, LOBBY, LOBBY, DESK, DESK)
    finally:
        for phone in phones:
            await phone.stop()


def test_the_status_shows_how_far_files_are_signed_anew(office: Office) -> None:
    assert asks(office, "status")["signed_anew"] is None
    does(office, "parameter", "set", "Identity Trust List", "true")
    for name in (DESK, LOBBY):
        for _ in range(300):
            try:
                urlopen(f"http://127.0.0.1:{6970 + office.offset}/{name}.cnf.xml.sgn").close()
                break
            except OSError:
                pass
    does(office, "certificate", "regenerate", "node")
    for _ in range(300):
        progress = asks(office, "status")["signed_anew"]
        if progress == {"done": 2, "total": 2}:
            break
    assert progress == {"done": 2, "total": 2}
    assert "Files signed anew 2 of 2" in " ".join(does(office, "status").split())
