"""Scenes of call features: a shared line, call park, call pickup, a hunt pilot."""

from __future__ import annotations

import asyncio

from ringward.demo.desk import Desk
from ringward.demo.observation import calls_in, connect, hang_up, require, talk, until
from ringward.demo.office import HUNT_PILOT, PARK_PLACE, PICKUP_CODE, Office
from ringward.demo.steps import Scene
from ringward.phone import events


async def _rings(*desks: Desk) -> None:
    """Wait until phones ring; to be begun before whatever makes them."""
    await asyncio.gather(*(desk.sees(events.Ringing, what="ringing") for desk in desks))


async def _talks(desk: Desk) -> None:
    await desk.sees(events.Talking, what="talking")


async def _stops(desk: Desk) -> None:
    await desk.sees(events.Ended, what="the end of the ringing")


async def shared_line(office: Office) -> str:
    """Carol's number is on Dave's phone too: both ring, Dave answers, and Carol's phone stops."""
    alice, carol, dave = office.desk("alice"), office.desk("carol"), office.desk("dave")
    ringing = asyncio.ensure_future(_rings(carol, dave))
    await asyncio.sleep(0)
    alice.active.dial(carol.person.number)
    await ringing
    stops, talks = asyncio.ensure_future(_stops(carol)), asyncio.ensure_future(_talks(alice))
    await asyncio.sleep(0)
    dave.current.answer()
    await asyncio.gather(stops, talks)
    heard = await talk(alice, dave)
    (up,) = await until(lambda: calls_in(office, "connected"), "the node does not show a connected call")
    reached = (up["called"], up["called_device"])
    require(reached == (carol.person.number, dave.identity.device_name), f"the node shows another call: {up}")
    await hang_up(office, alice, dave)
    return f"{carol.person.number} rang at two phones, Carol's stopped when Dave's answered; {heard}"


async def park(office: Office) -> str:
    """Bob leaves Alice at a park number; Carol dials it and talks with her."""
    alice, bob, carol = office.desk("alice"), office.desk("bob"), office.desk("carol")
    await connect(alice, bob)
    out = asyncio.ensure_future(_stops(bob))
    await asyncio.sleep(0)
    bob.current.transfer(PARK_PLACE)
    await out
    (parked,) = await until(lambda: calls_in(office, "parked"), "the node does not show a parked call")
    require(parked["called"] == PARK_PLACE, f"the node shows it elsewhere: {parked}")
    talks = asyncio.ensure_future(_talks(carol))
    await asyncio.sleep(0)
    carol.active.dial(PARK_PLACE)
    await talks
    heard = await talk(alice, carol)
    shown = (alice.current.far_name, carol.current.far_name)
    require(shown == (carol.person.name, alice.person.name), f"Alice's and Carol's phones show {shown}")
    await hang_up(office, alice, carol)
    return f"Alice waited at {PARK_PLACE} until Carol dialled it; {heard}"


async def pickup(office: Office) -> str:
    """Alice calls Bob; Carol, of the same pickup group, answers the call at her own phone."""
    alice, bob, carol = office.desk("alice"), office.desk("bob"), office.desk("carol")
    ringing = asyncio.ensure_future(_rings(bob))
    await asyncio.sleep(0)
    alice.active.dial(bob.person.number)
    await ringing
    stops = asyncio.ensure_future(_stops(bob))
    talks = asyncio.gather(_talks(alice), _talks(carol))
    await asyncio.sleep(0)
    carol.active.dial(PICKUP_CODE + bob.person.number)
    await asyncio.gather(stops, talks)
    heard = await talk(alice, carol)
    shown = alice.current.far_name
    require(shown == carol.person.name, f"Alice's phone shows {shown}, not Carol's name")
    await hang_up(office, alice, carol)
    return f"Carol answered with {PICKUP_CODE}{bob.person.number} what rang at Bob's; {heard}"


async def hunt(office: Office) -> str:
    """Alice calls the hunt pilot: Bob's phone rings, then Erin's, who answers."""
    alice, bob, erin = office.desk("alice"), office.desk("bob"), office.desk("erin")
    first, then = asyncio.ensure_future(_rings(bob)), asyncio.ensure_future(_rings(erin))
    await asyncio.sleep(0)
    alice.active.dial(HUNT_PILOT)
    await first
    require(erin.call is None, "Erin's phone rings before Bob has had his time")
    stops = asyncio.ensure_future(_stops(bob))
    await asyncio.gather(stops, then)
    talks = asyncio.ensure_future(_talks(alice))
    await asyncio.sleep(0)
    erin.current.answer()
    await talks
    heard = await talk(alice, erin)
    await hang_up(office, alice, erin)
    return f"{HUNT_PILOT} rang at Bob's, who did not answer, then at Erin's; {heard}"


CALL_FEATURES = (
    Scene("shared-line", "Alice calls Carol, whose number is on Dave's phone too; Dave answers", shared_line),
    Scene("park", "Bob parks Alice, and Carol fetches her", park),
    Scene("pickup", "Carol picks up the call that rings at Bob's phone", pickup),
    Scene("hunt", "Alice calls a hunt pilot: it rings at Bob's phone, then at Erin's", hunt),
)
