"""Ladders of phones that watch: messages for their lines, calls at lines they share or have a lamp for."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from harness.office import MANAGER, NONE, Office, Phone, tcp_office
from ringward.calls.message_waiting import Messages
from ringward.protocols.sip.flow import Flow
from ringward.protocols.sip.message import Headers, Request, response_to
from ringward.protocols.sip.message_parser import parse_message
from ringward.protocols.sip.replaces import Replaces
from ringward.protocols.sip.transaction_layer import TransactionLayer
from ringward.services.call_manager import subscriptions

SPACE = "{urn:ietf:params:xml:ns:dialog-info}"


class Watcher:
    """A phone that subscribes, and keeps the NOTIFYs it gets."""

    def __init__(self, phone: Phone, *, answers: int = 200) -> None:
        self.phone = phone
        self.answers = answers
        """Status by which NOTIFYs are answered; 0: not at all."""
        self.notifies: list[Request] = []
        self._receive = phone.agent.endpoint.receive
        phone.agent.endpoint.receive = self._take  # type: ignore[method-assign]

    def _take(self, data: bytes, flow: Flow, now: float) -> str:
        if not data.startswith(b"NOTIFY"):
            return self._receive(data, flow, now)
        request = parse_message(data)
        assert isinstance(request, Request)
        if request.cseq not in [each.cseq for each in self.notifies if each.call_id == request.call_id]:
            self.notifies.append(request)
        if self.answers:
            self.phone.agent._transmit(flow, response_to(request, self.answers, to_tag="w").encode())
        return ""

    def subscribe(
        self, number: str, event: str, expires: int = 600, tag: str = "", more: Headers | None = None
    ) -> str:
        """Ask; returns the log's line. ``tag`` is ours of a subscription that goes on."""
        domain = MANAGER[0]
        headers: Headers = {
            "From": [f"<sip:{self.phone.number}@{domain}>;tag=watcher"],
            "To": [f"<sip:{number}@{domain}>{f';tag={tag}' if tag else ''}"],
            "Call-ID": [f"{self.phone.agent.name}-{number}-{event}"],
            "Event": [event],
            "Expires": [str(expires)],
            **(more or {}),
        }
        self.phone.request("SUBSCRIBE", headers, to=number)
        return self.phone.log.pop()

    def news(self) -> list[Request]:
        self.phone.office.wire.settle()
        found, self.notifies = self.notifies, []
        return found

    def dialogs(self) -> list[str]:
        """The calls in the newest document."""
        document = ElementTree.fromstring(self.news()[-1].body)
        assert document.get("state") == "full"
        return [
            f"{each.get('direction')} {each.findtext(f'{SPACE}state')}" for each in document.iter(f"{SPACE}dialog")
        ]


@pytest.fixture
def office() -> Office:
    return Office()


def registered(office: Office, name: str, number: str) -> Phone:
    phone = office.phone(name, number)
    named = f"{phone.contact};+u.sip!devicename.ccm.cisco.com={phone.device.name}"  # of several with the number
    assert phone.register(Contact=[named]) == "response 200"
    return phone


@pytest.fixture
def alice(office: Office) -> Watcher:
    return Watcher(registered(office, "alice", "1001"))


@pytest.fixture
def bob(office: Office) -> Watcher:
    return Watcher(registered(office, "bob", "1002"))


def messages(office: Office, number: str, new: int, old: int = 0) -> None:
    office.side.now = office.wire.now
    office.side.message_waiting.replace({(number, NONE): Messages(new, old)})
    office.wire.settle()


def states(notifies: list[Request]) -> list[str]:
    return [(each.get("Subscription-State") or "").partition(";")[0] for each in notifies]


# -- messages -----------------------------------------------------------------------------------------------


def test_a_phone_hears_of_messages_for_its_line_at_once_and_at_each_change(office: Office, alice: Watcher) -> None:
    """RFC 3842, RFC 6665 section 4.2.1."""
    assert alice.subscribe("1001", "message-summary") == "response 200"
    first = alice.news()
    assert [each.body for each in first] == [
        b"Messages-Waiting: no\r\nMessage-Account: sip:1001@10.0.0.254\r\nVoice-Message: 0/0\r\n"
    ]
    assert first[0].headers["Subscription-State"] == ["active;expires=600"]
    assert first[0].headers["Event"] == ["message-summary"]
    assert first[0].content_type == "application/simple-message-summary"
    messages(office, "1001", 2, 8)
    second = alice.news()
    assert [each.body.split(b"\r\n")[::2] for each in second] == [
        [b"Messages-Waiting: yes", b"Voice-Message: 2/8"]
    ]
    assert second[0].cseq[0] > first[0].cseq[0]
    messages(office, "1002", 1)  # 1001 has none any more
    assert [each.body.split(b"\r\n")[0] for each in alice.news()] == [b"Messages-Waiting: no"]


