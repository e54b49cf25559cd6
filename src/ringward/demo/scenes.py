"""What the demonstration shows, and by what it is known to be true.

Each scene looks from outside: at what phones received and report, and at what the node says of itself to whoever
asks it. Later releases add their scenes to :data:`SCENES`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ringward.demo.desk import EVENT_TIMEOUT, Desk
from ringward.demo.office import Office
from ringward.demo.steps import NotObserved, Scene
from ringward.phone import events

TALK_TIME = 1.5
"""Seconds of sound that are listened to."""
SILENCE_TIME = 0.6
"""Seconds in which nothing may be heard while on hold."""
_FRAMES_PER_SECOND = 50


def _require(condition: bool, missing: str) -> None:
    if not condition:
        raise NotObserved(missing)


async def _until(look: Callable[[], Awaitable[Any]], missing: str) -> Any:
    """Look again and again until there is something to see."""
    deadline = asyncio.get_running_loop().time() + EVENT_TIMEOUT
    while asyncio.get_running_loop().time() < deadline:
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.1)
    raise NotObserved(missing)


async def boot(office: Office) -> str:
    """Every phone fetches its own file by TFTP and finds its own line in it."""
    booted = await asyncio.gather(*(desk.boot(office.file_server) for desk in office.desks))
    for desk, result in zip(office.desks, booted, strict=True):
        mac = desk.identity.mac
        _require(mac in result.file, f"{desk.person.first_name}'s phone read {result.file}, not a file of its own")
        line = result.configuration.lines[0]
        _require(
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
        _require(name in known, f"the node does not know {name} as registered")
        _require(known[name]["number"] == desk.person.number, f"the node has another number for {name}")
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
    _require(shown == (alice.person.name, alice.person.number), f"Bob's phone shows {shown}")
    ringing = await office.calls()
    _require([each["state"] for each in ringing] == ["alerting"], f"the node says {ringing}")
    await asyncio.sleep(0.5)
    talks = asyncio.ensure_future(alice.sees(events.Talking, what="talking"))
    await asyncio.sleep(0)
    bob.current.answer()
    await talks
    (up,) = await _until(lambda: _calls_in(office, "connected"), "the node does not show a connected call")
    _require(
        (up["calling_device"], up["called_device"]) == (alice.identity.device_name, bob.identity.device_name),
        f"the node shows another call: {up}",
    )
    return f"Bob's phone showed {shown[0]} ({shown[1]}); connected; the node says: {up['security_reason']}"


async def _calls_in(office: Office, state: str) -> list[dict[str, Any]]:
    return [each for each in await office.calls() if each["state"] == state]


async def audio(office: Office) -> str:
    """Each phone hears the other's tone in the RTP packets it gets."""
    alice, bob = office.desk("alice"), office.desk("bob")
    return await _talk(alice, bob)


async def _talk(one: Desk, other: Desk) -> str:
    await asyncio.gather(one.hears_tone(other.tone), other.hears_tone(one.tone))
    before = [desk.current.report() for desk in (one, other)]
    await asyncio.sleep(TALK_TIME)
    after = [desk.current.report() for desk in (one, other)]
    seen = []
    for desk, first, last in zip((one, other), before, after, strict=True):
        packets = last.packets_received - first.packets_received
        enough = 0.6 * TALK_TIME * _FRAMES_PER_SECOND
        _require(packets >= enough, f"{desk.person.first_name} got only {packets} packets in {TALK_TIME} s")
        _require(last.lost == 0, f"{desk.person.first_name} lost {last.lost} packets")
        seen.append(f"{desk.person.first_name} hears {desk.hears} in {packets} packets, {last.lost} lost")
    return "; ".join(seen)


