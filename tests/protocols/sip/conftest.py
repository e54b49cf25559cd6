"""Two endpoints and the wire between them, for ladders of messages."""

from __future__ import annotations

import pytest

from harness.wire import ANSWER, Agent, Wire
from ringward.protocols.sip.session import InviteSession


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def alice(wire: Wire) -> Agent:
    return wire.agent("alice", "10.0.0.1")


@pytest.fixture
def bob(wire: Wire) -> Agent:
    return wire.agent("bob", "10.0.0.2")


def connect(alice: Agent, bob: Agent) -> tuple[InviteSession, InviteSession]:
    """Have the one call the other, who answers; what is told and written begins after that."""
    calling = alice.call(bob)
    called = bob.incoming[-1]
    called.progress(180, alice.wire.now)
    called.answer(ANSWER, alice.wire.now)
    alice.wire.settle()
    assert calling.state == called.state == "established"
    alice.log.clear()
    bob.log.clear()
    alice.wire.ladder.clear()
    return calling, called