def test_a_phone_that_does_not_ask_is_told_all_the_same(office: Office, alice: Watcher, bob: Watcher) -> None:
    """AUTHZ-16, VM-16: at each change, and when it registers while there are messages."""
    messages(office, "1001", 1)
    assert [(each.get("Event"), each.to_tag) for each in alice.news()] == [("message-summary", "")]
    assert not bob.news()
    alice.phone.register()
    assert not alice.news()  # refreshed only
    alice.phone.register(0)
    alice.phone.register()
    assert [each.body.split(b"\r\n")[2] for each in alice.news()] == [b"Voice-Message: 1/0"]


def test_who_has_no_messages_is_not_bothered_at_registration(office: Office, alice: Watcher) -> None:
    assert not alice.news()


def test_messages_of_others_are_not_to_be_watched(alice: Watcher, bob: Watcher) -> None:
    """AUTHZ-16."""
    assert alice.subscribe("1002", "message-summary") == "response 403"
    assert alice.subscribe("7777", "message-summary") == "response 403"
    assert not alice.news()


# -- calls --------------------------------------------------------------------------------------------------


def test_a_lamp_follows_the_calls_of_a_number_without_telling_with_whom(
    office: Office, alice: Watcher, bob: Watcher
) -> None:
    """RFC 4235."""
    assert alice.subscribe("1002", "dialog") == "response 200"
    assert alice.dialogs() == []
    carol = registered(office, "carol", "1003")
    call = carol.call("1002")
    office.wire.settle()
    assert alice.dialogs() == ["recipient trying"]
    bob.phone.incoming[-1].progress(180, office.wire.now)
    assert alice.dialogs() == ["recipient early"]
    bob.phone.answer()
    document = alice.news()[-1].body
    assert b"<state>confirmed</state>" in document
    assert b"1003" not in document
    assert b"call-id" not in document
    call.hang_up(office.wire.now)
    assert alice.dialogs() == []


def test_documents_count_up(office: Office, alice: Watcher, bob: Watcher) -> None:
    alice.subscribe("1002", "dialog")
    registered(office, "carol", "1003").call("1002")
    versions = [ElementTree.fromstring(each.body).get("version") for each in alice.news()]
    assert len(versions) > 1
    assert versions == [str(number) for number in range(len(versions))]


def test_a_phone_that_shares_the_line_learns_enough_to_take_the_call_over(
    office: Office, alice: Watcher, bob: Watcher
) -> None:
    second = Watcher(registered(office, "bobs-desk", "1002"))
    second.subscribe("1002", "dialog")
    alice.phone.call("1002")
    bob.phone.answer()
    document = ElementTree.fromstring(second.news()[-1].body)
    (dialog,) = document.iter(f"{SPACE}dialog")
    identity = dialog.find(f"{SPACE}remote/{SPACE}identity")
    assert identity is not None
    assert (identity.get("display"), identity.text) == ("Alice", "sip:1001@10.0.0.254")
    named = Replaces(str(dialog.get("call-id")), str(dialog.get("local-tag")), str(dialog.get("remote-tag")))
    leg = office.side.leg_in(named)
    assert leg is not None
    assert leg.device.name == bob.phone.device.name


def test_a_number_that_cannot_be_called_cannot_be_watched(office: Office, alice: Watcher) -> None:
    registered(office, "boss", "1009")
    office.reconfigure(
        alice.phone,
        lambda device: replace(
            device, lines=(replace(device.lines[0], partition="Staff", search_space=("Staff",)),)
        ),
    )
    hidden = office.phone("hidden", "1010", partition="Secret")
    assert alice.subscribe("1010", "dialog") == "response 403"
    assert hidden.number == "1010"


# -- the subscription ---------------------------------------------------------------------------------------


def test_it_ends_when_it_is_not_extended(office: Office, alice: Watcher) -> None:
    alice.subscribe("1001", "message-summary", 60)
    office.wire.run(70)
    assert [each.get("Subscription-State") for each in alice.news()] == [
        "active;expires=60",
        "terminated;reason=timeout",
    ]
    assert nothing_left(office)


def test_it_is_extended_and_given_up(office: Office, alice: Watcher) -> None:
    alice.subscribe("1001", "message-summary", 60)
    tag = alice.news()[0].from_tag
    office.wire.run(50)
    assert alice.subscribe("1001", "message-summary", 60, tag) == "response 200"
    office.wire.run(50)
    assert states(alice.news()) == ["active"]
    assert alice.subscribe("1001", "message-summary", 0, tag) == "response 200"
    assert states(alice.news()) == ["terminated"]
    assert alice.subscribe("1001", "message-summary", 60, tag) == "response 481"
    assert nothing_left(office)


def test_zero_seconds_ask_once(office: Office, alice: Watcher) -> None:
    assert alice.subscribe("1001", "message-summary", 0) == "response 200"
    (told,) = alice.news()
    assert states([told]) == ["terminated"]
    assert told.body.startswith(b"Messages-Waiting: no")
    assert nothing_left(office)


