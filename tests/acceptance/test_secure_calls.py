"""CALL and MEDIA: calls between software phones of every security mode, on a real node."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import pytest

from acceptance.office import Desk, connect, does, show
from acceptance.secure_phones import (
    ANNA,
    BOB,
    CARL,
    DORA,
    call_shown,
    desks,
    is_said,
    recorded,
    shown,
    talk,
)
from harness.waiting import PATIENCE, until
from ringward.domain.rules.call_security import SecurityIcon
from ringward.phone.call import Call
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from services.test_node import Office

SHARED = "1001"


@pytest.fixture
def office(secure_office: Office) -> Office:
    return secure_office


async def registered(office: Office, device: str) -> dict[str, Any]:
    found = (await asyncio.to_thread(office.ask, "phones"))["registered"]
    return next((dict(each) for each in found if each["device"] == device), {})


@pytest.mark.parametrize(
    ("caller", "called", "security", "icon"),
    [
        (ANNA, BOB, "encrypted", SecurityIcon.LOCK),
        (CARL, ANNA, "authenticated", SecurityIcon.SHIELD),
        (ANNA, DORA, "nonsecure", SecurityIcon.NONE),
        (DORA, ANNA, "nonsecure", SecurityIcon.NONE),
    ],
    ids=["both encrypted", "one authenticated", "called without security", "caller without security"],
)
async def test_a_call_is_as_secure_as_its_weakest_phone(
    office: Office, caller: str, called: str, security: str, icon: SecurityIcon
) -> None:
    """CALL-03, CALL-07, CALL-08, MEDIA-08, MEDIA-16."""
    async with desks(office, caller, called) as (one, other):
        await connect(one, other, f"100{called[-1]}")
        said = await shown(office)
        assert said[0] == security
        assert security == "encrypted" or "phone's profile is" in said[1]
        await show(icon, one, other)
        for desk in (one, other):
            assert bool(desk.call.report().suite) == (security == "encrypted")
            assert desk.call.report().unauthentic == 0


async def test_hold_and_resume_keep_a_call_encrypted(office: Office) -> None:
    """CALL-01, MEDIA-16."""
    async with desks(office, ANNA, BOB) as (anna, bob):
        await connect(anna, bob, "1002")
        for holder, held in ((anna, bob), (bob, anna)):
            holder.call.hold()
            await until(lambda held=held: held.call.held_by_far_side, "the other side is held")  # type: ignore[misc]
            holder.call.resume()
            await until(lambda held=held: not held.call.held_by_far_side, "the call goes on")  # type: ignore[misc]
            await talk(anna, bob)
            assert (await shown(office))[0] == "encrypted"
            await show(SecurityIcon.LOCK, anna, bob)
            assert anna.call.report().suite == bob.call.report().suite != ""


def keys_of(*calls: Call) -> set[bytes]:
    """The master keys that phones encrypt with in a call now, as they are written in SDP."""
    agreed = [call.agreement for call in calls if call.agreement is not None]
    keys = [key for each in agreed for key in each.keys]
    return {key.parameters.reveal().partition("|")[0].encode() for key in keys}


def log_of(office: Office) -> bytes:
    """What the node has written to its log since somebody looked last."""
    log = office.processes[-1].stderr
    assert log is not None
    os.set_blocking(log.fileno(), False)
    try:
        return os.read(log.fileno(), 1 << 20)
    except BlockingIOError:
        return b""
    finally:
        os.set_blocking(log.fileno(), True)


async def test_keys_are_nowhere_but_on_the_wire(office: Office) -> None:
    """MEDIA-02, MEDIA-04, CFGENC-06: not in the database, traces at the highest level, ladders, records or log."""
    async with desks(office, ANNA, BOB) as (anna, bob):
        for device in (ANNA, BOB):
            does(office, "trace", "begin", device, "--level", "messages")
        await connect(anna, bob, "1002")
        keys = keys_of(anna.call, bob.call)
        anna.call.hold()
        await until(lambda: anna.call.held_by_us and bob.call.held_by_far_side, "the other side is held")
        keys |= keys_of(anna.call, bob.call)
        anna.call.resume()
        await until(lambda: not (anna.call.held_by_us or bob.call.held_by_far_side), "the call goes on")
        keys |= keys_of(anna.call, bob.call)
        assert len(keys) == 6
        assert min(map(len, keys)) >= 40
        number = await call_shown(office)
        live = does(office, "calls", "--live", "--json")
        anna.call.hang_up()
        await until(lambda: not bob.has_call, "everybody hung up")
        for device in (ANNA, BOB):
            does(office, "trace", "end", device)
    record = await recorded(office, lambda each: each["call_id"] == number)
    ladder = does(office, "calls", "show", str(record["call_id"]), "--ladder", "--json")
    assert "a=crypto:" in ladder
    said = [live, json.dumps(record), ladder]
    written = [log_of(office), *(text.encode() for text in said)]
    written += [path.read_bytes() for path in office.directory.rglob("*") if path.is_file()]
    trace = (office.directory / "trace.log").read_bytes()
    assert b"a=crypto:" in trace, "the messages that carried the keys were traced"
    for key in keys:
        assert not [text for text in written if key in text]


async def test_a_transfer_to_a_phone_without_security_takes_the_lock(office: Office) -> None:
    """CALL-02, CALL-04, CALL-08, PHONE-07: worked out anew at every change; the phone that stays shows it."""
    async with desks(office, ANNA, BOB, DORA) as (anna, bob, dora):
        await connect(anna, bob, "1002")
        await show(SecurityIcon.LOCK, anna)
        bob.call.transfer("1004")
        await until(lambda: dora.rings, "the third phone rings")
        dora.call.answer()
        await until(lambda: not bob.has_call, "who transferred is out")
        await talk(anna, dora)
        assert "Non Secure" in await is_said(office, "nonsecure")
        await until(lambda: anna.call.icon is SecurityIcon.NONE, "the lock is gone")
        assert anna.icons == [SecurityIcon.LOCK, SecurityIcon.NONE]
        assert anna.call.report().suite == dora.call.report().suite == ""


async def are_encrypted(office: Office, one: Desk, other: Desk) -> None:
    """Two who were brought together in the clear encrypt, show the lock, and hear each other."""
    await is_said(office, "encrypted")
    await until(lambda: one.call.icon is other.call.icon is SecurityIcon.LOCK, "both show the lock")
    await until(lambda: one.call.report().suite == other.call.report().suite != "", "both encrypt")
    await talk(one, other)
    # What was sent in the clear before the other one switched may have come in between; then nothing more comes.
    async with asyncio.timeout(PATIENCE):
        while not (await gets_all_sealed(one) and await gets_all_sealed(other)):
            pass


async def gets_all_sealed(desk: Desk) -> bool:
    """Whether the next packets that a phone gets are all encrypted with the key agreed."""
    before = desk.call.report()
    await until(lambda: desk.call.report().packets_received > before.packets_received + 5, "more comes")
    return desk.call.report().unauthentic == before.unauthentic


@pytest.mark.parametrize("way", ["blind", "attended", "parked"])
async def test_two_encrypted_phones_encrypt_once_a_phone_in_the_clear_has_left(office: Office, way: str) -> None:
    """CALL-04, CALL-08, MEDIA-08, MEDIA-09: fallback, and back."""
    if way == "parked":
        does(office, "park-number", "add", "7000")
    async with desks(office, ANNA, BOB, DORA) as (anna, bob, dora):
        await connect(dora, anna, "1001")
        first = dora.call
        assert anna.call.icon is SecurityIcon.NONE
        if way == "blind":
            first.transfer("1002")
            await until(lambda: bob.rings, "the third phone rings")
            bob.call.answer()
        elif way == "attended":
            first.hold()
            await until(lambda: anna.call.held_by_far_side, "the first party is held")
            consultation = dora.active.dial("1002")
            await until(lambda: bob.rings, "the third phone rings")
            bob.call.answer()
            await until(lambda: bob.hears(dora), "the transferor asks the third party")
            first.transfer_to(consultation)
        else:
            first.transfer("7000")
            await until(lambda: not dora.has_call, "the first party is parked")
            bob.active.dial("7000")
        await until(lambda: not dora.has_call, "who transferred is out")
        await are_encrypted(office, anna, bob)
        number = await call_shown(office)
        bob.call.hang_up()
        await until(lambda: not anna.has_call, "everybody hung up")
        record = await recorded(office, lambda each: each["call_id"] == number)
        assert record["security_class"] == "encrypted"


async def test_a_forwarded_call_is_as_secure_as_the_phone_that_answers(office: Office) -> None:
    """CALL-01, CALL-03: a nonsecure phone forwards to an encrypted one, and the other way round."""
    async with desks(office, ANNA, BOB, DORA) as (anna, bob, dora):
        for number, target, reached, security in (
            ("1004", "1002", bob, "encrypted"),
            ("1002", "1004", dora, "nonsecure"),
        ):
            does(office, "directory-number", "update", number, "--forward-all", target)
            try:
                anna.active.dial(number)
                await until(lambda reached=reached: reached.rings, "it rings at the target")  # type: ignore[misc]
                reached.call.answer()
                await talk(anna, reached)
            finally:
                does(office, "directory-number", "update", number, "--forward-all", "")
            said = await shown(office)
            assert said[0] == security
            assert security == "encrypted" or said[1].endswith("the called phone's profile is Non Secure")
            lock = SecurityIcon.LOCK if security == "encrypted" else SecurityIcon.NONE
            await until(lambda lock=lock: anna.call.icon is lock, "the icon is shown")  # type: ignore[misc]
            assert bool(anna.call.report().suite) == (security == "encrypted")
            anna.call.hang_up()
            await until(lambda: not (bob.has_call or dora.has_call), "everybody hung up")


async def test_a_call_that_is_picked_up_is_as_secure_as_the_phone_that_does(office: Office) -> None:
    """CALL-01, CALL-04: an encrypted phone takes the call of a nonsecure one, and the other way round."""
    does(office, "pickup-group", "add", "7100")
    for number in ("1002", "1004"):
        does(office, "directory-number", "update", number, "--pickup-group", "7100")
    async with desks(office, ANNA, BOB, DORA) as (anna, bob, dora):
        for rung, taker, number, security in ((dora, bob, "1004", "encrypted"), (bob, dora, "1002", "nonsecure")):
            anna.active.dial(number)
            await until(lambda rung=rung: rung.rings, "it rings")  # type: ignore[misc]
            taker.active.dial("7100")
            await talk(anna, taker)
            await is_said(office, security)
            lock = SecurityIcon.LOCK if security == "encrypted" else SecurityIcon.NONE
            await until(
                lambda lock=lock, taker=taker: anna.call.icon is taker.call.icon is lock,  # type: ignore[misc]
                "both show the same",
            )
            assert bool(anna.call.report().suite) == (security == "encrypted")
            anna.call.hang_up()
            await until(lambda: not (bob.has_call or dora.has_call), "everybody hung up")


async def test_a_shared_line_has_the_security_of_the_phone_that_answers(office: Office) -> None:
    """CALL-03: the number of an encrypted phone is on a nonsecure one too."""
    does(office, "phone", "update", DORA, "--line", "1=1004", "--line", f"2={SHARED}")
    async with desks(office, ANNA, BOB, DORA) as (anna, bob, dora):
        try:
            await dora.boots(lambda booted: len(booted.configuration.lines) == 2, "its file has both lines")
            await dora.registers()
            for answering, security in ((anna, "encrypted"), (dora, "nonsecure")):
                bob.active.dial(SHARED)
                await until(lambda: anna.rings and dora.rings, "both phones ring")
                answering.call.answer()
                await talk(bob, answering)
                assert (await shown(office))[0] == security
                await show(SecurityIcon.LOCK if security == "encrypted" else SecurityIcon.NONE, bob)
                bob.call.hang_up()
                await until(lambda: not (anna.has_call or dora.has_call), "everybody hung up")
        finally:
            does(office, "phone", "update", DORA, "--line", "1=1004")
            await dora.boots(lambda booted: len(booted.configuration.lines) == 1, "its file has one line")


async def test_a_phone_below_its_profile_does_not_register(office: Office) -> None:
    """SCN-10, SIG-06: the profile became Encrypted, but the phone still signals in the clear."""
    async with desks(office, DORA) as (dora,):
        does(office, "phone", "update", DORA, "--security-profile", "Encrypted")
        dora.refused.clear()
        below = Phone(dora.phone.identity, dora.active.configuration, dora.told, Options(local_host="127.0.0.1"))
        below.start()
        await until(lambda: dora.refused or below.is_registered, "it has an answer")
        await below.stop()
        assert dora.refused
        refused = (await asyncio.to_thread(office.ask, "phones"))["refused"]
        (reason,) = (each["reason"] for each in refused if each["device"] == DORA)
        assert "Encrypted" in reason
        # Whoever is still registered from before is shown as what he is, not as what his profile says.
        seen = await registered(office, DORA)
        assert not seen or seen["security_mode"] == "Non Secure"
    does(office, "phone", "update", DORA, "--security-profile", "7961 - Standard SIP Non-Secure Profile")
