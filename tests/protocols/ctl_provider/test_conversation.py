"""Conversations as ladders: what the client sends, what the provider asks its service, what comes back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringward.protocols.ctl_provider.client import ClientConversation
from ringward.protocols.ctl_provider.framing import LENGTH, MAX_FIRST_FRAME, Framer, frame
from ringward.protocols.ctl_provider.messages import (
    VERSION,
    Abort,
    Aborted,
    Cluster,
    Commit,
    Committed,
    DescribeCluster,
    GetTrustList,
    Goodbye,
    Hello,
    LoggedIn,
    LogIn,
    LogOut,
    MalformedMessage,
    ModeNoted,
    Refusal,
    RefusalCode,
    Reply,
    Request,
    Saved,
    SaveTrustList,
    SetClusterMode,
    TrustListReply,
    Welcome,
    encode,
    parse_reply,
)
from ringward.protocols.ctl_provider.server import (
    COMMIT_TIME,
    IDLE_TIME,
    LOGIN_ATTEMPTS,
    LOGIN_TIME,
    Greeting,
    ProviderConversation,
)

GREETING = Greeting("Ringward 1", "node-1", b"c" * 32)
SAVE = SaveTrustList(b"list", "", False, False, b"")
FOUR = (GetTrustList(), SetClusterMode(1), SAVE, DescribeCluster())
"""The four requests that CTLP-03 names."""
WRONG = Refusal(RefusalCode.WRONG_CREDENTIALS.value, "the user ID or the password is wrong")


class Ladder:
    """Both ends, and the time."""

    def __init__(self) -> None:
        self.now = 100.0
        self.provider = ProviderConversation(GREETING, self.now)
        self.client = ClientConversation()

    def ask(self, request: Request) -> Request | None:
        """The client asks; returns what the provider's service has to answer."""
        return self.provider.receive(self.client.ask(request), self.now)

    def answer(self, reply: Reply) -> Reply | None:
        """The service answers; returns what the client hears."""
        assert self.provider.reply(reply, self.now) is None
        return self.heard()

    def heard(self) -> Reply | None:
        return self.client.receive(self.provider.data_to_send())

    def deadline(self) -> float | None:
        return self.provider.next_deadline

    def refusal(self) -> str:
        reply = self.heard()
        assert isinstance(reply, Refusal)
        return reply.code

    def logged_in(self) -> Ladder:
        assert self.ask(Hello((VERSION,))) is None
        assert isinstance(self.heard(), Welcome)
        assert self.ask(LogIn("alice", "secret")) == LogIn("alice", "secret")
        assert self.answer(LoggedIn()) == LoggedIn()
        return self


def test_a_list_is_saved_and_committed() -> None:
    """CTLP-03: each of the four requests after a login."""
    ladder = Ladder().logged_in()
    assert ladder.ask(DescribeCluster()) == DescribeCluster()
    assert ladder.answer(Cluster(0, (), b"", ())) == Cluster(0, (), b"", ())
    assert ladder.ask(GetTrustList()) == GetTrustList()
    assert ladder.answer(TrustListReply(b"", "", "")) == TrustListReply(b"", "", "")
    assert ladder.ask(SetClusterMode(1)) == SetClusterMode(1)
    assert ladder.answer(ModeNoted()) == ModeNoted()
    assert ladder.ask(SAVE) == SAVE
    assert ladder.answer(Saved("/x")) == Saved("/x")
    assert ladder.ask(Commit()) == Commit()
    assert ladder.answer(Committed("/x", ("restart",))) == Committed("/x", ("restart",))
    assert ladder.ask(LogOut()) is None
    assert ladder.heard() == Goodbye()
    assert ladder.provider.over


@pytest.mark.parametrize("request_", FOUR, ids=lambda each: each.type)
def test_nothing_is_asked_of_the_service_without_a_login(request_: Request) -> None:
    """CTLP-03, CTLP-08"""
    for greet in (False, True):
        ladder = Ladder()
        if greet:
            ladder.ask(Hello((VERSION,)))
            ladder.heard()
        assert ladder.ask(request_) is None
        assert ladder.refusal() == "not-logged-in"
        assert ladder.provider.over


