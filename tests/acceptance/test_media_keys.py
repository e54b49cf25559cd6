"""MEDIA: suites and keys of calls on a real node: which are used, when they change, and where they never go."""

from __future__ import annotations

import asyncio
import base64
import json
from dataclasses import replace

import pytest

from acceptance.office import Desk, asks, connect, does
from acceptance.secure_phones import ANNA, BOB, DORA, EVE, call_shown, desks, is_said, recorded, shown, talk
from harness.srtp import Forged, SrtpJudge
from harness.waiting import until
from ringward.calls.media import SRTP_SUITES, MediaKey
from ringward.domain.rules.call_security import SecurityIcon
from ringward.media.translation import read_media
from ringward.phone.hearing import recognise
from ringward.phone.sound import PERIOD_FRAMES, tone_of
from ringward.protocols.rtp.packet import RtpPacket
from services.test_node import Office

REFUSED = "refused because the {} phone takes no media in the clear, and the {} phone's profile is Non Secure"


@pytest.fixture
def office(secure_office: Office) -> Office:
    return secure_office


def knows(desk: Desk, *suites: str) -> None:
    """Give a phone firmware that knows these suites."""
    desk.active.options = replace(desk.active.options, suites=suites)


def keys_of(desk: Desk) -> tuple[MediaKey, MediaKey]:
    """What a phone encrypts with in its call, and what the other one does."""
    agreement = desk.call.agreement
    assert agreement is not None
    own, far = agreement.keys
    return own, far


def judge_of(key: MediaKey) -> SrtpJudge:
    return SrtpJudge(key.suite, base64.b64decode(key.parameters.reveal().partition("|")[0]))


def opened(judge: SrtpJudge, datagrams: tuple[bytes, ...]) -> list[bytes]:
    """The packets that were sealed with the judge's key, whose number has come round once at most."""
    packets = []
    for datagram in datagrams:
        for rollover in (0, 1):
            try:
                packets.append(judge.open(datagram, rollover))
                break
            except Forged:
                continue
    return packets


async def hang_up(one: Desk, *others: Desk) -> None:
    one.call.hang_up()
    await until(lambda: not any(desk.has_call for desk in (one, *others)), "everybody hung up")


async def test_every_suite_is_agreed_on_and_used_where_both_phones_know_it(office: Office) -> None:
    """MEDIA-01, MEDIA-16, RFC 4568, RFC 6188, RFC 7714: a second implementation hears what the network brought."""
    async with desks(office, ANNA, BOB) as (anna, bob):
        for suite in SRTP_SUITES:
            knows(bob, suite)
            await connect(anna, bob, "1002")
            assert await shown(office) == (
                "encrypted",
                "encrypted because all its signalling and media are encrypted",
            )
            assert {desk.call.report().suite for desk in (anna, bob)} == {suite}
            (of_anna, of_bob), at_bob = keys_of(anna), keys_of(bob)
            assert at_bob == (of_bob, of_anna)
            packets = opened(judge_of(of_anna), bob.call.captured())
            assert len(packets) == PERIOD_FRAMES
            sound = b"".join(RtpPacket.parse(each).payload for each in packets)
            assert recognise(sound, "PCMU") == tone_of(anna.phone.identity.mac)
            assert opened(judge_of(of_bob), bob.call.captured()) == []
            assert bob.call.report().unauthentic == 0
            await hang_up(anna, bob)


async def held_and_resumed(holder: Desk, held: Desk) -> None:
    holder.call.hold()
    await until(lambda: holder.call.held_by_us and held.call.held_by_far_side, "the other side is held")
    holder.call.resume()
    await until(lambda: not (holder.call.held_by_us or held.call.held_by_far_side), "the call goes on")
    await talk(holder, held)


async def test_hold_and_resume_change_the_keys_and_old_packets_are_heard_no_more(office: Office) -> None:
    """MEDIA-07, MEDIA-16: both directions, whoever holds."""
    async with desks(office, ANNA, BOB) as (anna, bob):
        await connect(anna, bob, "1002")
        seen = [*keys_of(anna)]
        for holder, held in ((anna, bob), (bob, anna)):
            before = keys_of(anna)[0]
            await until(
                lambda before=before: opened(judge_of(before), bob.call.captured()),  # type: ignore[misc]
                "Bob gets what Anna sends",
            )
            recorded_before = bob.call.captured()
            await held_and_resumed(holder, held)
            seen += keys_of(anna)
            await until(
                lambda before=before: not opened(judge_of(before), bob.call.captured()),  # type: ignore[misc]
                "nothing more comes with the former key",
            )
            assert opened(judge_of(keys_of(anna)[0]), bob.call.captured())
            # Whoever has listened sends again what he got, from where Anna sends.
            refused = bob.call.report().unauthentic
            stream = anna.call._stream
            assert stream is not None
            agreement = anna.call.agreement
            assert agreement is not None
            for datagram in recorded_before:
                stream._socket.sendto(datagram, agreement.remote)
            expected = refused + len(recorded_before)
            await until(
                lambda expected=expected: bob.call.report().unauthentic == expected,  # type: ignore[misc]
                "what was recorded is not played",
            )
            assert (await shown(office))[0] == "encrypted"
        assert len({key.parameters.reveal() for key in seen}) == 6


