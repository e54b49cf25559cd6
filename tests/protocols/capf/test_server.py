"""The server's side, held against recorded conversations (CAPF-06)."""

from __future__ import annotations

import pytest

from protocols.capf.conversations import Recorded, conversation
from ringward.protocols.capf.message import Message, MessageType, Reason, Tag
from ringward.protocols.capf.server import (
    MAX_PROGRESS_REPORTS,
    Answered,
    Broken,
    Event,
    Introduced,
    KeyFailed,
    KeyOffered,
    Limits,
    ServerSession,
    State,
    Trouble,
)
from ringward.protocols.capf.values import Curve, EcKeyWanted, KeyWanted, RsaKeyWanted, unwrap_certificates

NOW = 100.0
RSA_2048 = RsaKeyWanted(2048)


class Owner:
    """Decides as the recorded server did."""

    def __init__(self, operation: str, key: KeyWanted = RSA_2048, certificate: bytes = b"") -> None:
        self.operation, self.key, self.certificate = operation, key, certificate

    def hears(self, session: ServerSession, event: Event) -> None:
        match event, self.operation:
            case Introduced(), "install":
                session.want_key(self.key, NOW)
            case Introduced(), "delete":
                session.delete(NOW)
            case Introduced(), "fetch":
                session.fetch(NOW)
            case Introduced(), "nothing":
                session.end(Reason.NOTHING_TO_DO, NOW)
            case Introduced(), "unknown":
                session.end(Reason.UNKNOWN_DEVICE, NOW)
            case (Introduced(), "refuse") | (KeyFailed(), _):
                session.end(Reason.REFUSED, NOW)
            case KeyOffered(), _:
                session.store(self.certificate, NOW)
            case Answered(), "fetch":
                session.end(Reason.NOTHING_TO_DO, NOW)
            case Answered(), _:
                session.end(Reason.SUCCESS, NOW)


def play(messages: list[Recorded], owner: Owner) -> tuple[list[bytes], ServerSession]:
    """Give a server what the recorded client sent; returns what the server sent."""
    session_id = Message.parse(messages[0].octets).session_id
    longer = len(messages[0].octets) == 16
    session = ServerSession(session_id, NOW, announce_authentication_type=longer)
    for message in messages:
        if not message.from_server:
            for event in session.receive(message.octets, NOW):
                owner.hears(session, event)
    return session.outgoing, session


def certificate_of(messages: list[Recorded]) -> bytes:
    for each in messages:
        message = Message.parse(each.octets)
        if message.type is MessageType.STORE_CERTIFICATE_REQUEST:
            return unwrap_certificates(message.find(Tag.CERTIFICATE) or b"")[0]
    return b""


@pytest.mark.parametrize(
    ("number", "operation", "key"),
    [
        ("01", "install", RSA_2048),
        ("02", "install", RsaKeyWanted(1024)),
        ("03", "install", EcKeyWanted(Curve.SECP256R1)),
        ("04", "install", RSA_2048),
        ("05", "install", RSA_2048),
        ("06", "install", RSA_2048),
        ("07", "fetch", RSA_2048),
        ("08", "delete", RSA_2048),
        ("09", "delete", RSA_2048),
        ("10", "fetch", RSA_2048),
        ("11", "nothing", RSA_2048),
        ("12", "unknown", RSA_2048),
        ("13", "refuse", RSA_2048),
        ("14", "refuse", RSA_2048),
        ("16", "install", RSA_2048),
        ("17", "install", RSA_2048),
        ("20", "install", RSA_2048),
        ("22", "install", RSA_2048),
    ],
)
def test_the_server_sends_what_the_recorded_one_sent(number: str, operation: str, key: KeyWanted) -> None:
    messages = conversation(number)
    sent, session = play(messages, Owner(operation, key, certificate_of(messages)))
    assert sent == [each.octets for each in messages if each.from_server]
    assert session.state is State.OVER


@pytest.mark.parametrize("number", ["15", "21"])
def test_an_old_client_gets_the_short_form_that_genuine_servers_send(number: str) -> None:
    messages = conversation(number)
    sent, _ = play(messages, Owner("install", RSA_2048, certificate_of(messages)))
    recorded = [each.octets for each in messages if each.from_server]
    assert [each[1] for each in sent] == [each[1] for each in recorded]
    assert (len(sent[1]), len(recorded[1])) == (13, 17)
    assert (sent[0], sent[2:]) == (recorded[0], recorded[2:])


