"""Media over real sockets on loopback."""

from __future__ import annotations

import asyncio
import secrets
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from random import Random

import pytest
import pytest_asyncio

from harness.waiting import until
from ringward.domain.errors import Unavailable
from ringward.phone.hearing import recognise
from ringward.phone.media import Agreement, MediaClock, MediaStream, PortRange
from ringward.phone.sound import PERIOD_FRAMES, Sound, Tone
from ringward.phone.srtp import SUITES, new_keys
from ringward.protocols.rtp.packet import RtpPacket

HOST = "127.0.0.1"
ANNA, BOB = Tone(40, 150), Tone(50, 160)


def agreed(remote: MediaStream, *, sends: bool = True, receives: bool = True, codec: str = "PCMU") -> Agreement:
    return Agreement((HOST, remote.port), codec, 0 if codec == "PCMU" else 8, 101, 101, sends, receives)


class Streams:
    """Streams that share a clock and are closed at the end."""

    def __init__(self) -> None:
        self.clock = MediaClock()
        self._open: list[MediaStream] = []

    def open(self, sound: Sound, **more: Callable[..., None]) -> MediaStream:
        stream = MediaStream(HOST, self.clock, sound=sound, random=Random(7), **more)  # type: ignore[arg-type]
        self._open.append(stream)
        return stream

    def close(self) -> None:
        for stream in self._open:
            stream.close()


@pytest_asyncio.fixture
async def streams() -> AsyncIterator[Streams]:
    made = Streams()
    yield made
    made.close()
    assert len(made.clock) == 0


@pytest.mark.parametrize("codec", ["PCMU", "PCMA"])
async def test_each_hears_the_other(streams: Streams, codec: str) -> None:
    heard: list[Tone | None] = []
    anna, bob = streams.open(ANNA, on_heard=heard.append), streams.open(BOB)
    anna.direct(agreed(bob, codec=codec))
    bob.direct(agreed(anna, codec=codec))
    await until(lambda: anna.report().heard and bob.report().heard)
    assert (anna.report().heard, bob.report().heard) == (BOB, ANNA)
    assert heard == [BOB]
    report = anna.report()
    assert report.heard_since is not None
    assert report.packets_sent >= 4
    assert report.bytes_sent == 160 * report.packets_sent
    assert report.bytes_received == 160 * report.packets_received
    assert (report.lost, report.malformed, report.strangers) == (0, 0, 0)


async def test_what_the_network_brought_is_kept_as_it_came(streams: Streams) -> None:
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(agreed(bob))
    bob.direct(agreed(anna))
    await until(lambda: bob.report().packets_received > PERIOD_FRAMES)
    captured = b"".join(RtpPacket.parse(each).payload for each in bob.captured)
    assert recognise(captured, "PCMU") == ANNA


async def test_who_falls_silent_is_no_longer_heard(streams: Streams) -> None:
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(agreed(bob))
    bob.direct(agreed(anna))
    await until(lambda: anna.report().heard)
    bob.direct(agreed(anna, sends=False))
    await until(lambda: anna.report().heard is None)
    assert bob.report().heard == ANNA, "the other direction goes on"


async def test_one_who_does_not_receive_plays_nothing(streams: Streams) -> None:
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(agreed(bob, receives=False))
    bob.direct(agreed(anna))
    await until(lambda: anna.report().strangers >= 5)
    assert anna.report().packets_received == 0


async def test_what_comes_during_a_hold_is_not_lost(streams: Streams) -> None:
    """Packets overtake the messages that begin and end a hold."""
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(agreed(bob))
    bob.direct(agreed(anna))
    await until(lambda: anna.report().packets_received > 5)
    anna.direct(agreed(bob, receives=False))
    await until(lambda: anna.report().strangers >= 5)
    anna.direct(agreed(bob))
    before = anna.report().packets_received
    await until(lambda: anna.report().packets_received > before)
    assert anna.report().lost == 0


async def test_a_silent_phone_costs_no_turns_but_still_hears(streams: Streams) -> None:
    anna, bob = streams.open(ANNA), streams.open(None)
    anna.direct(agreed(bob))
    bob.direct(agreed(anna))
    assert len(streams.clock) == 1
    await until(lambda: bob.report().heard)
    assert bob.report().packets_sent == 0


async def test_digits(streams: Streams) -> None:
    digits: list[str] = []
    anna, bob = streams.open(None), streams.open(None, on_digit=digits.append)
    assert not anna.send_digits("1"), "nothing is agreed yet"
    anna.direct(agreed(bob))
    bob.direct(agreed(anna))
    assert anna.send_digits("1#")
    with pytest.raises(ValueError, match="not digits"):
        anna.send_digits("x")
    await until(lambda: len(digits) == 2)
    assert bob.report().digits == "1#"
    await until(lambda: len(streams.clock) == 0)