async def hold(office: Office) -> str:
    """Alice holds Bob: nothing is heard; she resumes: they hear each other again. Then Bob does the same."""
    alice, bob = office.desk("alice"), office.desk("bob")
    for holder, held in ((alice, bob), (bob, alice)):
        told = asyncio.ensure_future(held.sees(events.Held, what="being held"))
        await asyncio.sleep(0)
        holder.current.hold()
        event = await told
        _require(isinstance(event, events.Held) and event.by_far_side, "held, but not by the far side")
        await _until(lambda: _held_calls(office), "the node does not show the call as held")
        await asyncio.sleep(0.2)
        before = held.current.report().packets_received
        await asyncio.sleep(SILENCE_TIME)
        leaked = held.current.report().packets_received - before
        _require(leaked == 0, f"{held.person.first_name} still got {leaked} packets while on hold")
        goes_on = asyncio.ensure_future(held.sees(events.Talking, what="talking again"))
        await asyncio.sleep(0)
        holder.current.resume()
        await goes_on
        await _talk(alice, bob)
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
    _require(shown == alice.person.number, f"Carol's phone shows {shown}, not Alice's number")
    await asyncio.sleep(0.5)
    carol.current.answer()
    await out
    heard = await _talk(alice, carol)
    shown = alice.current.far_name
    _require(shown == carol.person.name, f"Alice's phone shows {shown}, not Carol's name")
    (up,) = await _calls_in(office, "connected")
    _require(
        {up["calling_device"], up["called_device"]} == {alice.identity.device_name, carol.identity.device_name},
        f"the node shows another call: {up}",
    )
    await _hang_up(office, alice, carol)
    return f"Bob is out; {heard}"


async def _hang_up(office: Office, one: Desk, other: Desk) -> None:
    """One hangs up; the other's call ends, and the node knows of no call any more."""
    ends = asyncio.ensure_future(other.sees(events.Ended, what="the end of the call"))
    await asyncio.sleep(0)
    one.current.hang_up()
    await ends

    async def no_calls() -> bool:
        return not await office.calls()

    await _until(no_calls, "the node still shows a call after everybody hung up")


async def _connect(caller: Desk, called: Desk) -> None:
    """One calls the other, who answers."""
    rings = asyncio.ensure_future(called.sees(events.Ringing, what="ringing"))
    talks = asyncio.ensure_future(caller.sees(events.Talking, what="talking"))
    await asyncio.sleep(0)
    caller.active.dial(called.person.number)
    await rings
    called.current.answer()
    await talks


async def attended_transfer(office: Office) -> str:
    """Alice calls Bob, who holds her, asks Carol first, and then connects the two."""
    alice, bob, carol = office.desk("alice"), office.desk("bob"), office.desk("carol")
    await _connect(alice, bob)
    to_alice = bob.current
    held = asyncio.ensure_future(alice.sees(events.Held, what="being held"))
    await asyncio.sleep(0)
    to_alice.hold()
    await held
    await _connect(bob, carol)
    asked = await _talk(bob, carol)
    done = asyncio.ensure_future(bob.sees(events.Transferred, events.TransferFailed, what="the transfer"))
    await asyncio.sleep(0)
    to_alice.transfer_to(bob.current)
    _require(isinstance(await done, events.Transferred), "the transfer failed")
    heard = await _talk(alice, carol)
    shown = (alice.current.far_name, carol.current.far_name)
    _require(shown == (carol.person.name, alice.person.name), f"Alice's and Carol's phones show {shown}")
    (up,) = await _until(lambda: office.calls(), "the node shows no call")
    _require(
        {up["calling_device"], up["called_device"]} == {alice.identity.device_name, carol.identity.device_name},
        f"the node shows another call: {up}",
    )
    _require(not bob.active.calls, "Bob still has a call")
    await _hang_up(office, alice, carol)
    return f"while Alice was on hold, {asked}; then Bob was out: {heard}"


SCENES = (
    Scene("boot", "Phones boot: each fetches its own configuration over TFTP", boot),
    Scene("register", "Phones register with digest authentication", register),
    Scene("call", "Alice calls Bob", call),
    Scene("audio", "Alice and Bob hear each other", audio),
    Scene("hold", "Hold and resume, both ways", hold),
    Scene("transfer", "Bob transfers Alice to Carol", transfer),
    Scene("attended-transfer", "Bob asks Carol first, then connects Alice with her", attended_transfer),
)