@pytest.mark.parametrize(
    ("event", "more", "status"),
    [
        ("presence", {}, 489),
        ("message-summary", {"Accept": ["application/pidf+xml"]}, 406),
        ("message-summary", {"Expires": ["30"]}, 423),
        ("message-summary", {"Require": ["eventlist"]}, 420),
        ("message-summary", {"Contact": []}, 400),
        ("message-summary", {"Expires": ["soon"]}, 400),
    ],
)
def test_what_cannot_be_done_is_refused(
    office: Office, alice: Watcher, event: str, more: Headers, status: int
) -> None:
    assert alice.subscribe("1001", event, more=more) == f"response {status}"
    assert not alice.news()
    assert nothing_left(office)


def test_a_stranger_and_a_phone_that_left_are_refused(office: Office, alice: Watcher) -> None:
    alice.phone.register(0)
    assert alice.subscribe("1001", "message-summary") == "response 403"
    assert Watcher(office.phone("mallory", "1005")).subscribe("1001", "dialog") == "response 403"


def test_digest_credentials_are_asked_for(office: Office) -> None:
    """SIPD-05."""
    carol = Watcher(office.phone("carol", "1003", digest=("carol", "Secret1")))
    carol.phone.register()
    office.wire.ladder.clear()
    assert carol.subscribe("1003", "message-summary") == "response 200"
    assert office.wire.ladder[:2] == ["carol -> cm: SUBSCRIBE", "cm -> carol: 401 SUBSCRIBE"]


@pytest.mark.parametrize("answers", [481, 0])
def test_a_refused_or_unanswered_notify_ends_it(office: Office, alice: Watcher, answers: int) -> None:
    """RFC 6665 section 4.2.2."""
    alice.answers = answers
    alice.subscribe("1001", "message-summary")
    office.wire.run(40)
    assert len(alice.news()) == 1
    assert nothing_left(office)


def test_who_unregisters_watches_no_more(office: Office, alice: Watcher, bob: Watcher) -> None:
    alice.subscribe("1002", "dialog")
    bob.subscribe("1001", "dialog")
    alice.news()
    alice.phone.register(0)
    bob.phone.call("1001")
    assert not alice.news()
    assert len(office.side.subscriptions) == 1


def test_a_lost_connection_ends_it_in_silence() -> None:
    office = tcp_office()
    alice = Watcher(registered(office, "alice", "1001"))
    assert alice.subscribe("1001", "message-summary") == "response 200"
    alice.news()
    (binding,) = office.side.registrations
    office.side.flow_lost(binding.source, office.wire.now)
    assert not alice.news()
    assert nothing_left(office)


def test_what_may_no_longer_be_watched_ends(office: Office, alice: Watcher, bob: Watcher) -> None:
    alice.subscribe("1002", "dialog")
    alice.news()
    office.devices = [each for each in office.devices if each.name != bob.phone.device.name]
    office.configure()
    assert states(alice.news()) == ["terminated"]
    assert nothing_left(office)


def test_changes_while_a_notify_is_unanswered_are_told_together(office: Office, alice: Watcher) -> None:
    alice.answers = 0
    alice.subscribe("1001", "message-summary")
    assert len(alice.news()) == 1
    messages(office, "1001", 1)
    messages(office, "1001", 2)
    messages(office, "1001", 3)
    assert not alice.notifies
    alice.answers = 200
    office.wire.run(40)
    assert alice.news()[-1].body.endswith(b"Voice-Message: 3/0\r\n")
    assert len(office.side.subscriptions) == 1


def test_a_phone_that_restarts_replaces_its_former_self(office: Office, alice: Watcher) -> None:
    for number in range(5):
        alice.subscribe("1001", "message-summary", more={"Call-ID": [f"start-{number}"]})
    assert len(office.side.subscriptions) == 1


def test_there_is_a_limit_for_each_device_and_for_all(
    office: Office, alice: Watcher, bob: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscriptions, "MAX_PER_DEVICE", 2)
    assert alice.subscribe("1001", "message-summary") == "response 200"
    assert alice.subscribe("1001", "dialog") == "response 200"
    assert alice.subscribe("1002", "dialog") == "response 503"
    monkeypatch.setattr(subscriptions, "MAX_SUBSCRIPTIONS", 2)
    assert bob.subscribe("1002", "dialog") == "response 503"


def test_options_say_what_can_be_watched(office: Office, alice: Watcher) -> None:
    seen: list[bytes] = []
    receive = alice.phone.agent.endpoint.receive

    def take(data: bytes, flow: Flow, now: float) -> str:
        seen.append(data)
        return receive(data, flow, now)

    alice.phone.agent.endpoint.receive = take  # type: ignore[method-assign]
    alice.phone.request("OPTIONS")
    assert alice.phone.log.pop() == "response 200"
    assert b"Allow-Events: dialog, message-summary\r\n" in seen[0]
    assert b"SUBSCRIBE" in seen[0]


def nothing_left(office: Office) -> bool:
    """No trace of a subscription, and nothing is watched for nobody."""
    office.wire.run(70)
    endpoint = office.side.endpoint
    transactions: TransactionLayer = endpoint.transactions
    return not (
        len(office.side.subscriptions)
        or endpoint.subscriptions
        or len(endpoint.subscription_timers)
        or office.side.subscriptions._per_device
        or office.side.message_waiting._watchers
        or office.engine.line_states._watchers
        or transactions.waiting_clients
    )