async def test_another_sound(streams: Streams) -> None:
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(agreed(bob))
    bob.direct(agreed(anna))
    await until(lambda: bob.report().heard == ANNA)
    anna.play(Tone(60, 170))
    await until(lambda: bob.report().heard == Tone(60, 170))


async def test_noise_from_the_network_is_counted_and_not_played(streams: Streams) -> None:
    anna, bob = streams.open(None), streams.open(None)
    anna.direct(agreed(bob))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in (
            b"",
            b"not RTP",
            RtpPacket(18, 1, 1, 1, b"x").encode(),
            RtpPacket(101, 1, 1, 1, b"x").encode(),
        ):
            stranger.sendto(data, (HOST, anna.port))
        await until(lambda: anna.report().malformed == 3 and anna.report().strangers == 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.2", 0))
        elsewhere.sendto(RtpPacket(0, 1, 1, 1, b"\xff" * 160).encode(), (HOST, anna.port))
        await until(lambda: anna.report().strangers == 2)
    assert anna.report().heard is None


async def test_ports_are_even_and_run_out() -> None:
    ports = PortRange(41001, 41006)
    clock = MediaClock()
    opened = [MediaStream(HOST, clock, ports=ports) for _ in range(2)]
    assert {stream.port for stream in opened} == {41002, 41004}
    with pytest.raises(Unavailable, match="no free port"):
        MediaStream(HOST, clock, ports=ports)
    for stream in opened:
        stream.close()
        assert stream.is_closed
    MediaStream(HOST, clock, ports=ports).close()


async def test_the_clock_catches_up_after_a_short_hold_and_skips_after_a_long_one(streams: Streams) -> None:
    anna, bob = streams.open(ANNA), streams.open(None)
    anna.direct(agreed(bob))
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await asyncio.sleep(0.03)
    time.sleep(0.07)  # noqa: ASYNC251  (the process is held up on purpose)
    at_least = (loop.time() - begun) / 0.02
    await asyncio.sleep(0.03)
    at_most = (loop.time() - begun) / 0.02
    assert at_least - 2 <= anna.report().packets_sent + streams.clock.skipped <= at_most
    assert anna.report().packets_sent >= 4
    time.sleep(0.3)  # noqa: ASYNC251
    await asyncio.sleep(0.03)
    assert streams.clock.skipped >= 8


async def test_encrypted_media_is_heard_by_the_two_and_by_nobody_else(streams: Streams) -> None:
    """MEDIA-16: whoever sends from elsewhere, or without the keys, is not played."""
    (of_anna,), (of_bob,) = (new_keys(SUITES[:1], secrets.token_bytes) for _ in range(2))
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(replace(agreed(bob), keys=(of_anna, of_bob)))
    bob.direct(replace(agreed(anna), keys=(of_bob, of_anna)))
    await until(lambda: anna.report().heard and bob.report().heard)
    assert (anna.report().heard, bob.report().heard) == (BOB, ANNA)
    assert anna.report().suite == SUITES[0]
    for datagram in bob.captured:
        assert recognise(RtpPacket.parse(datagram).payload[:160] * PERIOD_FRAMES, "PCMU") is None
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.sendto(RtpPacket(0, 1, 160, 7, bytes(160), False).encode(), (HOST, bob.port))
        await until(lambda: bob.report().strangers)
    anna._socket.sendto(RtpPacket(0, 1, 160, 7, bytes(160), False).encode(), (HOST, bob.port))
    await until(lambda: bob.report().unauthentic)


async def test_who_resumes_is_not_startled_by_sound_that_comes_before_the_answer(streams: Streams) -> None:
    """The answer tells the new key, but takes longer than the first packets that have it."""
    (first,), (second,) = (new_keys(SUITES[:1], secrets.token_bytes) for _ in range(2))
    anna, bob = streams.open(ANNA), streams.open(BOB)
    anna.direct(replace(agreed(bob), keys=(first, first), sends=False, receives=False))
    bob.direct(replace(agreed(anna), keys=(second, first)))
    await until(lambda: anna.report().strangers >= 3)
    anna.direct(replace(agreed(bob), keys=(first, second)))
    await until(lambda: anna.report().heard == BOB)
    assert (anna.report().unauthentic, anna.report().lost) == (0, 0)


async def test_media_may_become_encrypted_and_clear_again_within_a_call(streams: Streams) -> None:
    """MEDIA-09."""
    (of_anna,), (of_bob,) = (new_keys(SUITES[-1:], secrets.token_bytes) for _ in range(2))
    anna, bob = streams.open(ANNA), streams.open(BOB)
    for keys in ((), (of_anna, of_bob), ()):
        anna.direct(replace(agreed(bob), keys=keys))
        bob.direct(replace(agreed(anna), keys=tuple(reversed(keys))))
        before = bob.report().packets_received
        await until(lambda before=before: bob.report().packets_received > before + 3)  # type: ignore[misc]
    assert bob.report().suite == ""
