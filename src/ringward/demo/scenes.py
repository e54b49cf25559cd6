"""What the demonstration shows, and by what it is known to be true.

Each scene looks from outside: at what phones received and report, and at what the node says of itself to whoever
asks it. Later releases add their scenes to :data:`SCENES`.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ringward.demo.call_features import CALL_FEATURES
from ringward.demo.certificates import CERTIFICATES
from ringward.demo.desk import EVENT_TIMEOUT
from ringward.demo.observation import calls_in, connect, hang_up, require, talk, until
from ringward.demo.office import Office
from ringward.demo.secure_calls import SECURE_CALLS
from ringward.demo.secured_files import SECURED_FILES
from ringward.demo.steps import NotObserved, Scene
from ringward.demo.trusted_cluster import MIXED_MODE, TOKENS
from ringward.phone import events

SILENCE_TIME = 0.6
"""Seconds in which nothing may be heard while on hold."""


async def boot(office: Office) -> str:
    """Every phone fetches its own file by TFTP and finds its own line in it."""
    booted = await asyncio.gather(*(desk.boot(office.file_server) for desk in office.desks))
    for desk, result in zip(office.desks, booted, strict=True):
        mac = desk.identity.mac
        require(mac in result.file, f"{desk.person.first_name}'s phone read {result.file}, not a file of its own")
        line = result.configuration.lines[0]
        require(
            line.number == desk.person.number and line.auth_name == desk.person.user_id,
            f"{result.file} does not hold line {desk.person.number} with its digest user",
        )
    return f"{len(booted)} phones fetched their own files: " + ", ".join(sorted(each.file for each in booted))


async def register(office: Office) -> str:
    """Every phone registers with digest credentials; the node knows it; a wrong password is refused."""
    for desk in office.desks:
        desk.active.start()
    try:
        async with asyncio.timeout(EVENT_TIMEOUT):
            await asyncio.gather(*(desk.active.registered() for desk in office.desks))
    except TimeoutError:
        late = [desk.person.first_name for desk in office.desks if not desk.active.is_registered]
        raise NotObserved(f"not registered: {', '.join(late)}") from None
    known = await office.registrations()
    for desk in office.desks:
        name = desk.identity.device_name
        require(name in known, f"the node does not know {name} as registered")
        require(known[name]["number"] == desk.person.number, f"the node has another number for {name}")
    transports = sorted({each["transport"] for each in known.values()})
    return f"{len(known)} phones answered the digest challenge and are registered over {', '.join(transports)}"


async def call(office: Office) -> str:
    """Alice calls Bob; his phone shows her name; he answers."""
    alice, bob = office.desk("alice"), office.desk("bob")
    rings = asyncio.ensure_future(bob.sees(events.Ringing, what="ringing"))
    hears_ringing = asyncio.ensure_future(alice.sees(events.Early, what="hearing it ring"))
    await asyncio.sleep(0)
    alice.active.dial(bob.person.number)
    await asyncio.gather(rings, hears_ringing)
    shown = (bob.current.far_name, bob.current.far_number)
    require(shown == (alice.person.name, alice.person.number), f"Bob's phone shows {shown}")
    ringing = await office.calls()
    require([each["state"] for each in ringing] == ["alerting"], f"the node says {ringing}")
    await asyncio.sleep(0.5)
    talks = asyncio.ensure_future(alice.sees(events.Talking, what="talking"))
    await asyncio.sleep(0)
    bob.current.answer()
    await talks
    (up,) = await until(lambda: calls_in(office, "connected"), "the node does not show a connected call")
    require(
        (up["calling_device"], up["called_device"]) == (alice.identity.device_name, bob.identity.device_name),
        f"the node shows another call: {up}",
    )
    return f"Bob's phone showed {shown[0]} ({shown[1]}); connected; the node says: {up['security_reason']}"


async def audio(office: Office) -> str:
    """Each phone hears the other's tone in the RTP packets it gets."""
    alice, bob = office.desk("alice"), office.desk("bob")
    return await talk(alice, bob)


