"""Questions to a process of the node's own."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ringward.domain.errors import NotFound, Refused, RingwardError, Unavailable
from ringward.services.control.answers import Answers
from ringward.services.control.channel import Channel


class Other:
    """The other process."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.may_answer = asyncio.Event()

    def answers(self) -> Answers:
        answers = Answers()
        answers.answer("echo", lambda arguments: arguments)
        answers.answer("slow", self._slow)
        answers.answer("hear", self.heard.append)
        for name, error in (
            ("refuse", Refused("this is forbidden")),
            ("miss", NotFound("phone", "SEP1")),
            ("defer", Unavailable("it does not run")),
            ("fail", RingwardError("it makes no sense")),
        ):
            answers.answer(name, _raising(error))
        return answers

    async def _slow(self, arguments: dict[str, Any]) -> str:
        await self.may_answer.wait()
        return "at last"


def _raising(error: RingwardError) -> Any:
    def answer(arguments: dict[str, Any]) -> None:
        raise error

    return answer


@contextlib.asynccontextmanager
async def two_processes() -> AsyncIterator[tuple[Channel, Other, asyncio.Task[None]]]:
    here, there = socket.socketpair()
    channel = await Channel.over(here)
    other = Other()
    reader, writer = await asyncio.open_connection(sock=there)
    conversation = asyncio.create_task(other.answers().converse(reader, writer))
    try:
        yield channel, other, conversation
    finally:
        await channel.close()
        conversation.cancel()
        await asyncio.gather(conversation, return_exceptions=True)
        writer.close()


async def test_questions_are_answered_in_their_order() -> None:
    async with two_processes() as (channel, other, _):
        asked = [asyncio.ensure_future(channel.ask("slow"))]
        asked += [asyncio.ensure_future(channel.ask("echo", {"number": number})) for number in range(3)]
        await asyncio.sleep(0)
        other.may_answer.set()
        assert await asyncio.gather(*asked) == ["at last", {"number": 0}, {"number": 1}, {"number": 2}]


async def test_an_error_is_of_the_kind_that_it_was_there() -> None:
    async with two_processes() as (channel, *_):
        with pytest.raises(Refused, match="this is forbidden"):
            await channel.ask("refuse")
        with pytest.raises(NotFound, match="there is no phone 'SEP1'") as missed:
            await channel.ask("miss")
        assert (missed.value.noun, missed.value.key) == ("phone", "SEP1")
        with pytest.raises(Unavailable, match="it does not run"):
            await channel.ask("defer")
        with pytest.raises(RingwardError, match="it makes no sense") as failed:
            await channel.ask("fail")
        assert type(failed.value) is RingwardError


async def test_a_question_that_was_given_up_does_not_confuse_the_next_one() -> None:
    async with two_processes() as (channel, other, _):
        with pytest.raises(Unavailable, match="no answer came within"):
            await channel.ask("slow", within=0.01)
        other.may_answer.set()
        assert await channel.ask("echo", {"still": "here"}) == {"still": "here"}


async def test_what_is_told_is_heard_before_the_next_question() -> None:
    async with two_processes() as (channel, other, _):
        channel.tell("hear", {"word": 1})
        await channel.ask("echo")
        assert other.heard == [{"word": 1}]


async def test_the_end_of_the_other_process_ends_all_that_waits() -> None:
    async with two_processes() as (channel, _, conversation):
        waiting = asyncio.ensure_future(channel.ask("slow"))
        await asyncio.sleep(0)
        conversation.cancel()
        await asyncio.gather(conversation, return_exceptions=True)
        await channel.close()
        with pytest.raises(Unavailable, match="has ended"):
            await waiting
        assert channel.has_ended
        await channel.ended()
        with pytest.raises(Unavailable, match="has ended"):
            await channel.ask("echo")
        channel.tell("hear", {})


async def test_a_process_that_talks_nonsense_is_heard_no_more() -> None:
    here, there = socket.socketpair()
    channel = await Channel.over(here)
    with there:
        there.sendall(b"nonsense\n")
        async with asyncio.timeout(60):
            await channel.ended()
    assert channel.has_ended