@pytest.mark.parametrize("way", ["blind", "attended"])
async def test_whoever_has_transferred_a_call_knows_none_of_its_keys(office: Office, way: str) -> None:
    """MEDIA-07, CALL-04: the call is encrypted throughout."""
    async with desks(office, ANNA, BOB, EVE) as (anna, bob, eve):
        await connect(anna, bob, "1002")
        known = {*keys_of(bob)}
        first = bob.call
        if way == "blind":
            first.transfer("1005")
            await until(lambda: eve.rings, "the third phone rings")
            eve.call.answer()
        else:
            first.hold()
            await until(lambda: first.held_by_us and anna.call.held_by_far_side, "the first party is held")
            known |= {*keys_of(anna)}
            second = bob.active.dial("1005")
            await until(lambda: eve.rings, "the third phone rings")
            eve.call.answer()
            await until(lambda: eve.hears(bob), "the third party is asked")
            assert second.agreement is not None
            known |= {*second.agreement.keys}
            first.transfer_to(second)
        await until(lambda: not bob.has_call, "who transferred is out")
        await talk(anna, eve)
        await is_said(office, "encrypted")
        await until(lambda: keys_of(anna) == tuple(reversed(keys_of(eve))), "both have the same keys")
        await until(lambda: not known & {*keys_of(anna)}, "the keys are new")
        await talk(anna, eve)
        for desk in (anna, eve):
            await until(lambda desk=desk: desk.call.icon is SecurityIcon.LOCK, "the lock is shown")  # type: ignore[misc]
            assert desk.call.report().unauthentic == 0
        number = await call_shown(office)
        await hang_up(anna, eve)
        record = await recorded(office, lambda each: each["call_id"] == number)
        assert record["security_class"] == "encrypted"


async def test_a_phone_that_only_rang_knows_no_key_of_the_call(office: Office) -> None:
    """MEDIA-07: the number is on two encrypted phones; both were shown the keys that the caller offered first."""
    does(office, "phone", "update", EVE, "--line", "1=1005", "--line", "2=1002")
    async with desks(office, ANNA, BOB, EVE) as (anna, bob, eve):
        try:
            await eve.boots(lambda booted: len(booted.configuration.lines) == 2, "its file has both lines")
            await eve.registers()
            await until(lambda: len(office.ask("phones")["registered"]) == 4, "all lines are registered")
            anna.active.dial("1002")
            await until(lambda: bob.rings and eve.rings, "both phones ring")
            offered = read_media(eve.call._offer_body).streams[0].keys
            assert len(offered) == len(SRTP_SUITES)
            bob.call.answer()
            await until(lambda: not eve.has_call, "the other phone rings no longer")
            await talk(anna, bob)
            await until(lambda: keys_of(anna)[0] not in offered, "the caller encrypts with another key")
            await until(lambda: keys_of(anna) == tuple(reversed(keys_of(bob))), "both have the same keys")
            await talk(anna, bob)
            assert (await shown(office))[0] == "encrypted"
            await hang_up(anna, bob)
        finally:
            does(office, "phone", "update", EVE, "--line", "1=1005")
            await eve.boots(lambda booted: len(booted.configuration.lines) == 1, "its file has one line")


async def test_two_without_a_suite_in_common_talk_in_the_clear_and_it_shows(office: Office) -> None:
    """MEDIA-08: no call fails for lack of SRTP, where both take RTP; the user answers once."""
    async with desks(office, ANNA, BOB) as (anna, bob):
        knows(anna, "AES_CM_128_HMAC_SHA1_32")
        knows(bob, "AEAD_AES_256_GCM", "AES_256_CM_HMAC_SHA1_80")
        for caller, called, number in ((anna, bob, "1002"), (bob, anna, "1001")):
            called.calls.clear()
            await connect(caller, called, number)
            assert len(called.calls) == 1
            assert await shown(office) == (
                "authenticated",
                "authenticated because the media of the calling phone is not encrypted",
            )
            await until(
                lambda one=caller, other=called: one.call.icon is other.call.icon is SecurityIcon.SHIELD,  # type: ignore[misc]
                "both show the shield",
            )
            assert {desk.call.report().suite for desk in (caller, called)} == {""}
            await hang_up(caller, called)


async def test_a_phone_that_must_encrypt_gets_no_call_in_the_clear_and_all_are_told_why(office: Office) -> None:
    """MEDIA-08, MEDIA-10: in the record, and in the answer of why for both phones."""
    async with desks(office, BOB, DORA, only_encrypted=frozenset({BOB})) as (bob, dora):
        for caller, number, party in ((bob, "1004", "calling"), (dora, "1002", "called")):
            caller.calls.clear()
            caller.active.dial(number)
            await until(lambda caller=caller: not caller.has_call, "the call is refused")  # type: ignore[misc]
            other = "called" if party == "calling" else "calling"
            reason = REFUSED.format(party, other)
            record = await recorded(office, lambda each, reason=reason: each["security_reason"] == reason)  # type: ignore[misc]
            assert record["security_class"] == "nonsecure"
            said = does(office, "calls", "show", str(record["call_id"]))
            assert " ".join(reason.split()[:6]) in " ".join(said.split())
            for device in (BOB, DORA):
                timeline = (await asyncio.to_thread(asks, office, "why", device))["timeline"]
                assert [each["reason"] for each in timeline if each["about"] == str(record["call_id"])] == [reason]
        assert not dora.has_call


async def test_no_key_goes_to_a_phone_that_signals_in_the_clear(office: Office) -> None:
    """MEDIA-02, MEDIA-10: whoever calls; the keys that the encrypted phone offers stop at the call manager."""
    async with desks(office, ANNA, DORA) as (anna, dora):
        for caller, called, number in ((anna, dora, "1004"), (dora, anna, "1001")):
            await connect(caller, called, number)
            call = await call_shown(office)
            await hang_up(caller, called)
            await recorded(office, lambda each, call=call: each["call_id"] == call)  # type: ignore[misc]
            steps = json.loads(does(office, "calls", "show", str(call), "--ladder", "--json"))["messages"]
            with_keys = {each["device"] for each in steps if "a=crypto:" in each["text"]}
            assert DORA in {each["device"] for each in steps}
            assert with_keys == ({ANNA} if caller is anna else set())