async def hold(office: Office) -> str:
    """Alice holds Bob: nothing is heard; she resumes: they hear each other again. Then Bob does the same."""
    alice, bob = office.desk("alice"), office.desk("bob")
    for holder, held in ((alice, bob), (bob, alice)):
        told = asyncio.ensure_future(held.sees(events.Held, what="being held"))
        await asyncio.sleep(0)
        holder.current.hold()
        event = await told
        require(isinstance(event, events.Held) and event.by_far_side, "held, but not by the far side")
        await until(lambda: _held_calls(office), "the node does not show the call as held")
        await asyncio.sleep(0.2)
        before = held.current.report().packets_received
        await asyncio.sleep(SILENCE_TIME)
        leaked = held.current.report().packets_received - before
        require(leaked == 0, f"{held.person.first_name} still got {leaked} packets while on hold")
        goes_on = asyncio.ensure_future(held.sees(events.Talking, what="talking again"))
        await asyncio.sleep(0)
        holder.current.resume()
        await goes_on
        await talk(alice, bob)
    return "each held the other: no packet came while on hold, and the tone was heard again after it"


async def _held_calls(office: Office) -> list[dict[str, Any]]:
    return [each for each in await office.calls() if each["held_by"]]


async def transfer(office: Office) -> str:
    """Bob transfers Alice to Carol and is out; Alice and Carol hear each other."""
    alice, bob, carol = office.desk("alice"), office.desk("bob"), office.desk("carol")
    rings = asyncio.ensure_future(carol.sees(events.Ringing, what="ringing"))
    out = asyncio.ensure_future(bob.sees(events.Ended, what="the end of his call"))
    await asyncio.sleep(0)
    bob.current.transfer(carol.person.number)
    await rings
    shown = carol.current.far_number
    require(shown == alice.person.number, f"Carol's phone shows {shown}, not Alice's number")
    await asyncio.sleep(0.5)
    carol.current.answer()
    await out
    heard = await talk(alice, carol)
    shown = alice.current.far_name
    require(shown == carol.person.name, f"Alice's phone shows {shown}, not Carol's name")
    require(alice.state == f"talks with {carol.person.number}", f"Alice's phone told that it {alice.state}")
    (up,) = await calls_in(office, "connected")
    require(
        {up["calling_device"], up["called_device"]} == {alice.identity.device_name, carol.identity.device_name},
        f"the node shows another call: {up}",
    )
    await hang_up(office, alice, carol)
    return f"Bob is out; {heard}"


async def attended_transfer(office: Office) -> str:
    """Alice calls Bob, who holds her, asks Carol first, and then connects the two."""
    alice, bob, carol = office.desk("alice"), office.desk("bob"), office.desk("carol")
    await connect(alice, bob)
    to_alice = bob.current
    held = asyncio.ensure_future(alice.sees(events.Held, what="being held"))
    await asyncio.sleep(0)
    to_alice.hold()
    await held
    await connect(bob, carol)
    asked = await talk(bob, carol)
    done = asyncio.ensure_future(bob.sees(events.Transferred, events.TransferFailed, what="the transfer"))
    await asyncio.sleep(0)
    to_alice.transfer_to(bob.current)
    require(isinstance(await done, events.Transferred), "the transfer failed")
    heard = await talk(alice, carol)
    shown = (alice.current.far_name, carol.current.far_name)
    require(shown == (carol.person.name, alice.person.name), f"Alice's and Carol's phones show {shown}")
    for desk, other in ((alice, carol), (carol, alice)):
        told = f"{desk.person.first_name}'s phone told that it {desk.state}"
        require(desk.state == f"talks with {other.person.number}", told)
    (up,) = await until(lambda: office.calls(), "the node shows no call")
    require(
        {up["calling_device"], up["called_device"]} == {alice.identity.device_name, carol.identity.device_name},
        f"the node shows another call: {up}",
    )
    require(not bob.active.calls, "Bob still has a call")
    await hang_up(office, alice, carol)
    return f"while Alice was on hold, {asked}; then Bob was out: {heard}"


SCENES = (
    Scene("boot", "Phones boot: each fetches its own configuration over TFTP", boot),
    Scene("register", "Phones register with digest authentication", register),
    Scene("call", "Alice calls Bob", call),
    Scene("audio", "Alice and Bob hear each other", audio),
    Scene("hold", "Hold and resume, both ways", hold),
    Scene("transfer", "Bob transfers Alice to Carol", transfer),
    Scene("attended-transfer", "Bob asks Carol first, then connects Alice with her", attended_transfer),
    *CALL_FEATURES,
    *MIXED_MODE,
    *SECURED_FILES,
    *TOKENS,
    *CERTIFICATES,
    *SECURE_CALLS,
)