def test_a_failed_login_may_be_tried_again_but_not_for_ever() -> None:
    ladder = Ladder()
    ladder.ask(Hello((VERSION,)))
    ladder.heard()
    for attempt in range(1, LOGIN_ATTEMPTS + 1):
        assert ladder.ask(LogIn("alice", "guess")) is not None
        assert ladder.answer(WRONG) == WRONG
        assert ladder.provider.over is (attempt == LOGIN_ATTEMPTS)


def test_a_client_of_another_version_is_told_so() -> None:
    ladder = Ladder()
    assert ladder.ask(Hello((VERSION + 1,))) is None
    assert ladder.refusal() == "version"
    assert ladder.provider.over


def test_a_saved_list_can_be_given_up() -> None:
    ladder = Ladder().logged_in()
    ladder.ask(SAVE)
    ladder.answer(Saved("/x"))
    assert ladder.ask(Abort()) == Abort()
    assert ladder.answer(Aborted()) == Aborted()
    assert ladder.ask(DescribeCluster()) is not None


def test_a_refused_list_leaves_nothing_to_commit() -> None:
    ladder = Ladder().logged_in()
    ladder.ask(SAVE)
    ladder.answer(Refusal(RefusalCode.REFUSED.value, "one token is too few"))
    assert ladder.ask(Commit()) is None
    assert ladder.refusal() == "bad-request"


def test_who_says_nothing_is_disconnected() -> None:
    ladder = Ladder()
    assert ladder.provider.next_deadline == 100.0 + LOGIN_TIME
    ladder.provider.advance(100.0 + LOGIN_TIME - 1)
    assert not ladder.provider.over
    ladder.provider.advance(100.0 + LOGIN_TIME)
    assert ladder.provider.over


def test_time_counts_from_the_last_answer_and_is_short_before_a_commit() -> None:
    ladder = Ladder().logged_in()
    ladder.now = 150.0
    ladder.ask(DescribeCluster())
    assert ladder.deadline() is None, "the service may take its time"
    ladder.answer(Cluster(0, (), b"", ()))
    assert ladder.deadline() == 150.0 + IDLE_TIME
    ladder.ask(SAVE)
    ladder.answer(Saved("/x"))
    assert ladder.deadline() == 150.0 + COMMIT_TIME


def test_strangers_cannot_send_much() -> None:
    ladder = Ladder()
    assert ladder.provider.receive((MAX_FIRST_FRAME + 1).to_bytes(LENGTH, "big"), 100.0) is None
    assert ladder.provider.over
    assert ladder.provider.receive(b"more", 100.0) is None
    assert b"4096 octets" in ladder.provider.data_to_send()


def test_requests_before_the_answer_wait_their_turn_and_have_a_bound() -> None:
    ladder = Ladder()
    provider = ladder.provider
    login = frame(encode(LogIn("a", "b")))
    assert provider.receive(frame(encode(Hello((1,)))) + login + login, 100.0) == LogIn("a", "b")
    assert provider.reply(WRONG, 100.0) == LogIn("a", "b")
    provider.receive(b"x" * (MAX_FIRST_FRAME + 1), 100.0)
    assert provider.over
    assert provider.reply(LoggedIn(), 100.0) is None


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_octets_leave_the_provider_waiting_or_over(chunks: list[bytes]) -> None:
    provider = ProviderConversation(GREETING, 0.0)
    for chunk in chunks:
        assert provider.receive(chunk, 1.0) is None
    if provider.over:
        framer = Framer()
        framer.feed(provider.data_to_send())
        assert all(isinstance(parse_reply(each), Refusal) for each in framer.frames())


@given(st.integers(1, 7))
def test_messages_may_come_in_pieces(size: int) -> None:
    provider = ProviderConversation(GREETING, 0.0)
    data = frame(encode(Hello((1,)))) + frame(encode(LogIn("a", "b")))
    asked = [provider.receive(data[place : place + size], 1.0) for place in range(0, len(data), size)]
    assert [each for each in asked if each is not None] == [LogIn("a", "b")]


def test_a_provider_that_speaks_unasked_is_not_believed() -> None:
    client = ClientConversation()
    with pytest.raises(MalformedMessage):
        client.receive(frame(encode(LoggedIn())))
    client = ClientConversation()
    client.ask(GetTrustList())
    with pytest.raises(MalformedMessage):
        client.receive(frame(encode(LoggedIn())) * 2)
    with pytest.raises(RuntimeError):
        client.ask(GetTrustList())
