"""Software phones of every security mode on one node, for acceptance runs about calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from acceptance.office import Desk, does, running
from harness.waiting import PATIENCE, until
from ringward.domain.vocabulary import DeviceSecurityMode
from ringward.phone.flash import Flash
from services.test_node import Office

ANNA, BOB, CARL, DORA, EVE = (f"SEP00AA0000100{digit}" for digit in "12345")
"""Two encrypted phones, an authenticated one, one without security, and an encrypted one again."""
NUMBERS = {device: f"100{device[-1]}" for device in (ANNA, BOB, CARL, DORA, EVE)}
SECURE = {
    ANNA: DeviceSecurityMode.ENCRYPTED,
    BOB: DeviceSecurityMode.ENCRYPTED,
    CARL: DeviceSecurityMode.AUTHENTICATED,
    EVE: DeviceSecurityMode.ENCRYPTED,
}
FLASHES = {device: Flash() for device in NUMBERS}
"""What the phones remember from test to test: their certificates above all."""


@contextmanager
def secure_phones(directory: Path) -> Iterator[Office]:
    """A node of a mixed cluster with CAPF, where these phones are configured and to be given certificates."""
    with running(directory, mixed=True) as office:
        for device, number in NUMBERS.items():
            does(office, "phone", "add", device, "--model", "7961", "--line", f"1={number}")
        for mode in (DeviceSecurityMode.ENCRYPTED, DeviceSecurityMode.AUTHENTICATED):
            does(office, "phone-security-profile", "add", mode.label, "--model", "7961", "--protocol", "SIP",
                 "--device-security-mode", mode.label)  # fmt: skip
        for device, mode in SECURE.items():
            does(office, "phone", "update", device, "--security-profile", mode.label)
            does(office, "capf", "set", "install", device, "--mode", "null")
        yield office


@asynccontextmanager
async def desks(
    office: Office, *devices: str, only_encrypted: frozenset[str] = frozenset()
) -> AsyncIterator[tuple[Desk, ...]]:
    """Phones that have booted, enrolled where their profile wants it, and are registered.

    ``only_encrypted``: those of them that take no media in the clear.
    """
    async with AsyncExitStack() as stack:
        made = tuple(
            Desk(office, device, flash=FLASHES[device], only_encrypted=device in only_encrypted)
            for device in devices
        )
        for desk in made:
            stack.push_async_callback(desk.phone.stop)
        await asyncio.gather(*map(at_work, made))
        yield made
        for desk in made:
            while desk.has_call:
                desk.call.hang_up()


async def at_work(desk: Desk) -> None:
    """Boot a phone and see it registered."""
    wanted = SECURE.get(desk.device, DeviceSecurityMode.NONSECURE)
    is_nonsecure, keys = wanted is DeviceSecurityMode.NONSECURE, desk.phone.security.keys
    await desk.boots(
        lambda booted: booted.configuration.security_mode is wanted and (is_nonsecure or keys.lsc is not None),
        f"{desk.device} has what its profile asks for",
    )
    await desk.registers()


async def talk(one: Desk, other: Desk) -> None:
    """Both hear each other."""
    await until(lambda: one.hears(other) and other.hears(one), f"{one.device} and {other.device} hear each other")


async def shown(office: Office) -> tuple[str, str]:
    """Class and reason of the one call that the node shows."""
    (call,) = await asyncio.to_thread(office.ask, "calls")
    return call["security"], call["security_reason"]


async def is_said(office: Office, security: str) -> str:
    """Wait until the node gives the call a class; returns the reason."""
    async with asyncio.timeout(PATIENCE):
        while (said := await shown(office))[0] != security:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return said[1]


async def call_shown(office: Office) -> int:
    """Number of the one call that the node shows."""
    (call,) = await asyncio.to_thread(office.ask, "calls")
    return int(call["call_id"])


async def recorded(office: Office, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for the record of a call that is over; records are written a little later."""
    async with asyncio.timeout(PATIENCE):
        while True:
            code, out, log = await asyncio.to_thread(office.run, "calls", "--json")
            assert code == 0, log
            found = next((dict(each) for each in json.loads(out) if wanted(each)), None)
            if found is not None:
                return found
            await asyncio.sleep(0.1)
