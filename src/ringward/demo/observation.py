"""How scenes look at the office from outside, and what several of them do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from ringward.demo.desk import EVENT_TIMEOUT, Desk
from ringward.demo.office import Office
from ringward.demo.steps import NotObserved
from ringward.phone import events

TALK_PACKETS = 45
"""Packets of sound that are listened to, at 50 a second; a busy machine takes longer for them."""


def require(condition: bool, missing: str) -> None:
    """What a step is about; raises :class:`NotObserved` with what is missing."""
    if not condition:
        raise NotObserved(missing)


async def until(look: Callable[[], Awaitable[Any]], missing: str) -> Any:
    """Look again and again until there is something to see."""
    deadline = asyncio.get_running_loop().time() + EVENT_TIMEOUT
    while asyncio.get_running_loop().time() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.1)
    raise NotObserved(missing)


async def calls_in(office: Office, state: str) -> list[dict[str, Any]]:
    """The calls that the node shows in a state."""
    return [each for each in await office.calls() if each["state"] == state]


async def talk(one: Desk, other: Desk) -> str:
    """Two phones hear each other's tone; returns what was heard."""
    await asyncio.gather(one.hears_tone(other.tone), other.hears_tone(one.tone))
    before = [desk.current.report() for desk in (one, other)]
    seen = []
    for desk, first in zip((one, other), before, strict=True):
        packets = await until(
            partial(_packets, desk, first.packets_received + TALK_PACKETS),
            f"{desk.person.first_name} did not get {TALK_PACKETS} packets in {EVENT_TIMEOUT:.0f} s",
        )
        packets -= first.packets_received
        last = desk.current.report()
        require(last.lost == 0, f"{desk.person.first_name} lost {last.lost} packets")
        seen.append(f"{desk.person.first_name} hears {desk.hears} in {packets} packets, {last.lost} lost")
    return "; ".join(seen)


async def _packets(desk: Desk, enough: int) -> int:
    """How many packets a phone has got in its call, once they are enough; 0 before."""
    received = desk.current.report().packets_received
    return received if received >= enough else 0


async def hang_up(office: Office, one: Desk, other: Desk) -> None:
    """One hangs up; the other's call ends, and the node knows of no call any more."""
    ends = asyncio.ensure_future(other.sees(events.Ended, what="the end of the call"))
    await asyncio.sleep(0)
    one.current.hang_up()
    await ends

    async def no_calls() -> bool:
        return not await office.calls()

    await until(no_calls, "the node still shows a call after everybody hung up")


async def connect(caller: Desk, called: Desk) -> None:
    """One calls the other, who answers."""
    rings = asyncio.ensure_future(called.sees(events.Ringing, what="ringing"))
    talks = asyncio.ensure_future(caller.sees(events.Talking, what="talking"))
    await asyncio.sleep(0)
    caller.active.dial(called.person.number)
    await rings
    called.current.answer()
    await talks
