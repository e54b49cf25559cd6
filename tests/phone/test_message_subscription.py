"""Ladders of a phone that asks the real call manager whether messages wait (RFC 3842, RFC 6665 section 4.1)."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.office import MANAGER, NONE, Office, Phone
from ringward.calls.message_waiting import Messages
from ringward.phone.message_subscription import MAX_EXPIRES, MessageSubscription, read_state
from ringward.protocols.sip.errors import MalformedMessage
from ringward.protocols.sip.message_summary import MessageSummary
from ringward.protocols.sip.transaction import ServerTransaction

HALF_AN_HOUR = 1_800.0


@dataclass
class Asker:
    """A phone of the office that asks about the messages of a line."""

    phone: Phone
    told: list[MessageSummary] = field(default_factory=list)

    def __post_init__(self) -> None:
        agent = self.phone.agent
        agent.request_received = self._request_received  # type: ignore[method-assign]
        self.subscription = MessageSubscription(agent.endpoint, None, self.told.append)

    def _request_received(self, transaction: ServerTransaction, now: float) -> None:
        if transaction.request.to_tag:
            assert self.subscription.is_for(transaction.request)
            self.subscription.notified(transaction, now)
        else:
            transaction.answer(200, now, to_tag="unasked")

    @property
    def asked(self) -> int:
        """How often it has asked so far."""
        return self.phone.office.wire.ladder.count("alice -> cm: SUBSCRIBE")

    @property
    def state(self) -> str:
        return self.subscription.state

    def start(self, number: str = "1001") -> None:
        wire = self.phone.office.wire
        self.subscription.start(self.phone.flow, f"sip:{number}@{MANAGER[0]}", self.phone.contact, wire.now)
        wire.settle()

    def stay(self, seconds: float) -> None:
        """Let time pass, and keep the registration fresh meanwhile."""
        wire = self.phone.office.wire
        until = wire.now + seconds
        while wire.now < until:
            self.phone.register()
            wire.run(min(HALF_AN_HOUR, until - wire.now))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def alice(office: Office) -> Asker:
    phone = office.phone("alice", "1001")
    assert phone.register() == "response 200"
    office.wire.ladder.clear()
    return Asker(phone)


def leave_messages(office: Office, new: int, old: int = 0) -> None:
    office.side.now = office.wire.now
    office.side.message_waiting.replace({("1001", NONE): Messages(new, old)})
    office.wire.settle()


def test_what_waits_is_told_at_once_and_at_each_change(office: Office, alice: Asker) -> None:
    alice.start()
    assert sorted(office.wire.ladder) == [
        "alice -> cm: 200 NOTIFY",
        "alice -> cm: SUBSCRIBE",
        "cm -> alice: 200 SUBSCRIBE",
        "cm -> alice: NOTIFY",
    ]
    leave_messages(office, 2, 1)
    leave_messages(office, 0, 3)
    assert alice.told == [MessageSummary(False), MessageSummary(True, 2, 1), MessageSummary(False, 0, 3)]
    assert alice.state == "active"


def test_it_is_refreshed_before_its_end_and_only_then(office: Office, alice: Asker) -> None:
    alice.start()
    alice.stay(3_500)
    assert alice.asked == 1
    alice.stay(3_600)
    assert alice.asked == 2
    assert len(office.side.subscriptions) == 1
    leave_messages(office, 1)
    assert alice.told[-1] == MessageSummary(True, 1)


def test_a_call_manager_that_has_forgotten_it_is_asked_anew(office: Office, alice: Asker) -> None:
    """RFC 6665 section 4.1.2.2: 481 to a refresh."""
    alice.start()
    (binding,) = office.side.registrations.of_device(alice.phone.device.name)
    office.side.subscriptions.binding_gone(binding, office.wire.now)
    alice.stay(3_600)
    assert "cm -> alice: 481 SUBSCRIBE" in office.wire.ladder
    assert alice.state == "active"
    leave_messages(office, 1)
    assert alice.told[-1] == MessageSummary(True, 1)


def test_an_acceptance_without_news_is_tried_again_later_and_later(office: Office, alice: Asker) -> None:
    """RFC 6665 section 4.1.2.4, timer N: without a NOTIFY there is no subscription."""
    office.wire.lose = lambda line: line == "cm -> alice: NOTIFY"
    alice.start()
    office.wire.run(31)
    assert (alice.state, alice.asked) == ("asked", 1)
    office.wire.run(2)
    assert (alice.state, alice.asked) == ("resting", 1)
    office.wire.run(10)
    assert alice.asked == 2
    office.wire.run(32 + 18)
    assert alice.asked == 2
    office.wire.lose = lambda line: False
    office.wire.run(3)
    assert (alice.state, alice.asked) == ("active", 3)
    assert alice.told == [MessageSummary(False)]


def test_no_answer_at_all_is_tried_again(office: Office, alice: Asker) -> None:
    office.wire.lose = lambda line: line.startswith("cm")
    alice.start()
    office.wire.run(33)
    assert alice.state == "resting"
    office.wire.lose = lambda line: False
    office.wire.run(11)
    assert alice.state == "active"


def test_a_refusal_is_taken_for_an_answer(office: Office, alice: Asker) -> None:
    """AUTHZ-16: nobody hears of the messages of another line, however often he asks."""
    office.phone("bob", "1002").register()
    alice.start("1002")
    assert "cm -> alice: 403 SUBSCRIBE" in office.wire.ladder
    alice.stay(7_200)
    assert (alice.state, alice.asked, alice.told) == ("off", 1, [])


def test_what_the_call_manager_has_ended_for_good_is_not_asked_for_again(office: Office, alice: Asker) -> None:
    alice.start()
    office.devices.clear()
    office.side.now = office.wire.now
    office.configure()
    office.wire.run(1_000)
    assert (alice.state, alice.asked) == ("off", 1)
    assert not alice.phone.agent.endpoint.watched


def test_a_stop_leaves_nothing_behind(office: Office, alice: Asker) -> None:
    alice.start()
    alice.subscription.stop(office.wire.now)
    leave_messages(office, 1)
    assert "alice -> cm: 481 NOTIFY" in office.wire.ladder, "so the call manager forgets it, too"
    office.wire.run(70)
    assert alice.told == [MessageSummary(False)]
    assert not alice.phone.agent.endpoint.watched
    assert len(alice.phone.agent.endpoint.transactions) == 0
    assert alice.phone.agent.endpoint.next_deadline() is None
    assert len(office.side.subscriptions) == 0


@pytest.mark.parametrize(
    ("old", "new", "answer"),
    [
        (b"Messages-Waiting: yes", b"Messages-Waiting: oui", "400"),
        (b"Subscription-State: active", b"Subscription-State: ;", "400"),
        (b"CSeq: 2 ", b"CSeq: 1 ", "500"),
        (b";tag=cm", b";tag=zz", "481"),
    ],
)
def test_a_notify_that_cannot_be_meant_changes_nothing(
    office: Office, alice: Asker, old: bytes, new: bytes, answer: str
) -> None:
    alice.start()
    before = alice.told[:]

    def spoil(line: str, data: bytes) -> bytes:
        if line != "cm -> alice: NOTIFY":
            return data
        assert old in data
        return data.replace(old, new, 1)

    office.wire.change = spoil
    leave_messages(office, 1)
    assert f"alice -> cm: {answer} NOTIFY" in office.wire.ladder
    assert alice.told == before
    assert alice.state == "active"


def test_subscription_states() -> None:
    assert read_state("active;expires=60") == (False, 60, "")
    assert read_state("Terminated ; Reason=NoResource;retry-after=5") == (True, 0, "noresource")
    assert read_state("pending;expires=99999999999999999999") == (False, 0, "")
    assert read_state("active;expires=9999999999") == (False, MAX_EXPIRES, "")


@given(st.text(max_size=80))
def test_any_subscription_state_is_read_or_refused(value: str) -> None:
    try:
        _, seconds, _ = read_state(value)
    except MalformedMessage:
        return
    assert 0 <= seconds <= MAX_EXPIRES