@pytest.mark.parametrize("number", ["18", "19"])
def test_elements_that_nobody_asked_for_are_passed_over(number: str) -> None:
    sent, _ = play(conversation(number), Owner("nothing"))
    assert Message.parse(sent[-1]).number(Tag.REASON) == Reason.NOTHING_TO_DO


def introduced(limits: Limits | None = None) -> ServerSession:
    session = ServerSession(1, NOW, limits)
    session.receive(conversation("01")[1].octets, NOW)
    session.outgoing.clear()
    return session


def end_of(session: ServerSession) -> int | None:
    message = Message.parse(session.outgoing[-1])
    assert message.type is MessageType.END_SESSION
    return message.number(Tag.REASON)


@pytest.mark.parametrize("kind", [each for each in MessageType if each != MessageType.AUTH_RESPONSE])
def test_whatever_comes_out_of_turn_ends_the_conversation(kind: MessageType) -> None:
    session = ServerSession(1, NOW)
    (event,) = session.receive(Message(kind, 1).encode(), NOW)
    assert isinstance(event, Broken) and event.trouble is Trouble.PROTOCOL
    assert end_of(session) == Reason.REFUSED
    assert session.receive(conversation("01")[1].octets, NOW) == [], "what follows is not read"


def test_a_certificate_is_not_confirmed_before_it_is_there() -> None:
    session = introduced()
    session.want_key(RSA_2048, NOW)
    key = Message(MessageType.KEY_GENERATE_RESPONSE, 1, ((Tag.PUBLIC_KEY, b"key"),)).encode()
    stored = Message(MessageType.STORE_CERTIFICATE_RESPONSE, 1, ((Tag.REASON, b"\1"),)).encode()
    events = session.receive(key + stored, NOW)
    assert [type(each) for each in events] == [KeyOffered, Broken]
    sent = list(session.outgoing)
    session.store(b"certificate", NOW)
    assert session.outgoing == sent, "an order that comes too late changes nothing"


def test_the_phone_has_its_time_for_each_step_and_no_more() -> None:
    session = ServerSession(1, NOW)
    assert session.deadline == NOW + 60
    assert session.advance(NOW + 59) == []
    (event,) = session.advance(NOW + 60)
    assert event == Broken(Trouble.TIME, State.AWAITS_INTRODUCTION)
    assert end_of(session) == Reason.REFUSED and session.deadline is None


def test_progress_reports_do_not_prolong_the_time_for_a_key() -> None:
    """CAPF-10: half an hour in all, whatever the phone says meanwhile."""
    session = introduced()
    session.want_key(RSA_2048, NOW)
    for second in range(100):
        assert session.receive(Message(MessageType.REQUEST_IN_PROGRESS, 1).encode(), NOW + second) == []
    assert session.deadline == NOW + 1800


def test_a_flood_of_progress_reports_ends_the_conversation() -> None:
    session = introduced()
    session.want_key(RSA_2048, NOW)
    (event,) = session.receive(
        Message(MessageType.REQUEST_IN_PROGRESS, 1).encode() * (MAX_PROGRESS_REPORTS + 1), NOW
    )
    assert isinstance(event, Broken) and event.trouble is Trouble.PROTOCOL


def test_a_key_is_asked_for_again_as_often_as_is_allowed() -> None:
    """CAPF-13: maximum number of key generation retries."""
    session = introduced(Limits(key_requests=3))
    session.want_key(RSA_2048, NOW)
    failure = Message(MessageType.KEY_GENERATE_RESPONSE, 1, ((Tag.REASON, b"\7"),)).encode()
    assert session.receive(failure, NOW) == [] and session.receive(failure, NOW) == []
    assert session.receive(failure, NOW) == [KeyFailed()]
    assert len(session.outgoing) == 3
    session.end(Reason.REFUSED, NOW)


def test_a_phone_that_is_gone_is_told_nothing_more() -> None:
    session = introduced()
    assert session.lost() == [Broken(Trouble.LOST, State.DECIDING)]
    assert session.outgoing == [] and session.lost() == []
