"""Two phones call each other directly, with real signalling and real sound on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import uvloop

from phone.phones import HOST, Desk, configuration, desk
from ringward.calls.media import Direction
from ringward.domain.errors import Refused, Unavailable
from ringward.media.translation import MediaWriter
from ringward.phone import events
from ringward.phone.call import Call, CallState
from ringward.phone.configuration import Member
from ringward.phone.options import Options
from ringward.phone.phone import Phone
from ringward.phone.sound import tone_of

DIRECT = Options(local_host=HOST, direct_calls=True, register=False)
NOWHERE = Member(HOST, 9)


class Pair:
    """Anna at 1001 and Bob at 1002, who can call each other."""

    def __init__(self, office: Desk, anna: Options, bob: Options) -> None:
        self.office = office
        self.anna = office.phone(configuration(NOWHERE, number="1001"), anna)
        self.bob = office.phone(configuration(NOWHERE, number="1002"), bob)

    def log(self, phone: Phone) -> list[str]:
        return self.office.logs[phone].names

    async def ringing(self) -> tuple[Call, Call]:
        """Anna calls Bob; his phone rings."""
        call = self.anna.dial(uri_of(self.bob))
        await self.bob.event(lambda event: isinstance(event, events.Ringing))
        return call, self.bob.calls[0]

    async def talking(self) -> tuple[Call, Call]:
        """Anna and Bob talk and hear each other."""
        to_bob, to_anna = await self.ringing()
        to_anna.answer()
        await hears(self.anna, self.bob)
        await hears(self.bob, self.anna)
        return to_bob, to_anna


def uri_of(phone: Phone) -> str:
    assert phone.connection is not None
    host, port = phone.connection.flow.local
    return f"sip:{phone.configuration.lines[0].number}@{host}:{port}"


def held_sides(call: Call) -> tuple[bool, bool]:
    """Held by us, held by the far side."""
    return call.held_by_us, call.held_by_far_side


async def hears(listener: Phone, speaker: Phone | None) -> None:
    tone = tone_of(speaker.identity.mac) if speaker is not None else None
    async with asyncio.timeout(60):
        while listener.calls[0].report().heard != tone:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def told(phone: Phone, kind: type) -> events.PhoneEvent:
    async with asyncio.timeout(60):
        return await phone.event(lambda event: isinstance(event, kind))


async def connected(*phones: Phone) -> None:
    for phone in phones:
        phone.start()
    async with asyncio.timeout(60):
        while not all(phone.connection for phone in phones):  # noqa: ASYNC110
            await asyncio.sleep(0.001)


@pytest_asyncio.fixture
async def office() -> AsyncIterator[Desk]:
    async with desk() as made:
        yield made


@pytest_asyncio.fixture
async def pair(office: Desk) -> Pair:
    made = Pair(office, DIRECT, DIRECT)
    await connected(made.anna, made.bob)
    return made


async def test_a_call_from_ringing_to_the_end(pair: Pair) -> None:
    to_bob, to_anna = await pair.ringing()
    assert (to_anna.far_number, to_anna.far_name) == ("1001", "Anna")
    assert to_anna.state is CallState.RINGING
    await told(pair.anna, events.Early)
    to_anna.answer()
    await hears(pair.anna, pair.bob)
    await hears(pair.bob, pair.anna)
    to_bob.hang_up()
    ended = await told(pair.bob, events.Ended)
    assert isinstance(ended, events.Ended)
    assert ended.status == 200
    assert pair.log(pair.anna) == ["Dialling", "Early", "Talking", "Hearing", "Ended"]
    assert pair.log(pair.bob) == ["Ringing", "Talking", "Hearing", "Ended"]
    for call, speaker in ((to_bob, pair.bob), (to_anna, pair.anna)):
        report = call.last_report
        assert report.heard == tone_of(speaker.identity.mac)
        assert report.packets_sent >= 4
        assert report.packets_received >= 4
        assert (report.lost, report.strangers, report.malformed) == (0, 0, 0)
    assert pair.anna.calls == pair.bob.calls == []


def test_a_call_on_the_event_loop_of_the_node() -> None:
    """A load generator runs on uvloop, whose timers differ from those of asyncio."""

    async def call() -> None:
        async with desk() as office:
            pair = Pair(office, DIRECT, DIRECT)
            await connected(pair.anna, pair.bob)
            to_bob, _ = await pair.talking()
            to_bob.hold()
            await told(pair.bob, events.Held)

    uvloop.run(call())


async def test_the_called_side_hangs_up(pair: Pair) -> None:
    to_bob, to_anna = await pair.talking()
    to_anna.hang_up()
    await told(pair.anna, events.Ended)
    assert to_bob.state is CallState.ENDED


async def test_a_call_that_is_rejected(pair: Pair) -> None:
    _, to_anna = await pair.ringing()
    to_anna.reject()
    ended = await told(pair.anna, events.Ended)
    assert isinstance(ended, events.Ended)
    assert ended.status == 486


async def test_a_call_that_is_given_up(pair: Pair) -> None:
    to_bob, to_anna = await pair.ringing()
    to_bob.hang_up()
    ended = await told(pair.bob, events.Ended)
    assert isinstance(ended, events.Ended)
    assert ended.status == 487
    to_anna.answer()
    assert to_anna.state is CallState.ENDED


async def test_hold_and_resume_from_either_side(pair: Pair) -> None:
    to_bob, to_anna = await pair.talking()
    to_bob.hold()
    held = await told(pair.bob, events.Held)
    assert held == events.Held(to_anna, by_far_side=True)
    await hears(pair.bob, pair.anna)  # who holds may still play something
    await hears(pair.anna, None)
    assert held_sides(to_bob) == (True, False)
    to_anna.hold()
    await told(pair.bob, events.Held)
    assert held_sides(to_anna) == (True, True)
    to_bob.resume()
    async with asyncio.timeout(60):
        while held_sides(to_anna)[1] or held_sides(to_bob)[0]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (held_sides(to_anna), held_sides(to_bob)) == ((True, False), (False, True))
    to_anna.resume()
    await told(pair.anna, events.Talking)
    await hears(pair.anna, pair.bob)
    await hears(pair.bob, pair.anna)


@pytest.mark.parametrize("answer", [b"v=0\r\nm=what\r\n", b""])
async def test_a_hold_that_is_answered_with_what_cannot_be_used_ends_the_call(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """The far side has changed its media in a way that nobody knows (RFC 3261 section 13.2.2.4)."""
    to_bob, _ = await pair.talking()
    monkeypatch.setattr(
        MediaWriter,
        "write",
        lambda writer, media, write=MediaWriter.write: (
            answer if media.streams[0].direction is Direction.RECEIVE_ONLY else write(writer, media)
        ),
    )
    to_bob.hold()
    for phone in (pair.anna, pair.bob):
        ended = await told(phone, events.Ended)
        assert isinstance(ended, events.Ended)
    assert not (pair.anna.calls or pair.bob.calls)


async def test_digits(pair: Pair) -> None:
    to_bob, to_anna = await pair.talking()
    to_bob.send_digits("42#")
    with pytest.raises(ValueError, match="not digits"):
        to_bob.send_digits("hello")
    async with asyncio.timeout(60):
        while to_anna.report().digits != "42#":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    heard = [event.digit for event in pair.office.logs[pair.bob].events if isinstance(event, events.DigitHeard)]
    assert heard == ["4", "2", "#"]


async def test_blind_transfer(pair: Pair) -> None:
    carol = pair.office.phone(
        configuration(NOWHERE, number="1003"), Options(HOST, direct_calls=True, register=False, answer_after=0.05)
    )
    await connected(carol)
    to_bob, to_anna = await pair.talking()
    to_bob.transfer(uri_of(carol))
    transferred = await told(pair.anna, events.Transferred)
    assert transferred == events.Transferred(to_bob, uri_of(carol))
    async with asyncio.timeout(60):
        while to_anna.state is not CallState.ENDED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert pair.anna.calls == []
    await hears(pair.bob, carol)
    await hears(carol, pair.bob)


async def test_a_transfer_that_fails_leaves_the_call(pair: Pair) -> None:
    to_bob, _ = await pair.talking()
    to_bob.transfer(uri_of(pair.bob).replace("1002", "4711"))
    failed = await told(pair.anna, events.TransferFailed)
    assert isinstance(failed, events.TransferFailed)
    assert failed.status == 404
    assert to_bob.state is CallState.TALKING


async def test_a_number_that_is_not_there(pair: Pair) -> None:
    pair.anna.dial(uri_of(pair.bob).replace("1002", "1009"))
    ended = await told(pair.anna, events.Ended)
    assert isinstance(ended, events.Ended)
    assert ended.status == 404


async def test_a_busy_line(pair: Pair) -> None:
    for _ in range(2):
        pair.anna.dial(uri_of(pair.bob))
        await told(pair.bob, events.Ringing)
    pair.anna.dial(uri_of(pair.bob))
    ended = await told(pair.anna, events.Ended)
    assert isinstance(ended, events.Ended)
    assert ended.status == 486


async def test_automatic_answer_and_silence(office: Desk) -> None:
    silent = Options(HOST, direct_calls=True, register=False, media=False, answer_after=0.0)
    pair = Pair(office, silent, silent)
    await connected(pair.anna, pair.bob)
    call = pair.anna.dial(uri_of(pair.bob))
    await told(pair.anna, events.Talking)
    call.send_digits("7")  # without media keys go by INFO
    digit = await told(pair.bob, events.DigitHeard)
    assert isinstance(digit, events.DigitHeard)
    assert digit.digit == "7"
    assert call.report().packets_sent == 0


async def test_strangers_cannot_call(office: Desk) -> None:
    closed = Options(local_host=HOST, register=False)
    pair = Pair(office, DIRECT, closed)
    await connected(pair.anna, pair.bob)
    pair.anna.dial(uri_of(pair.bob))
    ended = await told(pair.anna, events.Ended)
    assert isinstance(ended, events.Ended)
    assert ended.status == 403
    assert pair.log(pair.bob) == []


async def test_what_cannot_be_dialled(pair: Pair) -> None:
    for number in ("", "12 34", "sip:", "1\r\nVia: x"):
        with pytest.raises(Refused, match="cannot be dialled"):
            pair.anna.dial(number)
    with pytest.raises(Refused, match="line 3"):
        pair.anna.dial("1", line=2)


async def test_a_phone_that_is_off_cannot_call(office: Desk) -> None:
    phone = office.phone(configuration(NOWHERE), DIRECT)
    with pytest.raises(Unavailable, match="not connected"):
        phone.dial("1002")


async def test_switching_off_ends_calls(pair: Pair) -> None:
    _, to_anna = await pair.talking()
    waiting = asyncio.create_task(told(pair.bob, events.Ended))
    await asyncio.sleep(0)
    await pair.anna.stop()
    await waiting
    assert to_anna.state is CallState.ENDED
