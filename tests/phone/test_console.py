"""One phone by hand."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from phone.phones import HOST, configuration
from phone.secured import ctl
from ringward.files.trust_list import TrustListKind
from ringward.phone.call import CallState
from ringward.phone.configuration import Member
from ringward.phone.console import COMMANDS, Console, run, standard_input
from ringward.phone.desk_phone import DeskPhone
from ringward.phone.identity import identify
from ringward.phone.options import Options
from ringward.phone.phone import Phone

DIRECT = Options(local_host=HOST, direct_calls=True, register=False)


class Hand:
    """A console with its phone, and what it said."""

    def __init__(self, number: str) -> None:
        self.said: list[str] = []
        self.console = Console(self.said.append)
        identity = identify(f"00112233{number}")
        self.phone = Phone(identity, configuration(Member(HOST, 9), number=number), self.console.told, DIRECT)
        self.console.attach(self.phone)

    def type(self, line: str) -> list[str]:
        """Type a line; returns what was said to it at once."""
        before = len(self.said)
        self.console.obey(line)
        return self.said[before:]

    async def until_said(self, start: str) -> str:
        async with asyncio.timeout(60):
            while True:
                for line in self.said:
                    if line.startswith(start):
                        self.said.remove(line)
                        return line
                await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def hands() -> AsyncIterator[tuple[Hand, Hand]]:
    both = Hand("1001"), Hand("1002")
    for hand in both:
        hand.phone.start()
        async with asyncio.timeout(60):
            while hand.phone.connection is None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    yield both
    for hand in both:
        await hand.phone.stop()


def address(hand: Hand) -> str:
    assert hand.phone.connection is not None
    return "sip:{}@{}:{}".format(hand.phone.configuration.lines[0].number, *hand.phone.connection.flow.local)


async def test_a_whole_call_by_hand(hands: tuple[Hand, Hand]) -> None:
    anna, bob = hands
    assert anna.type(f"dial {address(bob)}") == ["dialling 1002"]
    assert await bob.until_said("1001 (Anna)") == "1001 (Anna) calls 1002: answer or reject"
    await anna.until_said("1002 rings")
    assert bob.type("answer") == ["talking with 1001"]
    await anna.until_said("hearing")
    anna.type("dtmf 1")
    await bob.until_said("1001 pressed 1")
    assert anna.type("dtmf one") == ["'one' are not digits; allowed: 0123456789*#ABCD"]
    anna.type("hold")
    await bob.until_said("1001 holds us")
    status = anna.type("status")
    assert status[0] == "SEP001122331001, 7961, no label"
    assert status[1] == "device security mode Non Secure, UDP"
    assert status[2].startswith("line 1001: off, with 127.0.0.1:9")
    assert status[3].startswith("call with 1002: talking for 0 s, on hold, PCMU; sent ")
    anna.type("resume")
    await bob.until_said("talking with 1001")
    anna.type("transfer 4711")
    await anna.until_said("1002 could not be transferred to 4711")
    bob.type("hangup")
    assert "call with 1002 is over: 200" in await anna.until_said("call with 1002 is over")


async def test_a_call_that_is_rejected_by_hand(hands: tuple[Hand, Hand]) -> None:
    anna, bob = hands
    anna.type(f"DIAL {address(bob)}")
    await bob.until_said("1001 (Anna)")
    bob.type("reject")
    assert "486" in await anna.until_said("call with 1002 is over")
    assert not [call for call in anna.phone.calls if call.state is not CallState.ENDED]


async def test_what_cannot_be_done_is_said(hands: tuple[Hand, Hand]) -> None:
    anna, _ = hands
    assert anna.type("") == []
    assert anna.type("dance") == ["'dance' is no command; type help"]
    assert anna.type("dial") == ["usage: dial NUMBER"]
    assert anna.type("answer") == ["no call ringing"]
    assert anna.type("hangup") == ["no call at all"]
    assert "cannot be dialled" in anna.type("dial 1 2")[0]
    assert anna.type("abort") == ["this phone has no security menu"]
    assert len(anna.type("help")) == len(COMMANDS)


def test_before_there_is_a_phone() -> None:
    said: list[str] = []
    Console(said.append).obey("status")
    Console(said.append).obey("security")
    assert said == ["the phone is still booting", "this phone has no security menu"]


def test_the_security_menu_by_hand() -> None:
    """CTL-20: unlock with **#, erase."""
    said: list[str] = []
    console = Console(said.append)
    console.desk_phone = DeskPhone(identify("SEP001122334455", "7960"), (), lambda phone, event: None)
    console.desk_phone.security.trust.offer(TrustListKind.CTL, ctl())
    for line in ("security", "erase", "press **#", "erase", "key 1", "press **#", "key " + "5a" * 16, "security"):
        console.obey(line)
    assert any(line.startswith("  CCM+TFTP") for line in said)
    told = [line for line in said if "locked" in line or "erased" in line or "accepted" in line]
    assert told == [
        "Menu              locked",
        "the security menu is locked: press **# first",
        "unlocked",
        "the CTL file is erased; the next one will be taken on trust",
        "the security menu is locked: press **# first",
        "unlocked",
        "accepted; it is used from the next reset on",
        "Menu              locked",
    ]
    assert "Symmetric Key     Entered" in said
    assert "CAPF Operation    None" in said
    console.obey("abort")
    assert said[-1] == "no certificate operation goes on"


async def test_a_caller_cannot_control_the_terminal(hands: tuple[Hand, Hand]) -> None:
    anna, bob = hands
    connection = bob.phone.connection
    assert connection is not None
    anna.phone.dial(address(bob))
    await bob.until_said("1001 (Anna)")
    (call,) = bob.phone.calls
    call.far_name = "\x1b[2J"
    assert "\x1b" not in "".join(bob.type("status"))
    from ringward.phone import events

    bob.phone.tell(events.Ringing(call))
    assert "\x1b" not in bob.said[-1]


async def lines_of(*lines: str) -> AsyncIterator[str]:
    for line in lines:
        yield line


async def test_lines_are_obeyed_until_quit() -> None:
    said: list[str] = []
    console = Console(said.append)
    await run(console, lines_of("help\n", "quit\n", "help\n"))
    assert console.is_over
    assert len(said) == len(COMMANDS)


@pytest.mark.parametrize("kind", ["pipe", "file"])
async def test_standard_input(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if kind == "pipe":
        source, sink = os.pipe()
        os.write(sink, b"status\nquit\n")
        os.close(sink)
    else:
        script = tmp_path / "script"
        script.write_text("status\nquit\n")
        source = os.open(script, os.O_RDONLY)
    with os.fdopen(source) as opened:
        monkeypatch.setattr(sys, "stdin", opened)
        assert [line async for line in standard_input()] == ["status\n", "quit\n"]
